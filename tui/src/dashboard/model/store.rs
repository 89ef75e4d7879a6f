//! All stacks and the snapshot of the cloud, as of the last read, with phases and flags for the
//! current time.

use std::sync::Arc;

use jiff::Timestamp;
use stack::config::NoncomplianceSetting;
use stack::ledger::UnreadableStack;
use stack::listing::Flag;
use stack::view::CloudView;
use stack::{HourlyRate, Lease, Phase, Policy, ReaperStatus, StackName, View};

use super::row::{SOON, StackRow};
use crate::dashboard::event::{CloudData, LedgerData};
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// The result of the last read of the ledger.
#[derive(Debug)]
pub(crate) enum LoadState {
    /// The ledger was not read yet.
    Pending,
    /// The data is current.
    Done,
    /// The last read failed; the data is from an earlier read.
    Failed(Problem),
}

/// All stacks, and what jiti knows about the cloud.
#[derive(Debug)]
pub(crate) struct StackStore {
    /// The result of the last read.
    pub(crate) load_state: LoadState,
    /// Whether the ledger file exists.
    pub(crate) exists: bool,
    /// Stacks with a damaged record, which are not among the others.
    pub(crate) unreadable: Vec<UnreadableStack>,
    stacks: Vec<StackRow>,
    view: View,
    /// The last snapshot of the cloud; `None` before the first one, and if no account is
    /// configured.
    cloud: Option<Arc<CloudView>>,
    /// Whether a broken rule makes a stack due.
    pub(super) noncompliance: NoncomplianceSetting,
    totals: Totals,
    changes_at: Option<Timestamp>,
}

/// The totals in the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The hourly rate of all priced stacks.
    pub(crate) rate: HourlyRate,
    /// Stacks whose rate is known.
    pub(crate) priced: usize,
    /// Whether the hourly rate leaves out something that costs money.
    pub(crate) rate_is_minimum: bool,
    /// The hourly rate of the idle stacks.
    pub(crate) idle_rate: HourlyRate,
    /// Whether the hourly rate of the idle stacks leaves out something that costs money.
    pub(crate) idle_rate_is_minimum: bool,
    /// Idle stacks.
    pub(crate) idle: usize,
    /// Stacks whose use is known.
    pub(crate) judged: usize,
    /// Stacks in purgatory.
    pub(crate) purgatory: usize,
    /// Stacks with residue.
    pub(crate) residue: usize,
    /// Expired stacks.
    pub(crate) expired: usize,
    /// Stacks that expire within the hour.
    pub(crate) soon: usize,
    /// Stacks without a lease.
    pub(crate) unleased: usize,
}

impl StackStore {
    pub(super) fn new(policy: &Policy, now: Timestamp) -> Self {
        Self {
            load_state: LoadState::Pending,
            exists: true,
            unreadable: Vec::new(),
            stacks: Vec::new(),
            view: View::new(now, policy.clone(), ReaperStatus::default()),
            cloud: None,
            noncompliance: NoncomplianceSetting::default(),
            totals: Totals::default(),
            changes_at: None,
        }
    }

    /// The last snapshot of the cloud.
    pub(crate) fn cloud(&self) -> Option<&CloudView> {
        self.cloud.as_deref()
    }

    /// Stores a new snapshot of the cloud.
    pub(crate) fn set_cloud(&mut self, snapshot: CloudData) {
        self.cloud = Some(Arc::new(snapshot.view()));
        let queue = self.view.init_queue.clone();
        self.view = self.viewed(self.view.reaper.clone()).with_init_queue(queue);
        self.stacks.retain(|stack| stack.lease().is_some());
        let view = &self.view;
        for stack in &mut self.stacks {
            stack.read(view);
        }
        self.add_unleased();
        self.update_totals();
    }

    /// Adds the stacks that have tags but no lease. The caller has removed the previous ones.
    fn add_unleased(&mut self) {
        // Before the ledger was read, every tagged stack would seem to have no lease.
        let (Some(cloud), false) = (&self.cloud, matches!(self.load_state, LoadState::Pending))
        else {
            return;
        };
        let leases: Vec<&Lease> = self.stacks.iter().filter_map(StackRow::lease).collect();
        let unleased = cloud.unleased(&leases).into_iter();
        let unleased = unleased.map(|tags| StackRow::tagged(tags, cloud, &self.view));
        let unleased: Vec<StackRow> = unleased.collect();
        if !unleased.is_empty() {
            self.stacks.extend(unleased);
            self.stacks.sort_by(StackRow::compare);
        }
    }

    fn viewed(&self, reaper: ReaperStatus) -> View {
        let grace = self.noncompliance.grace(&self.view.policy);
        let view = View::new(self.view.now, self.view.policy.clone(), reaper);
        let view = view.with_noncompliance_grace(grace);
        match &self.cloud {
            Some(cloud) => view.with_cloud(Arc::clone(cloud)),
            None => view,
        }
    }

    /// The current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.view.now
    }

    /// The view that listings are computed from.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    /// All stacks, sorted by identity.
    pub(crate) fn stacks(&self) -> &[StackRow] {
        &self.stacks
    }

    /// The totals for the header.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Returns the stack with a key.
    pub(crate) fn stack(&self, key: &StackKey) -> Option<&StackRow> {
        let at = self.place(key);
        at.ok().and_then(|at| self.stacks.get(at))
    }

    /// Returns the new key of a stack without a lease: a sweep registers a lease when it starts.
    pub(crate) fn replacement_key(&self, key: &StackKey) -> Option<StackKey> {
        let StackKey::Tags(tags) = key else {
            return None;
        };
        let leased = StackKey::Lease(key.name());
        let lease = self.stack(&leased).and_then(StackRow::lease)?;
        (self.stack(key).is_none() && tags.is_of(lease)).then_some(leased)
    }

    /// Stores the result of a read of the ledger.
    pub(crate) fn load(&mut self, loaded: LedgerData) {
        let LedgerData {
            mut leases,
            ended,
            unreadable,
            reaper,
            policy,
            init_queue,
            exists,
        } = loaded;
        if let Some(unreadable) = unreadable {
            self.unreadable = unreadable;
        }
        let policy = policy.filter(|policy| *policy != self.view.policy);
        let is_new_policy = policy.is_some();
        if let Some(policy) = policy {
            self.view = View::new(self.view.now, policy, ReaperStatus::default());
        }
        self.view = self.viewed(reaper).with_init_queue(init_queue);
        (self.load_state, self.exists) = (LoadState::Done, exists);
        if is_new_policy {
            let view = &self.view;
            for stack in self
                .stacks
                .iter_mut()
                .filter(|stack| stack.lease().is_some())
            {
                stack.read(view);
            }
        }
        match ended {
            None => {
                // `position` needs sorted stacks.
                leases.sort_by(|a, b| a.name.cmp(&b.name));
                // Drop the old stacks first, to halve the peak memory.
                self.stacks = Vec::with_capacity(leases.len());
                let view = &self.view;
                let stacks = leases
                    .into_iter()
                    .map(|lease| StackRow::leased(lease, view));
                self.stacks.extend(stacks);
                self.add_unleased();
            }
            // Only the reaper's status has changed.
            Some(ended) if ended.is_empty() && leases.is_empty() && !is_new_policy => {}
            Some(ended) => {
                self.stacks.retain(|stack| stack.lease().is_some());
                self.change(leases, &ended);
                self.add_unleased();
            }
        }
        self.update_totals();
    }

    /// Applies changed and ended leases.
    fn change(&mut self, leases: Vec<Lease>, ended: &[StackName]) {
        for name in ended {
            if let Ok(at) = self.place(&name.into()) {
                self.stacks.remove(at);
            }
        }
        for lease in leases {
            let place = self.place(&(&lease.name).into());
            let stack = StackRow::leased(lease, &self.view);
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

    /// Returns the index of a key, or where to insert it.
    fn place(&self, key: &StackKey) -> Result<usize, usize> {
        self.stacks.binary_search_by(|stack| stack.compare_key(key))
    }

    /// Advances the clock. Returns whether a phase, a flag or a total has changed.
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
        self.update_totals();
        true
    }

    fn update_totals(&mut self) {
        let soon = SOON.after(self.view.now);
        let mut sums = Totals::default();
        for stack in &self.stacks {
            if let Some(rate) = stack.rate() {
                sums.priced += 1;
                sums.rate = sums.rate + rate;
            }
            sums.rate_is_minimum |= stack.rate_is_minimum || stack.rate().is_none();
            sums.idle_rate = sums.idle_rate + stack.idle_rate.unwrap_or_default();
            sums.idle_rate_is_minimum |=
                stack.has(Flag::Idle) && (stack.rate_is_minimum || stack.idle_rate.is_none());
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
