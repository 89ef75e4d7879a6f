//! Stops or starts resources one after the other, and waits until each is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lock::OperationLock;
use super::outcome::{PowerFailure, PowerStep, SwitchedResource};
use super::{OnPowerStep, PollPolicy, SleepError};
use crate::cloud::{BoxFuture, Cloud, CloudError, CloudErrorKind, Resource, ResourceId, Unchecked};

/// What to do with a group of resources.
enum PowerAction<'a> {
    Stop,
    /// Each resource gets its recorded size back.
    Start(&'a BTreeMap<String, Value>),
}

/// Stops or starts resources, and collects the results.
pub(super) struct PowerExecutor<'a> {
    cloud: &'a dyn Cloud,
    patience: PollPolicy,
    tell: &'a OnPowerStep<'a>,
    turn: OperationLock<'a>,
    pub(super) moved: Vec<SwitchedResource>,
    pub(super) failed: Vec<PowerFailure>,
    /// The resources that jiti tried to stop or start, whatever the result.
    pub(super) touched: BTreeSet<ResourceId>,
}

impl<'a> PowerExecutor<'a> {
    pub(super) fn new(
        cloud: &'a dyn Cloud,
        patience: PollPolicy,
        tell: &'a OnPowerStep<'a>,
        turn: OperationLock<'a>,
    ) -> Self {
        Self {
            cloud,
            patience,
            tell,
            turn,
            moved: Vec::new(),
            failed: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    pub(super) fn not_looked(&mut self, places: &[Unchecked]) {
        self.failed
            .extend(places.iter().map(PowerFailure::not_looked));
    }

    /// The lock of this operation, through which its end is recorded.
    pub(super) fn turn(&self) -> &OperationLock<'a> {
        &self.turn
    }

    /// The failures, as a reason for the ledger.
    pub(super) fn reason(&self) -> String {
        let each = self.failed.iter();
        let each: Vec<_> = each
            .map(|one| format!("{}: {}", one.id, one.reason))
            .collect();
        each.join("; ")
    }

    /// Stops the resources, and waits until they are `done`.
    pub(super) async fn stop(
        &mut self,
        group: &[&Resource],
        done: impl Fn(&Resource) -> bool,
    ) -> Result<(), SleepError> {
        let begun = self.begin(group, &PowerAction::Stop).await?;
        self.wait(begun, "it did not stop in time", done).await
    }

    /// Gives the resources their sizes back, and waits until they are `done`.
    pub(super) async fn start(
        &mut self,
        group: &[&Resource],
        prior: &BTreeMap<String, Value>,
        done: impl Fn(&Resource) -> bool,
    ) -> Result<(), SleepError> {
        let begun = self.begin(group, &PowerAction::Start(prior)).await?;
        self.wait(begun, "it did not start in time", done).await
    }

    async fn begin(
        &mut self,
        group: &[&Resource],
        doing: &PowerAction<'_>,
    ) -> Result<Vec<Resource>, SleepError> {
        let mut begun = Vec::new();
        for one in group {
            let size = match doing {
                PowerAction::Stop => None,
                PowerAction::Start(prior) => match prior.get(one.id.as_str()) {
                    Some(size) => Some(size),
                    None => continue,
                },
            };
            (self.tell)(&match size {
                None => PowerStep::Stopping(SwitchedResource::of(one)),
                Some(_) => PowerStep::Starting(SwitchedResource::of(one)),
            });
            self.touched.insert(one.id.clone());
            let cloud = self.cloud;
            let call = || match size {
                None => cloud.stop(one),
                Some(size) => cloud.start(one, size),
            };
            match self.retry(call).await? {
                Ok(()) => begun.push((*one).clone()),
                // A deleted resource does not have to be stopped.
                Err(error) if error.kind == CloudErrorKind::Gone && size.is_none() => {}
                Err(error) => self.fail(one, error.to_string()),
            }
        }
        Ok(begun)
    }

    /// Repeats a call while its error is transient and tries remain. Stops as soon as the lock is
    /// lost.
    async fn retry<'c>(
        &mut self,
        call: impl Fn() -> BoxFuture<'c, Result<(), CloudError>>,
    ) -> Result<Result<(), CloudError>, SleepError> {
        let mut tries = 1;
        loop {
            self.turn.keep().await?;
            let answer = call().await;
            match &answer {
                Err(error) if error.is_transient() && tries < self.patience.max_tries => {
                    tokio::time::sleep(self.patience.interval).await;
                }
                _ => return Ok(answer),
            }
            tries += 1;
        }
    }

    /// Waits until each resource is done, or the polls are used up.
    async fn wait(
        &mut self,
        begun: Vec<Resource>,
        but: &str,
        done: impl Fn(&Resource) -> bool,
    ) -> Result<(), SleepError> {
        let mut waiting = begun;
        let mut said: BTreeMap<ResourceId, String> = BTreeMap::new();
        for poll in 0.. {
            if waiting.is_empty() {
                return Ok(());
            }
            if poll > 0 {
                tokio::time::sleep(self.patience.interval).await;
            }
            self.turn.keep().await?;
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
                    let moved = SwitchedResource::of(one);
                    (self.tell)(&PowerStep::Done(moved.clone()));
                    self.moved.push(moved);
                }
                !ended
            });
            if poll >= self.patience.max_polls {
                break;
            }
        }
        for one in waiting {
            let reason = said.remove(&one.id).unwrap_or_else(|| but.to_owned());
            self.fail(&one, reason);
        }
        Ok(())
    }

    fn fail(&mut self, one: &Resource, reason: String) {
        let failed = PowerFailure {
            id: one.id.to_string(),
            kind: Some(one.kind.clone()),
            region: Some(one.place.region.clone()),
            reason,
        };
        (self.tell)(&PowerStep::Failed(failed.clone()));
        self.failed.push(failed);
    }
}
