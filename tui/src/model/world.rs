//! The stacks as they were last read, and what time alone makes of them.

use std::sync::Arc;

use jiff::Timestamp;
use stack::idle::{DEFAULT_WINDOW, IdleState};
use stack::listing::{Flag, Listing};
use stack::view::CloudView;
use stack::{Elapsed, HourlyRate, Lease, Phase, Policy, ReaperStatus, Span, StackName, Usd, View};

use crate::event::{Loaded, Problem, Sighting};

/// "Soon" in the header: what expires within it is counted.
const SOON: Span = Span::minutes(60);

/// How reading went.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Nothing was read yet.
    First,
    /// What is here is what was read last.
    Done,
    /// The last reading failed; what is here is what was read before.
    Failed(Problem),
}

/// All stacks.
#[derive(Debug)]
pub(crate) struct World {
    /// How reading went.
    pub(crate) reading: Reading,
    /// There is a ledger.
    pub(crate) exists: bool,
    stacks: Vec<Stack>,
    view: View,
    /// What is known of the cloud; `None` until it was read, and where no account is configured.
    cloud: Option<Arc<CloudView>>,
    totals: Totals,
    changes_at: Option<Timestamp>,
}

/// One stack, with what is asked of it too often to be derived each time.
#[derive(Debug)]
pub(crate) struct Stack {
    /// Its lease.
    pub(crate) lease: Lease,
    /// Its phase now.
    pub(crate) phase: Phase,
    /// Its flags now.
    pub(crate) flags: Vec<Flag>,
    /// What its idleness costs an hour.
    pub(crate) idle_rate: Option<HourlyRate>,
    /// Since when it is idle.
    pub(crate) idle_since: Option<Timestamp>,
    /// It is known whether it is used.
    idle_known: bool,
    changes_at: Option<Timestamp>,
}

/// The sums in the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// What all of them cost an hour, as far as it is known.
    pub(crate) rate: HourlyRate,
    /// Of how many the rate is known.
    pub(crate) priced: usize,
    /// What the idle ones cost an hour.
    pub(crate) idle_rate: HourlyRate,
    /// How many are idle.
    pub(crate) idle: usize,
    /// Of how many it is known whether they are used.
    pub(crate) judged: usize,
    /// How many are in purgatory.
    pub(crate) purgatory: usize,
    /// How many have something left of them.
    pub(crate) residue: usize,
    /// How many have expired.
    pub(crate) expired: usize,
    /// How many expire within the hour.
    pub(crate) soon: usize,
}

impl World {
    pub(super) fn new(policy: &Policy, now: Timestamp) -> Self {
        Self {
            reading: Reading::First,
            exists: true,
            stacks: Vec::new(),
            view: View::new(now, policy.clone(), ReaperStatus::default()),
            cloud: None,
            totals: Totals::default(),
            changes_at: None,
        }
    }

    /// What is known of the cloud.
    pub(crate) fn cloud(&self) -> Option<&CloudView> {
        self.cloud.as_deref()
    }

    /// Something else is known of the cloud.
    pub(crate) fn sight(&mut self, sighting: Sighting) {
        self.cloud = Some(Arc::new(sighting.view()));
        self.view = self.viewed(self.view.reaper.clone());
        let view = &self.view;
        for stack in &mut self.stacks {
            stack.read(view);
        }
        self.sum_up();
    }

    fn viewed(&self, reaper: ReaperStatus) -> View {
        let view = View::new(self.view.now, self.view.policy.clone(), reaper);
        match &self.cloud {
            Some(cloud) => view.with_cloud(Arc::clone(cloud)),
            None => view,
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.view.now
    }

    /// What leases are read against.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// All of them, by name.
    pub(crate) fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// The sums.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The one with this name.
    pub(crate) fn stack(&self, name: &StackName) -> Option<&Stack> {
        let at = self.place(name);
        at.ok().and_then(|at| self.stacks.get(at))
    }

    /// Takes over what was read.
    pub(crate) fn load(&mut self, loaded: Loaded) {
        let Loaded {
            mut leases,
            ended,
            reaper,
            exists,
        } = loaded;
        self.view = self.viewed(reaper);
        match ended {
            None => {
                // The ledger orders by name already; a search must be able to rely on it.
                leases.sort_by(|a, b| a.name.cmp(&b.name));
                // Two worlds at once would be twice the memory.
                self.stacks = Vec::with_capacity(leases.len());
                let view = &self.view;
                let stacks = leases.into_iter().map(|lease| Stack::new(lease, view));
                self.stacks.extend(stacks);
            }
            Some(ended) => self.change(leases, &ended),
        }
        (self.reading, self.exists) = (Reading::Done, exists);
        self.sum_up();
    }

    /// Takes over what has changed.
    fn change(&mut self, leases: Vec<Lease>, ended: &[StackName]) {
        for name in ended {
            if let Ok(at) = self.place(name) {
                self.stacks.remove(at);
            }
        }
        for lease in leases {
            match self.place(&lease.name) {
                Ok(at) => {
                    if let Some(before) = self.stacks.get_mut(at) {
                        *before = Stack::new(lease, &self.view);
                    }
                }
                Err(at) => self.stacks.insert(at, Stack::new(lease, &self.view)),
            }
        }
    }

    /// Where the one with this name is, or would be.
    fn place(&self, name: &StackName) -> Result<usize, usize> {
        self.stacks
            .binary_search_by(|stack| stack.lease.name.cmp(name))
    }

    /// Moves on to a moment; whether a phase, a flag or a sum has changed by that alone.
    pub(crate) fn advance(&mut self, now: Timestamp) -> bool {
        self.view.now = now;
        if self.changes_at.is_none_or(|at| now < at) {
            return false;
        }
        let view = &self.view;
        for stack in &mut self.stacks {
            if stack.changes_at.is_some_and(|at| at <= now) {
                stack.read(view);
            }
        }
        self.sum_up();
        true
    }

    fn sum_up(&mut self) {
        let soon = SOON.after(self.view.now);
        let mut sums = Totals::default();
        for stack in &self.stacks {
            if let Some(rate) = stack.lease.meter.rate() {
                sums.priced += 1;
                sums.rate = sums.rate + rate;
            }
            sums.idle_rate = sums.idle_rate + stack.idle_rate.unwrap_or_default();
            let expired = stack.has(Flag::Expired);
            sums.idle += usize::from(stack.has(Flag::Idle));
            sums.judged += usize::from(stack.idle_known);
            sums.purgatory += usize::from(stack.phase == Phase::Purgatory);
            sums.residue += usize::from(stack.phase == Phase::Residue);
            sums.expired += usize::from(expired);
            sums.soon += usize::from(!expired && stack.lease.expires_at <= soon);
        }
        self.totals = sums;
        self.changes_at = self
            .stacks
            .iter()
            .filter_map(|stack| stack.changes_at)
            .min();
    }
}

impl Stack {
    fn new(lease: Lease, view: &View) -> Self {
        let mut stack = Self {
            phase: lease.recorded_phase,
            lease,
            flags: Vec::new(),
            idle_rate: None,
            idle_since: None,
            idle_known: false,
            changes_at: None,
        };
        stack.read(view);
        stack
    }

    /// Its fields at the moment of a view.
    pub(crate) fn listing(&self, view: &View) -> Listing {
        Listing::new(&self.lease, view)
    }

    /// Whether it has a flag.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// What it has cost until now.
    pub(crate) fn spent(&self, now: Timestamp) -> Option<Usd> {
        self.lease.meter.spent(now)
    }

    /// How long it took to be of use.
    pub(crate) fn init(&self) -> Option<Elapsed> {
        self.lease.init.as_ref().and_then(stack::init::Init::total)
    }

    fn read(&mut self, view: &View) {
        let listing = self.listing(view);
        (self.phase, self.flags) = (listing.phase, listing.flags);
        (self.idle_rate, self.idle_since) = (listing.idle.hourly_usd, listing.idle.since);
        self.idle_known = listing.idle.state != IdleState::Unknown;
        self.changes_at = self.next_change(view.now);
    }

    /// When time alone will next change a phase, a flag or a sum.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let lease = &self.lease;
        let reading = lease.at(now);
        let tenth = Elapsed::from_millis(lease.terms.ttl.span().seconds() * 100);
        let expiring = before(lease.expires_at, tenth).min(SOON.before(lease.expires_at));
        let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
        let unused = lease
            .last_activity
            .as_ref()
            .map(|last| window.after(last.at));
        [
            Some(lease.expires_at),
            // Just after: an end that is exactly so far away does not count as near.
            Some(expiring),
            Some(millisecond_after(expiring)),
            Some(SOON.before(lease.expires_at)),
            reading.hold_until,
            reading.ready_deadline,
            unused,
        ]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
        .min()
    }
}

fn before(to: Timestamp, by: Elapsed) -> Timestamp {
    let by = jiff::SignedDuration::from_millis(i64::try_from(by.millis()).unwrap_or(i64::MAX));
    to.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn millisecond_after(at: Timestamp) -> Timestamp {
    Elapsed::from_millis(1).after(at)
}
