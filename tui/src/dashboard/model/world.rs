//! The stacks as they were last read, and what time alone makes of them.

use std::sync::Arc;

use jiff::Timestamp;
use stack::listing::Flag;
use stack::view::CloudView;
use stack::{HourlyRate, Lease, Phase, Policy, ReaperStatus, StackName, View};

pub(crate) use super::row::{Key, Stack};

use super::row::SOON;
use crate::dashboard::event::{Loaded, Problem, Sighting};

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
    /// Of how many only tags tell.
    pub(crate) unleased: usize,
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
        self.stacks.retain(|stack| stack.lease().is_some());
        let view = &self.view;
        for stack in &mut self.stacks {
            stack.read(view);
        }
        self.add_unleased();
        self.sum_up();
    }

    /// Adds those that only tags tell of. None of them is there before.
    fn add_unleased(&mut self) {
        // Before the ledger was read nobody knows what has no lease.
        let (Some(cloud), false) = (&self.cloud, matches!(self.reading, Reading::First)) else {
            return;
        };
        let leases: Vec<&Lease> = self.stacks.iter().filter_map(Stack::lease).collect();
        let unleased = cloud.unleased(&leases).into_iter();
        let unleased = unleased.map(|tags| Stack::tagged(tags, cloud, &self.view));
        let unleased: Vec<Stack> = unleased.collect();
        if !unleased.is_empty() {
            self.stacks.extend(unleased);
            self.stacks.sort_by(Stack::compare);
        }
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

    /// The one with this key.
    pub(crate) fn stack(&self, key: &Key) -> Option<&Stack> {
        let at = self.place(key);
        at.ok().and_then(|at| self.stacks.get(at))
    }

    /// What a key has become: a stack that only tags told of has a lease as soon as a sweep begins to end it.
    pub(crate) fn become_of(&self, key: &Key) -> Option<Key> {
        let Key::Tags(tags) = key else { return None };
        let leased = Key::Lease(key.name());
        let lease = self.stack(&leased).and_then(Stack::lease)?;
        (self.stack(key).is_none() && tags.is_of(lease)).then_some(leased)
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
        (self.reading, self.exists) = (Reading::Done, exists);
        match ended {
            None => {
                // The ledger orders by name already; a search must be able to rely on it.
                leases.sort_by(|a, b| a.name.cmp(&b.name));
                // Two worlds at once would be twice the memory.
                self.stacks = Vec::with_capacity(leases.len());
                let view = &self.view;
                let stacks = leases.into_iter().map(|lease| Stack::leased(lease, view));
                self.stacks.extend(stacks);
                self.add_unleased();
            }
            // The reaper alone has said something.
            Some(ended) if ended.is_empty() && leases.is_empty() => {}
            Some(ended) => {
                self.stacks.retain(|stack| stack.lease().is_some());
                self.change(leases, &ended);
                self.add_unleased();
            }
        }
        self.sum_up();
    }

    /// Takes over what has changed.
    fn change(&mut self, leases: Vec<Lease>, ended: &[StackName]) {
        for name in ended {
            if let Ok(at) = self.place(&name.into()) {
                self.stacks.remove(at);
            }
        }
        for lease in leases {
            let place = self.place(&(&lease.name).into());
            let stack = Stack::leased(lease, &self.view);
            match place {
                Ok(at) => {
                    if let Some(before) = self.stacks.get_mut(at) {
                        *before = stack;
                    }
                }
                Err(at) => self.stacks.insert(at, stack),
            }
        }
    }

    /// Where the one with this key is, or would be.
    fn place(&self, key: &Key) -> Result<usize, usize> {
        self.stacks.binary_search_by(|stack| stack.against(key))
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
            if let Some(rate) = stack.rate() {
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
            let ends_soon = stack.expires_at().is_some_and(|at| at <= soon);
            sums.soon += usize::from(!expired && ends_soon);
            sums.unleased += usize::from(stack.lease().is_none());
        }
        self.totals = sums;
        self.changes_at = self
            .stacks
            .iter()
            .filter_map(|stack| stack.changes_at)
            .min();
    }
}
