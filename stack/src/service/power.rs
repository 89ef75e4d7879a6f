//! Sleep and wake: every size is in the ledger before the first change, and is restored from there.

mod error;
mod executor;
mod lock;
mod maintenance;
mod outcome;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use error::SleepError;
pub use maintenance::{MaintenanceOutcome, MaintenanceReason};
pub use outcome::{
    PowerFailure, PowerOutcome, PowerStep, ScheduledStart, SleepPlan, SwitchedResource,
};

use self::executor::PowerExecutor;
use super::{Service, ServiceError};
use crate::cloud::{AutomaticStarts, Cloud, DiscoveryScope, Resource, ResourceId, Unchecked};
use crate::lease::{EventKind, Lease, Phase};
use crate::ledger::Scope;
use crate::sleep::{self, PowerRank, RemainingCosts};
use crate::sweep::{StackIdentity, judge_ownership};
use crate::values::id::{Seq, StackName};
use crate::values::ttl::Elapsed;

/// How jiti waits for the cloud.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// The interval between two polls.
    pub interval: Duration,
    /// The number of polls before something counts as failed.
    pub max_polls: u32,
    /// The number of tries of a call whose error is transient.
    pub max_tries: u32,
}

impl Default for PollPolicy {
    /// Half an hour: a database takes long to stop and to start.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            max_polls: 360,
            max_tries: 8,
        }
    }
}

/// Receives each step as it happens.
pub type OnPowerStep<'a> = dyn Fn(&PowerStep) + Send + Sync + 'a;

/// A stack's own resources, and what could not be checked.
struct OwnResources {
    mine: Vec<Resource>,
    /// The resources with the stack's tag that their own service did not confirm.
    unconfirmed: Vec<Resource>,
    not_looked: Vec<Unchecked>,
}

/// The use cases of sleep and wake: see [`Service::power`].
#[derive(Clone, Copy)]
pub struct Power<'a> {
    pub(super) service: &'a Service,
}

impl<'a> Power<'a> {
    /// Plans a sleep: what it would stop, and what would still cost. It changes nothing.
    ///
    /// # Errors
    /// [`SleepError::NoCloud`], credentials that do not work, an unknown stack.
    pub async fn plan_sleep(self, stack: &StackName) -> Result<SleepPlan, SleepError> {
        let lease = self.service.live(stack).await?;
        let own = self.own(&lease).await?;
        let stops = own.mine.iter().filter(|one| is_awake(one));
        let remains = RemainingCosts::before(&own.mine);
        Ok(SleepPlan {
            name: stack.clone(),
            stops: stops.map(SwitchedResource::of).collect(),
            remains: remains.with_unconfirmed(&own.unconfirmed),
            starts: self.automatic_starts(&own.mine).await?,
            ready_again_seconds: self.ready_again(&lease).await?,
            not_looked: own.not_looked,
        })
    }

    /// Puts a stack to sleep: records every size, stops the compute, waits until it has stopped,
    /// and records `slept`. A sleep that had started before is finished, and keeps the recorded
    /// sizes. With `until`, the reaper wakes the stack then; without it, an earlier wake-up time
    /// stays.
    ///
    /// The result lists what could not be stopped. The stack is then partly asleep, and another
    /// sleep or a wake finishes it.
    ///
    /// # Errors
    /// [`SleepError`] before anything was changed, or [`SleepError::Lost`].
    pub async fn sleep(
        self,
        stack: &StackName,
        until: Option<Timestamp>,
        patience: PollPolicy,
        tell: &OnPowerStep<'_>,
    ) -> Result<PowerOutcome, SleepError> {
        if let Some(until) = until.filter(|until| *until <= self.service.now()) {
            return Err(SleepError::Passed { until });
        }
        self.service
            .retry_on_conflict(stack, || self.fall_asleep(stack, until, patience, tell))
            .await
    }

    /// Wakes a stack: gives each resource its recorded size back, data first, waits until it has
    /// it, and records `woken`. If an apply ended the sleep, what that apply started is left as it
    /// is.
    ///
    /// # Errors
    /// [`SleepError`] before anything was changed, or [`SleepError::Lost`].
    pub async fn wake(
        self,
        stack: &StackName,
        patience: PollPolicy,
        tell: &OnPowerStep<'_>,
    ) -> Result<PowerOutcome, SleepError> {
        self.service
            .retry_on_conflict(stack, || self.wake_up(stack, patience, tell))
            .await
    }

    /// One try; `None` when another operation ran meanwhile.
    async fn fall_asleep(
        self,
        stack: &StackName,
        wished: Option<Timestamp>,
        patience: PollPolicy,
        tell: &OnPowerStep<'_>,
    ) -> Result<Option<PowerOutcome>, SleepError> {
        let lease = self.acted_on(stack).await?;
        let now = self.service.now();
        let again = lease.partly_asleep || lease.partly_awake;
        let asleep = lease.phase_at(now) == Phase::Asleep;
        let wake_at = lease.wake_at.map(|at| at.0);
        let same = wished.is_none() || wished == wake_at;
        let kept = wake_at.filter(|at| (asleep || again) && *at > now);
        let until = wished.or(kept);
        let own = self.own(&lease).await?;
        // What started on its own is stopped again.
        let rests = asleep && !again && own.not_looked.is_empty() && !own.mine.iter().any(is_awake);
        if rests && same {
            let resources = (own.mine.as_slice(), own.unconfirmed.as_slice());
            let turned = self.asleep(&lease, resources, Vec::new(), Vec::new());
            return turned.await.map(Some);
        }
        let sized = own.mine.iter().filter(|one| one.size.is_some());
        let sizes: BTreeMap<String, Value> = sized
            .filter_map(|one| Some((one.id.to_string(), one.size.clone()?)))
            .collect();
        if sizes.is_empty() && own.not_looked.is_empty() && !again && !asleep {
            return Err(SleepError::Nothing {
                stack: stack.clone(),
            });
        }
        // Recorded sizes are never overwritten.
        let begins = |known: &BTreeMap<String, Value>, operator| {
            let mut prior = sizes.clone();
            prior.retain(|id, _| !known.contains_key(id));
            let operator = Some(operator);
            EventKind::SleepStarted {
                prior,
                until,
                operator,
            }
        };
        let Some((lease, turn)) = self.begin_operation(&lease, begins).await? else {
            return Ok(None);
        };
        let mut work = PowerExecutor::new(self.required_cloud()?, patience, tell, turn);
        work.not_looked(&own.not_looked);
        for rank in PowerRank::ALL {
            let group = own.mine.iter();
            let group: Vec<&Resource> = group
                .filter(|one| is_awake(one) && PowerRank::of(one) == rank)
                .collect();
            let done = |one: &Resource| one.stopped && !one.in_transition;
            if let Err(error) = work.stop(&group, done).await {
                work.turn().failed(error.to_string()).await;
                return Err(error);
            }
        }
        let lease = match work.failed.is_empty() {
            true => work.turn().done(EventKind::Slept).await?,
            false => {
                work.turn().failed(work.reason()).await;
                lease
            }
        };
        let mine = self.reread_changed(stack, own.mine, &work.touched).await;
        let PowerExecutor { moved, failed, .. } = work;
        let resources = (mine.as_slice(), own.unconfirmed.as_slice());
        let turned = self.asleep(&lease, resources, moved, failed);
        turned.await.map(Some)
    }

    /// One try; `None` when another operation ran meanwhile.
    async fn wake_up(
        self,
        stack: &StackName,
        patience: PollPolicy,
        tell: &OnPowerStep<'_>,
    ) -> Result<Option<PowerOutcome>, SleepError> {
        let lease = self.acted_on(stack).await?;
        let phase = lease.phase_at(self.service.now());
        if phase != Phase::Asleep && !lease.partly_asleep {
            return Ok(Some(PowerOutcome::awake(stack, Vec::new(), Vec::new())));
        }
        let own = self.own(&lease).await?;
        let begins = |_: &BTreeMap<String, Value>, operator| EventKind::WakeStarted {
            operator: Some(operator),
        };
        let Some((begun, turn)) = self.begin_operation(&lease, begins).await? else {
            return Ok(None);
        };
        let mut work = PowerExecutor::new(self.required_cloud()?, patience, tell, turn);
        work.not_looked(&own.not_looked);
        let events = self.service.ledger.events(stack, Seq::NONE).await;
        let prior = match events {
            Ok(events) => sleep::prior(&events),
            Err(error) => {
                work.turn().failed(error.to_string()).await;
                return Err(ServiceError::from(error).into());
            }
        };
        // An apply that woke the stack has given the running resources their size.
        let all = phase == Phase::Asleep || lease.partly_awake;
        let wanted = |one: &Resource| {
            let size = prior.get(one.id.as_str());
            size.filter(|_| all || one.stopped || one.in_transition)
        };
        let has = |one: &Resource| {
            let size = prior.get(one.id.as_str());
            let same = size.is_none_or(|size| one.size.as_ref() == Some(size));
            same && !one.in_transition
        };
        for rank in PowerRank::ALL.into_iter().rev() {
            let group = own.mine.iter().filter(|one| PowerRank::of(one) == rank);
            let group: Vec<&Resource> = group
                .filter(|one| wanted(one).is_some() && !has(one))
                .collect();
            if let Err(error) = work.start(&group, &prior, has).await {
                work.turn().failed(error.to_string()).await;
                return Err(error);
            }
        }
        match work.failed.is_empty() {
            true => drop(work.turn().done(EventKind::Woken).await?),
            false => work.turn().failed(work.reason()).await,
        }
        let found: BTreeSet<&str> = own.mine.iter().map(|one| one.id.as_str()).collect();
        let missing = prior.keys().filter(|id| !found.contains(id.as_str()));
        // A place that could not be checked does not make a resource missing.
        let missing = missing.filter(|_| own.not_looked.is_empty());
        let missing = missing.map(|id| ResourceId(id.clone())).collect();
        self.reread_changed(stack, own.mine, &work.touched).await;
        let PowerExecutor { moved, failed, .. } = work;
        let mut turned = PowerOutcome::awake(stack, moved, failed);
        turned.asleep = !turned.failed.is_empty() && phase == Phase::Asleep;
        turned.ready_again_seconds = self.ready_again(&begun).await?;
        turned.missing = missing;
        Ok(Some(turned))
    }

    /// How long waking a stack takes, from its app's history; `None` when the app was never woken.
    ///
    /// # Errors
    /// [`SleepError`] for an unknown stack, or when the ledger cannot be read.
    pub async fn wake_duration(self, stack: &StackName) -> Result<Option<Elapsed>, SleepError> {
        let lease = self.service.live(stack).await?;
        Ok(self.ready_again(&lease).await?)
    }

    fn required_cloud(self) -> Result<&'a dyn Cloud, SleepError> {
        let access = self
            .service
            .cloud_access
            .as_ref()
            .ok_or(SleepError::NoCloud)?;
        Ok(access.cloud.as_ref())
    }

    /// The lease of a stack that may be put to sleep or woken now.
    async fn acted_on(self, stack: &StackName) -> Result<Lease, SleepError> {
        self.required_cloud()?;
        let lease = self.service.live(stack).await?;
        if lease.unknown_events > 0 {
            return Err(SleepError::NotUnderstood {
                stack: stack.clone(),
                count: lease.unknown_events,
            });
        }
        self.refuse_during_operation(&lease)?;
        Ok(lease)
    }

    /// What belongs to the stack now, by the rules of a sweep: nothing foreign is stopped.
    async fn own(self, lease: &Lease) -> Result<OwnResources, SleepError> {
        let which = DiscoveryScope::Stack(lease.name.clone());
        let found = self.required_cloud()?.discover(&which).await;
        if let Some(wrong) = found.unchecked.iter().find(|one| one.credentials) {
            return Err(SleepError::Credentials {
                place: wrong.place.to_string(),
                reason: wrong.reason.clone(),
            });
        }
        // Deletion protection does not prevent a sleep.
        let without_flags = |one: &Resource| Resource {
            protection: None,
            ..one.clone()
        };
        let judged: Vec<Resource> = found.resources.iter().map(without_flags).collect();
        let places = self.service.cloud().places().into_iter().collect();
        let judgement = judge_ownership(&judged, &StackIdentity::of_lease(lease), &places);
        let belongs = |one: &Resource| {
            judgement
                .get(&one.id)
                .is_some_and(crate::sweep::OwnershipVerdict::belongs)
        };
        let (mine, others): (Vec<_>, Vec<_>) = found.resources.into_iter().partition(belongs);
        let named = |one: &Resource| {
            !one.is_confirmed() && one.tag(crate::values::tags::STACK) == Some(lease.name.as_str())
        };
        Ok(OwnResources {
            mine,
            unconfirmed: others.into_iter().filter(named).collect(),
            not_looked: found.unchecked,
        })
    }

    /// The result of a sleep, with the cost that remains.
    async fn asleep(
        self,
        lease: &Lease,
        (mine, unconfirmed): (&[Resource], &[Resource]),
        moved: Vec<SwitchedResource>,
        failed: Vec<PowerFailure>,
    ) -> Result<PowerOutcome, SleepError> {
        let restarts = mine.iter().filter_map(ScheduledStart::of);
        Ok(PowerOutcome {
            name: lease.name.clone(),
            asleep: lease.phase_at(self.service.now()) == Phase::Asleep,
            moved,
            failed,
            remains: RemainingCosts::asleep(mine).with_unconfirmed(unconfirmed),
            restarts: restarts.collect(),
            starts: self.automatic_starts(mine).await?,
            wake_at: lease.wake_at.map(|at| at.0),
            ready_again_seconds: self.ready_again(lease).await?,
            missing: Vec::new(),
        })
    }

    /// What starts the stack's resources again, or changes their size, without jiti.
    async fn automatic_starts(self, mine: &[Resource]) -> Result<AutomaticStarts, SleepError> {
        let now = self.service.now();
        Ok(self.required_cloud()?.automatic_starts(mine, now).await)
    }

    /// How long waking takes, from the app's history; `None` when it was never woken.
    async fn ready_again(self, lease: &Lease) -> Result<Option<Elapsed>, ServiceError> {
        let mut wake_durations = Vec::new();
        for other in self.service.ledger.leases(Scope::All).await? {
            if other.app == lease.app {
                let events = self.service.ledger.events(&other.name, Seq::NONE).await?;
                wake_durations.extend(sleep::wake_durations(&events));
            }
        }
        Ok(sleep::median(wake_durations))
    }
}

fn is_awake(one: &Resource) -> bool {
    one.size.is_some() && !one.stopped
}

#[cfg(test)]
mod tests;
