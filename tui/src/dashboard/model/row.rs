//! One stack as the list has it: what tells it from every other, and what is asked of it too often to be derived each time.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::idle::{DEFAULT_WINDOW, IdleState};
use stack::inventory::TaggedStack;
use stack::listing::{Flag, Listing};
use stack::service::teardown::sweep::SweepSelector;
use stack::view::CloudView;
use stack::{
    AppName, Elapsed, HourlyRate, Lease, Owner, Phase, Resource, Span, StackName, Usd, View,
};

/// "Soon" in the header: what expires within it is counted.
pub(super) const SOON: Span = Span::minutes(60);

/// What tells a stack from every other: the name of its lease, or the tags that alone tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    /// A lease in this ledger, where names are unique.
    Lease(StackName),
    /// Nothing but tags. Two owners' stacks of one name are two.
    Tags(Box<TaggedStack>),
}

impl Key {
    /// The name as people and commands write it.
    pub(crate) fn name(&self) -> StackName {
        match self {
            Self::Lease(name) => name.clone(),
            Self::Tags(tags) => StackName::lossy(&tags.name),
        }
    }

    /// The name of its lease, where it has one.
    pub(crate) fn leased(&self) -> Option<&StackName> {
        match self {
            Self::Lease(name) => Some(name),
            Self::Tags(_) => None,
        }
    }

    /// Whose end is wanted, when it is to be swept; `None` where its tags say it in no way that jiti writes, so that
    /// nothing may be deleted on their word.
    pub(crate) fn wish(&self) -> Option<SweepSelector> {
        match self {
            Self::Lease(name) => Some(SweepSelector::named(name)),
            Self::Tags(tags) => Some(SweepSelector {
                name: StackName::new(&tags.name).ok()?,
                app: Some(AppName::new(tags.app.as_deref()?).ok()?),
                owner: Some(Owner::new(tags.owner.as_deref()?).ok()?),
            }),
        }
    }

    /// By name, and of one name the lease before what only tags tell of.
    fn parts(&self) -> (&str, Option<&TaggedStack>) {
        match self {
            Self::Lease(name) => (name.as_str(), None),
            Self::Tags(tags) => (&tags.name, Some(tags)),
        }
    }
}

impl From<&StackName> for Key {
    fn from(name: &StackName) -> Self {
        Self::Lease(name.clone())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lease(name) => name.fmt(f),
            Self::Tags(tags) => StackName::lossy(&tags.name).fmt(f),
        }
    }
}

/// One stack.
#[derive(Debug)]
pub(crate) struct Stack {
    known: Known,
    /// Its phase now.
    pub(crate) phase: Phase,
    /// Its flags now.
    pub(crate) flags: Vec<Flag>,
    /// What its idleness costs an hour.
    pub(crate) idle_rate: Option<HourlyRate>,
    /// What was billed for it, on days that are settled.
    pub(crate) billed: Option<Usd>,
    /// It is known whether it is used.
    pub(super) idle_known: bool,
    pub(super) changes_at: Option<Timestamp>,
}

/// What tells of a stack. Boxed: the list moves stacks about.
#[derive(Debug)]
enum Known {
    Lease(Box<Lease>),
    Tags(Box<(TaggedStack, Listing)>),
}

impl Stack {
    /// A stack with a lease.
    pub(super) fn leased(lease: Lease, view: &View) -> Self {
        Self::new(Known::Lease(Box::new(lease)), view)
    }

    /// One that only tags tell of.
    pub(super) fn tagged(tags: &TaggedStack, cloud: &CloudView, view: &View) -> Self {
        let listing = Listing::unleased(tags, cloud, view);
        Self::new(Known::Tags(Box::new((tags.clone(), listing))), view)
    }

    fn new(known: Known, view: &View) -> Self {
        let mut stack = Self {
            known,
            phase: Phase::Ready,
            flags: Vec::new(),
            idle_rate: None,
            billed: None,
            idle_known: false,
            changes_at: None,
        };
        stack.read(view);
        stack
    }

    /// Its lease; `None` where only tags tell of it.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        match &self.known {
            Known::Lease(lease) => Some(lease),
            Known::Tags(_) => None,
        }
    }

    /// What tells it from every other.
    pub(crate) fn key(&self) -> Key {
        match &self.known {
            Known::Lease(lease) => Key::Lease(lease.name.clone()),
            Known::Tags(known) => Key::Tags(Box::new(known.0.clone())),
        }
    }

    /// Where it stands to another, as keys do.
    pub(crate) fn against(&self, key: &Key) -> Ordering {
        self.parts().cmp(&key.parts())
    }

    /// The same between two stacks.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }

    fn parts(&self) -> (&str, Option<&TaggedStack>) {
        match &self.known {
            Known::Lease(lease) => (lease.name.as_str(), None),
            Known::Tags(known) => (&known.0.name, Some(&known.0)),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.name.as_str(),
            Known::Tags(known) => known.1.name.as_str(),
        }
    }

    /// Its application.
    pub(crate) fn app(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.app.as_str(),
            Known::Tags(known) => known.1.app.as_str(),
        }
    }

    /// Its version.
    pub(crate) fn version(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.version.as_str(),
            Known::Tags(known) => known.1.version.as_str(),
        }
    }

    /// Its owner.
    pub(crate) fn owner(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.owner.as_str(),
            Known::Tags(known) => known.1.owner.as_str(),
        }
    }

    /// When it began, as far as that is known.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        match &self.known {
            Known::Lease(lease) => Some(lease.created_at),
            Known::Tags(known) => known.1.created_at,
        }
    }

    /// Until when it may live, as far as that is known.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        match &self.known {
            Known::Lease(lease) => Some(lease.expires_at),
            Known::Tags(known) => known.1.expires_at,
        }
    }

    /// What it costs an hour.
    pub(crate) fn rate(&self) -> Option<HourlyRate> {
        match &self.known {
            Known::Lease(lease) => lease.meter.rate(),
            Known::Tags(known) => known.1.cost.hourly_usd,
        }
    }

    /// What it has cost until now.
    pub(crate) fn spent(&self, now: Timestamp) -> Option<Usd> {
        self.lease()?.meter.spent(now)
    }

    /// How long it took to be of use.
    pub(crate) fn init(&self) -> Option<Elapsed> {
        let init = self.lease()?.init.as_ref();
        init.and_then(stack::init::Init::total)
    }

    /// What carries its tags, as far as somebody has looked.
    pub(crate) fn resources<'a>(&self, cloud: &'a CloudView) -> Vec<&'a Resource> {
        match &self.known {
            Known::Lease(lease) => cloud.resources(lease),
            Known::Tags(known) => cloud.tagged(&known.0),
        }
    }

    /// Its fields at the moment of a view.
    pub(crate) fn listing(&self, view: &View) -> Listing {
        match (&self.known, &view.cloud) {
            (Known::Lease(lease), _) => Listing::new(lease, view),
            (Known::Tags(known), Some(cloud)) => Listing::unleased(&known.0, cloud, view),
            // Nobody looks any more: it is as it was when somebody did.
            (Known::Tags(known), None) => known.1.clone(),
        }
    }

    /// Whether it has a flag.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Of the time that its last renewal gave it, how many thousandths are left.
    pub(crate) fn thousandths_left(&self, now: Timestamp) -> Option<u64> {
        let end = self.expires_at()?;
        let from = match self.lease() {
            Some(lease) => lease.renewed_at,
            None => self.created_at()?,
        };
        let whole = Elapsed::between(from, end).millis().max(self.ttl_millis());
        // Both are far below 2^54 milliseconds.
        let left = Elapsed::between(now, end).millis().saturating_mul(1_000);
        Some(left / whole.max(1))
    }

    fn ttl_millis(&self) -> u64 {
        match self.lease() {
            Some(lease) => lease.terms.ttl.span().seconds() * 1_000,
            // It expires a TTL after its beginning.
            None => match self.created_at().zip(self.expires_at()) {
                Some((from, end)) => Elapsed::between(from, end).millis(),
                None => 0,
            },
        }
    }

    /// Works out what the moment and what is known of the cloud make of it.
    pub(super) fn read(&mut self, view: &View) {
        let listing = self.listing(view);
        (self.phase, self.flags) = (listing.phase, listing.flags.clone());
        self.idle_rate = listing.idle.hourly_usd;
        self.billed = listing.cost.billed_usd;
        self.idle_known = listing.idle.state != IdleState::Unknown;
        if let Known::Tags(known) = &mut self.known {
            known.1 = listing;
        }
        self.changes_at = self.next_change(view.now);
    }

    /// When time alone will next change a phase, a flag or a sum.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.expires_at();
        let tenth = Elapsed::from_millis(self.ttl_millis() / 10);
        let expiring = end.map(|end| before(end, tenth).min(SOON.before(end)));
        let lease = self.lease();
        let unused = lease.and_then(|lease| {
            let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
            Some(window.after(lease.last_activity.as_ref()?.at))
        });
        let reading = lease.map(|lease| lease.at(now));
        [
            end,
            // Just after: an end that is exactly so far away does not count as near.
            expiring,
            expiring.map(millisecond_after),
            end.map(|end| SOON.before(end)),
            reading.as_ref().and_then(|reading| reading.hold_until),
            reading.as_ref().and_then(|reading| reading.ready_deadline),
            unused,
        ]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
        .min()
    }
}

/// So long before a moment.
pub(super) fn before(to: Timestamp, by: Elapsed) -> Timestamp {
    let by = jiff::SignedDuration::from_millis(i64::try_from(by.millis()).unwrap_or(i64::MAX));
    to.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn millisecond_after(at: Timestamp) -> Timestamp {
    Elapsed::from_millis(1).after(at)
}
