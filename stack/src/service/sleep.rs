//! Putting a stack to sleep and waking it: every size is in the ledger before the first change, and comes from there back.

mod error;
mod outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use error::SleepError;
pub use outcome::{Failed, Moved, Plan, Restart, Step, Turned};

use super::Service;
use crate::cloud::{
    Cloud, CloudError, CloudErrorKind, NotLooked, Resource, ResourceId, Soon, Which,
};
use crate::id::{Seq, StackName};
use crate::lease::{EventKind, Lease, Phase};
use crate::ledger::Scope;
use crate::sleep::{self, Rank, Remains};
use crate::sweep::{Identity, judge};
use crate::ttl::Elapsed;

/// How the cloud is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long between two looks.
    pub look: Duration,
    /// How many looks are made before something counts as failed.
    pub looks: u32,
    /// How often a call that may succeed later is made.
    pub tries: u32,
}

impl Default for Patience {
    /// Half an hour: a database takes long to stop and to start.
    fn default() -> Self {
        Self {
            look: Duration::from_secs(5),
            looks: 360,
            tries: 8,
        }
    }
}

/// What is told of each step as it happens.
pub type OnStep<'a> = dyn Fn(&Step) + Send + Sync + 'a;

/// A stack's own resources, and where it could not be looked.
struct Own {
    mine: Vec<Resource>,
    not_looked: Vec<NotLooked>,
}

impl Service {
    /// What a sleep would stop, and what would go on costing. Nothing is changed.
    ///
    /// # Errors
    /// [`SleepError::NoCloud`], credentials that do not work, an unknown stack.
    pub async fn plan_sleep(&self, stack: &StackName) -> Result<Plan, SleepError> {
        let lease = self.live(stack).await?;
        let own = self.own(&lease).await?;
        let stops = own.mine.iter().filter(|one| is_awake(one));
        Ok(Plan {
            name: stack.clone(),
            stops: stops.map(Moved::of).collect(),
            remains: Remains::before(&own.mine),
            ready_again_seconds: self.ready_again(&lease).await?,
            not_looked: own.not_looked,
        })
    }

    /// Puts a stack to sleep: writes every size, stops what computes, waits until it is stopped, and writes `slept`.
    /// One that was begun is finished; what it has written stays. With `until` the reaper wakes it then.
    ///
    /// What could not be stopped is in the answer; the stack then stays half asleep, and both a sleep and a wake finish
    /// it.
    ///
    /// # Errors
    /// [`SleepError`] before anything was changed.
    pub async fn sleep(
        &self,
        stack: &StackName,
        until: Option<Timestamp>,
        patience: Patience,
        tell: &OnStep<'_>,
    ) -> Result<Turned, SleepError> {
        let lease = self.acted_on(stack).await?;
        let again = lease.half_asleep || lease.half_awake;
        let until = until.or(lease.wake_at.map(|at| at.0).filter(|_| again));
        if let Some(until) = until.filter(|until| *until <= self.now()) {
            return Err(SleepError::Passed { until });
        }
        let asleep = lease.phase_at(self.now()) == Phase::Asleep && !again;
        let same = until.is_none() || until == lease.wake_at.map(|at| at.0);
        let own = self.own(&lease).await?;
        // What has started by itself is stopped again.
        if asleep && same && own.not_looked.is_empty() && !own.mine.iter().any(is_awake) {
            return self.asleep(&lease, Vec::new(), Vec::new()).await;
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
        let lease = self.begin_sleep(stack, &sizes, until).await?;
        let mut work = Work::new(self.cloud()?, patience, tell);
        work.failed
            .extend(own.not_looked.iter().map(Failed::not_looked));
        for rank in Rank::ALL {
            let group: Vec<&Resource> = own
                .mine
                .iter()
                .filter(|one| is_awake(one) && Rank::of(one) == rank)
                .collect();
            let begun = work.stop(&group).await;
            let done = |one: &Resource| one.stopped && !sleep::is_settling(one);
            work.wait(begun, "it does not stop", done).await;
        }
        let Work { moved, failed, .. } = work;
        let lease = if failed.is_empty() {
            self.change(stack, |_, _| Ok(vec![EventKind::Slept]))
                .await?
        } else {
            lease
        };
        self.asleep(&lease, moved, failed).await
    }

    /// Wakes a stack: gives each resource the size that the ledger has of it, what keeps data first, waits until it has
    /// it, and writes `woken`.
    ///
    /// # Errors
    /// [`SleepError`] before anything was changed.
    pub async fn wake(
        &self,
        stack: &StackName,
        patience: Patience,
        tell: &OnStep<'_>,
    ) -> Result<Turned, SleepError> {
        let lease = self.acted_on(stack).await?;
        let phase = lease.phase_at(self.now());
        if phase != Phase::Asleep && !lease.half_asleep {
            return Ok(Turned::awake(stack, Vec::new(), Vec::new()));
        }
        let events = self.ledger.events(stack, Seq::NONE).await;
        let prior = sleep::prior(&events.map_err(super::ServiceError::from)?);
        let own = self.own(&lease).await?;
        self.change(stack, |_, _| Ok(vec![EventKind::WakeStarted]))
            .await?;
        let mut work = Work::new(self.cloud()?, patience, tell);
        work.failed
            .extend(own.not_looked.iter().map(Failed::not_looked));
        let size_of = |one: &Resource| prior.get(one.id.as_str());
        let has = |one: &Resource| {
            let same = size_of(one).is_none_or(|size| one.size.as_ref() == Some(size));
            same && !sleep::is_settling(one)
        };
        for rank in Rank::ALL.into_iter().rev() {
            let group: Vec<(&Resource, &Value)> = own
                .mine
                .iter()
                .filter(|one| Rank::of(one) == rank && !has(one))
                .filter_map(|one| Some((one, size_of(one)?)))
                .collect();
            let begun = work.start(&group).await;
            work.wait(begun, "it does not start", has).await;
        }
        let Work { moved, failed, .. } = work;
        if failed.is_empty() {
            self.change(stack, |_, _| Ok(vec![EventKind::Woken]))
                .await?;
        }
        let mut turned = Turned::awake(stack, moved, failed);
        turned.asleep = !turned.failed.is_empty() && phase == Phase::Asleep;
        turned.ready_again_seconds = self.ready_again(&lease).await?;
        let found: BTreeSet<&str> = own.mine.iter().map(|one| one.id.as_str()).collect();
        let missing = prior.keys().filter(|id| !found.contains(id.as_str()));
        turned.missing = missing.map(|id| ResourceId(id.clone())).collect();
        Ok(turned)
    }

    /// How long waking a stack takes, by what it took for its app so far; `None` when none of it was ever woken.
    ///
    /// # Errors
    /// [`SleepError`] for an unknown stack, and what the ledger says.
    pub async fn wakes_in(&self, stack: &StackName) -> Result<Option<Elapsed>, SleepError> {
        let lease = self.live(stack).await?;
        Ok(self.ready_again(&lease).await?)
    }

    /// The stacks whose sleep is over, by the time they asked to be woken at.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn wakes_due(&self) -> Result<Vec<StackName>, super::ServiceError> {
        let now = self.now();
        let leases = self.ledger.leases(Scope::Live).await?;
        let mut due: Vec<(Timestamp, StackName)> = leases
            .into_iter()
            .filter(|lease| lease.phase_at(now) == Phase::Asleep && lease.not_understood == 0)
            .filter_map(|lease| Some((lease.wake_at?.0, lease.name)))
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort();
        Ok(due.into_iter().map(|(_, name)| name).collect())
    }

    fn cloud(&self) -> Result<&dyn Cloud, SleepError> {
        let sky = self.sky.as_ref().ok_or(SleepError::NoCloud)?;
        Ok(sky.cloud.as_ref())
    }

    /// The lease of a stack that something may be done with.
    async fn acted_on(&self, stack: &StackName) -> Result<Lease, SleepError> {
        self.cloud()?;
        let lease = self.live(stack).await?;
        if lease.not_understood > 0 {
            return Err(SleepError::NotUnderstood {
                stack: stack.clone(),
                count: lease.not_understood,
            });
        }
        Ok(lease)
    }

    /// What belongs to the stack now, by the same rules as what a sweep may delete: nothing foreign is stopped.
    async fn own(&self, lease: &Lease) -> Result<Own, SleepError> {
        let which = Which::Stack(lease.name.clone());
        let found = self.cloud()?.discover(&which).await;
        if let Some(wrong) = found.not_looked.iter().find(|one| one.credentials) {
            return Err(SleepError::Credentials {
                place: wrong.place.to_string(),
                reason: wrong.reason.clone(),
            });
        }
        // A flag that protects from deletion protects from no sleep.
        let without_flags = |one: &Resource| Resource {
            protection: None,
            ..one.clone()
        };
        let judged: Vec<Resource> = found.resources.iter().map(without_flags).collect();
        let places = self.places().into_iter().collect();
        let judgement = judge(&judged, &Identity::of_lease(lease), &places);
        let belongs = |one: &Resource| {
            judgement
                .get(&one.id)
                .is_some_and(crate::sweep::Judged::belongs)
        };
        Ok(Own {
            mine: found.resources.into_iter().filter(belongs).collect(),
            not_looked: found.not_looked,
        })
    }

    /// Writes the sizes that the ledger does not have yet.
    async fn begin_sleep(
        &self,
        stack: &StackName,
        sizes: &BTreeMap<String, Value>,
        until: Option<Timestamp>,
    ) -> Result<Lease, SleepError> {
        self.decided(stack, || async {
            let lease = self.live(stack).await?;
            let events = self.ledger.events(stack, Seq::NONE).await;
            let known = sleep::prior(&events.map_err(super::ServiceError::from)?);
            let mut prior = sizes.clone();
            prior.retain(|id, _| !known.contains_key(id));
            let begins = EventKind::SleepStarted { prior, until };
            let seq = lease.last_seq();
            Ok(self.append(stack, seq, self.now(), vec![begins]).await?)
        })
        .await
    }

    /// How a sleep ended, with what goes on costing as it is now.
    async fn asleep(
        &self,
        lease: &Lease,
        moved: Vec<Moved>,
        failed: Vec<Failed>,
    ) -> Result<Turned, SleepError> {
        let own = self.own(lease).await?;
        let restarts = own.mine.iter().filter_map(Restart::of);
        Ok(Turned {
            name: lease.name.clone(),
            asleep: lease.phase_at(self.now()) == Phase::Asleep,
            moved,
            failed,
            remains: Remains::asleep(&own.mine),
            restarts: restarts.collect(),
            wake_at: lease.wake_at.map(|at| at.0),
            ready_again_seconds: self.ready_again(lease).await?,
            missing: Vec::new(),
        })
    }

    /// How long waking takes, by what it took for this app; `None` when it was never woken.
    async fn ready_again(&self, lease: &Lease) -> Result<Option<Elapsed>, super::ServiceError> {
        let mut wakes = Vec::new();
        for other in self.ledger.leases(Scope::All).await? {
            if other.app == lease.app {
                let events = self.ledger.events(&other.name, Seq::NONE).await?;
                wakes.extend(sleep::wakes(&events));
            }
        }
        Ok(sleep::median(wakes))
    }
}

fn is_awake(one: &Resource) -> bool {
    one.size.is_some() && !one.stopped
}

/// Stopping or starting, and what came of it.
struct Work<'a> {
    cloud: &'a dyn Cloud,
    patience: Patience,
    tell: &'a OnStep<'a>,
    moved: Vec<Moved>,
    failed: Vec<Failed>,
}

impl<'a> Work<'a> {
    fn new(cloud: &'a dyn Cloud, patience: Patience, tell: &'a OnStep<'a>) -> Self {
        Self {
            cloud,
            patience,
            tell,
            moved: Vec::new(),
            failed: Vec::new(),
        }
    }

    async fn stop(&mut self, group: &[&Resource]) -> Vec<Resource> {
        let mut begun = Vec::new();
        for one in group {
            (self.tell)(&Step::Stopping(Moved::of(one)));
            match self.insist(|| self.cloud.stop(one)).await {
                Ok(()) => begun.push((*one).clone()),
                // What is gone needs no stopping.
                Err(error) if error.kind == CloudErrorKind::Gone => {}
                Err(error) => self.fail(one, error.to_string()),
            }
        }
        begun
    }

    async fn start(&mut self, group: &[(&Resource, &Value)]) -> Vec<Resource> {
        let mut begun = Vec::new();
        for (one, prior) in group {
            (self.tell)(&Step::Starting(Moved::of(one)));
            match self.insist(|| self.cloud.start(one, prior)).await {
                Ok(()) => begun.push((*one).clone()),
                Err(error) => self.fail(one, error.to_string()),
            }
        }
        begun
    }

    /// Makes a call until it is answered for good, or there is no patience left.
    async fn insist<'c>(
        &self,
        call: impl Fn() -> Soon<'c, Result<(), CloudError>>,
    ) -> Result<(), CloudError> {
        let mut tries = 1;
        loop {
            let answer = call().await;
            match &answer {
                Err(error) if error.is_passing() && tries < self.patience.tries => {
                    tokio::time::sleep(self.patience.look).await;
                }
                _ => return answer,
            }
            tries += 1;
        }
    }

    /// Until each is done, or there is no patience left.
    async fn wait(&mut self, begun: Vec<Resource>, but: &str, done: impl Fn(&Resource) -> bool) {
        let mut waiting = begun;
        let mut said: BTreeMap<ResourceId, String> = BTreeMap::new();
        for look in 0.. {
            if waiting.is_empty() {
                return;
            }
            if look > 0 {
                tokio::time::sleep(self.patience.look).await;
            }
            let described = self.cloud.describe(&waiting).await;
            said = described
                .failed
                .iter()
                .map(|(id, error)| (id.clone(), error.to_string()))
                .collect();
            let now: BTreeMap<ResourceId, Resource> = described
                .found
                .into_iter()
                .map(|one| (one.id.clone(), one))
                .collect();
            waiting.retain(|one| {
                let ended = match now.get(&one.id) {
                    Some(now) => done(now),
                    None => !said.contains_key(&one.id),
                };
                if ended {
                    let moved = Moved::of(one);
                    (self.tell)(&Step::Done(moved.clone()));
                    self.moved.push(moved);
                }
                !ended
            });
            if look >= self.patience.looks {
                break;
            }
        }
        for one in waiting {
            let reason = said.remove(&one.id).unwrap_or_else(|| but.to_owned());
            self.fail(&one, reason);
        }
    }

    fn fail(&mut self, one: &Resource, reason: String) {
        let failed = Failed {
            id: one.id.to_string(),
            kind: Some(one.kind.clone()),
            region: Some(one.place.region.clone()),
            reason,
        };
        (self.tell)(&Step::Failed(failed.clone()));
        self.failed.push(failed);
    }
}

#[cfg(test)]
mod tests;
