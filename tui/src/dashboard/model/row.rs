//! One stack in the list: its identity, and the values that sorting and filtering read most often.

use std::cmp::Ordering;

use jiff::Timestamp;
use stack::idle::{DEFAULT_WINDOW, IdleState};
use stack::inventory::TaggedStack;
use stack::listing::{Flag, Listing};
use stack::view::CloudView;
use stack::{Elapsed, HourlyRate, Lease, Phase, Resource, Span, Usd, View};

use crate::dashboard::stack_key::StackKey;

/// The header counts stacks that expire within this time.
pub(super) const SOON: Span = Span::minutes(60);

/// One stack.
#[derive(Debug)]
pub(crate) struct StackRow {
    known: Known,
    /// The current phase.
    pub(crate) phase: Phase,
    /// The current flags.
    pub(crate) flags: Vec<Flag>,
    /// The hourly cost while idle.
    pub(crate) idle_rate: Option<HourlyRate>,
    /// Whether the hourly rate leaves out something that costs money.
    pub(crate) rate_is_minimum: bool,
    /// The billed amount, from final days only.
    pub(crate) billed: Option<Usd>,
    /// Whether there is evidence of use or idleness.
    pub(super) idle_known: bool,
    pub(super) changes_at: Option<Timestamp>,
}

/// Where the stack's data comes from. Boxed, because sorting moves stacks.
#[derive(Debug)]
enum Known {
    Lease(Box<Lease>),
    Tags(Box<(TaggedStack, Listing)>),
}

impl StackRow {
    /// Makes a stack from a lease.
    pub(super) fn leased(lease: Lease, view: &View) -> Self {
        Self::new(Known::Lease(Box::new(lease)), view)
    }

    /// Makes a stack from tags that belong to no lease.
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
            rate_is_minimum: false,
            billed: None,
            idle_known: false,
            changes_at: None,
        };
        stack.read(view);
        stack
    }

    /// The lease; `None` if the stack was found by its tags only.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        match &self.known {
            Known::Lease(lease) => Some(lease),
            Known::Tags(_) => None,
        }
    }

    /// The identity of the stack.
    pub(crate) fn key(&self) -> StackKey {
        match &self.known {
            Known::Lease(lease) => StackKey::Lease(lease.name.clone()),
            Known::Tags(known) => StackKey::Tags(Box::new(known.0.clone())),
        }
    }

    /// Compares the stack's identity with a key.
    pub(crate) fn compare_key(&self, key: &StackKey) -> Ordering {
        self.sort_key().cmp(&key.sort_key())
    }

    /// Compares the identities of two stacks.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }

    fn sort_key(&self) -> (&str, Option<&TaggedStack>) {
        match &self.known {
            Known::Lease(lease) => (lease.name.as_str(), None),
            Known::Tags(known) => (&known.0.name, Some(&known.0)),
        }
    }

    /// The name, as text.
    pub(crate) fn name(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.name.as_str(),
            Known::Tags(known) => known.1.name.as_str(),
        }
    }

    /// The app, as text.
    pub(crate) fn app(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.app.as_str(),
            Known::Tags(known) => known.1.app.as_str(),
        }
    }

    /// The version, as text.
    pub(crate) fn version(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.version.as_str(),
            Known::Tags(known) => known.1.version.as_str(),
        }
    }

    /// The owner, as text.
    pub(crate) fn owner(&self) -> &str {
        match &self.known {
            Known::Lease(lease) => lease.owner.as_str(),
            Known::Tags(known) => known.1.owner.as_str(),
        }
    }

    /// When the lease or the oldest resource was created, if known.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        match &self.known {
            Known::Lease(lease) => Some(lease.created_at),
            Known::Tags(known) => known.1.created_at,
        }
    }

    /// When the lease expires, if known.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        match &self.known {
            Known::Lease(lease) => Some(lease.expires_at),
            Known::Tags(known) => known.1.expires_at,
        }
    }

    /// The hourly rate, if known.
    pub(crate) fn rate(&self) -> Option<HourlyRate> {
        match &self.known {
            Known::Lease(lease) => lease.meter.rate(),
            Known::Tags(known) => known.1.cost.hourly_usd,
        }
    }

    /// The estimated cost until `now`, if known.
    pub(crate) fn spent(&self, now: Timestamp) -> Option<Usd> {
        self.lease()?.meter.spent(now)
    }

    /// Whether the estimated cost until `now` leaves out something.
    pub(crate) fn spent_is_minimum(&self, now: Timestamp) -> bool {
        let lease = self.lease();
        lease.is_some_and(|lease| !lease.meter.unpriced(now).is_empty())
    }

    /// The init overhead, if known.
    pub(crate) fn init(&self) -> Option<Elapsed> {
        let init = self.lease()?.init.as_ref();
        init.and_then(stack::init::Init::total)
    }

    /// The stack's resources as of the last query.
    pub(crate) fn resources<'a>(&self, cloud: &'a CloudView) -> Vec<&'a Resource> {
        match &self.known {
            Known::Lease(lease) => cloud.resources(lease),
            Known::Tags(known) => cloud.tagged(&known.0),
        }
    }

    /// Computes the stack's fields at the time of a view.
    pub(crate) fn listing(&self, view: &View) -> Listing {
        match (&self.known, &view.cloud) {
            (Known::Lease(lease), _) => Listing::new(lease, view),
            (Known::Tags(known), Some(cloud)) => Listing::unleased(&known.0, cloud, view),
            // No account is configured any more: keep the last known fields.
            (Known::Tags(known), None) => known.1.clone(),
        }
    }

    /// Whether the stack has a flag.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// The share of the time since the last renewal that is left, in thousandths.
    pub(crate) fn remaining_permille(&self, now: Timestamp) -> Option<u64> {
        let end = self.expires_at()?;
        let from = match self.lease() {
            Some(lease) => lease.renewed_at,
            None => self.created_at()?,
        };
        let total = Elapsed::between(from, end).millis().max(self.ttl_millis());
        // Both values are far below 2^54 milliseconds.
        let left = Elapsed::between(now, end).millis().saturating_mul(1_000);
        Some(left / total.max(1))
    }

    fn ttl_millis(&self) -> u64 {
        match self.lease() {
            Some(lease) => lease.terms.ttl.span().seconds() * 1_000,
            // The tags give the TTL: the time between creation and expiry.
            None => match self.created_at().zip(self.expires_at()) {
                Some((from, end)) => Elapsed::between(from, end).millis(),
                None => 0,
            },
        }
    }

    /// Recomputes the phase, flags and costs for a view.
    pub(super) fn read(&mut self, view: &View) {
        let listing = self.listing(view);
        (self.phase, self.flags) = (listing.phase, listing.flags.clone());
        self.idle_rate = listing.idle.hourly_usd;
        self.rate_is_minimum = listing.cost.hourly_is_minimum;
        self.billed = listing.cost.billed_usd;
        self.idle_known = listing.idle.state != IdleState::Unknown;
        if let Known::Tags(known) = &mut self.known {
            known.1 = listing;
        }
        self.changes_at = self.next_change(view.now);
    }

    /// When a phase, flag or total next changes without an event.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.expires_at();
        let tenth = Elapsed::from_millis(self.ttl_millis() / 10);
        let expiring = end.map(|end| before(end, tenth).min(SOON.before(end)));
        let lease = self.lease();
        let unused = lease.and_then(|lease| {
            let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
            Some(window.after(lease.last_activity.as_ref()?.at))
        });
        let status = lease.map(|lease| lease.at(now));
        [
            end,
            // One millisecond later: at exactly this distance the flag is not set yet.
            expiring,
            expiring.map(millisecond_after),
            end.map(|end| SOON.before(end)),
            status.as_ref().and_then(|status| status.hold_until),
            status.as_ref().and_then(|status| status.ready_deadline),
            unused,
        ]
        .into_iter()
        .flatten()
        .filter(|change| *change > now)
        .min()
    }
}

/// Subtracts a duration from a time.
pub(super) fn before(to: Timestamp, by: Elapsed) -> Timestamp {
    let by = jiff::SignedDuration::from_millis(i64::try_from(by.millis()).unwrap_or(i64::MAX));
    to.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn millisecond_after(time: Timestamp) -> Timestamp {
    Elapsed::from_millis(1).after(time)
}
