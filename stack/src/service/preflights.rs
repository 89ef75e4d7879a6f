//! The circuit breaker of `preflight`, as an apply uses it: asking before a check, claiming the
//! probe, and recording the result.

use jiff::Timestamp;

use super::{Service, ServiceError};
use crate::breaker::{BreakerEvent, BreakerEventKind, BreakerVerdict, Breakers, Outage};
use crate::lease::ProcessId;
use crate::process::{Liveness, liveness};
use crate::values::id::{DependencyName, StackName};
use crate::values::ttl::Span;

/// The use cases of the circuit breaker: see [`Service::preflights`].
#[derive(Clone, Copy)]
pub struct Preflights<'a> {
    pub(super) service: &'a Service,
}

/// The stack and the process of a preflight, and for how long a failure counts.
#[derive(Clone, Debug)]
pub struct PreflightRun {
    /// The stack.
    pub stack: StackName,
    /// The apply.
    pub process: ProcessId,
    /// The window of the policy: `preflight_window`.
    pub window: Span,
}

/// A dependency of a preflight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightDependency {
    /// Its name.
    pub name: DependencyName,
    /// Whether this preflight has tried it, and it failed.
    pub has_failed: bool,
}

/// Whether a preflight may try its dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreflightAdmission {
    /// It may. The probes of these dependencies are its own, and it records their results.
    Admitted {
        /// The dependencies that are known as failing or suspect.
        probes: Vec<DependencyName>,
    },
    /// Another process tries these dependencies now: ask again soon.
    Probed(Vec<(DependencyName, Outage)>),
    /// These dependencies fail for other stacks.
    Failing(Vec<(DependencyName, Outage)>),
}

impl Preflights<'_> {
    /// Asks for all dependencies of a preflight at once, and claims the probes of those that are
    /// this stack's to try: those whose pause has passed, and those that it has just seen failing.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::TooManyConflicts`].
    pub async fn admit(
        self,
        run: &PreflightRun,
        dependencies: &[PreflightDependency],
    ) -> Result<PreflightAdmission, ServiceError> {
        self.service
            .retry_on_conflict(WHAT, || async {
                let breakers = self.service.ledger.breakers().await?;
                let now = self.service.now();
                let decision = Decision::of(&breakers, run, dependencies, now);
                let admission = match decision {
                    Decision::Refused(admission) => return Ok(Some(admission)),
                    Decision::Admitted { probes, kinds } if kinds.is_empty() => {
                        return Ok(Some(PreflightAdmission::Admitted { probes }));
                    }
                    Decision::Admitted { probes, kinds } => {
                        let written = self.append(&breakers, now, kinds).await?;
                        written.then_some(PreflightAdmission::Admitted { probes })
                    }
                };
                Ok(admission)
            })
            .await
    }

    /// Records that dependencies failed, each with a reason that has no secret.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::TooManyConflicts`].
    pub async fn failed(
        self,
        run: &PreflightRun,
        failures: &[(DependencyName, String)],
    ) -> Result<(), ServiceError> {
        self.record(|breakers, now| {
            let mut kinds = Vec::new();
            for (dependency, reason) in failures {
                kinds.extend(expired(breakers, dependency, run.window, now));
                kinds.push(BreakerEventKind::Failed {
                    dependency: dependency.clone(),
                    stack: run.stack.clone(),
                    reason: reason.clone(),
                    probe_at: breakers.next_probe(dependency, run.window, now),
                });
            }
            kinds
        })
        .await
    }

    /// Records that a dependency works, if it is known as failing.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::TooManyConflicts`].
    pub async fn recovered(
        self,
        run: &PreflightRun,
        dependency: &DependencyName,
    ) -> Result<(), ServiceError> {
        self.record(|breakers, _| {
            let known = breakers.get(dependency);
            let recovered = known.map(|_| BreakerEventKind::Recovered {
                dependency: dependency.clone(),
                stack: run.stack.clone(),
            });
            recovered.into_iter().collect()
        })
        .await
    }

    /// Ends the probes of this preflight that have no result.
    ///
    /// # Errors
    /// A ledger error, or [`ServiceError::TooManyConflicts`].
    pub async fn end_probes(
        self,
        run: &PreflightRun,
        dependencies: &[DependencyName],
    ) -> Result<(), ServiceError> {
        self.record(|breakers, _| {
            let own = dependencies.iter().filter(|dependency| {
                let probe = breakers
                    .get(dependency)
                    .and_then(|outage| outage.probe.as_ref());
                probe.is_some_and(|probe| probe.process == run.process)
            });
            own.map(|dependency| BreakerEventKind::ProbeEnded {
                dependency: dependency.clone(),
                stack: run.stack.clone(),
            })
            .collect()
        })
        .await
    }

    /// What is known about the dependencies of preflights.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn breakers(self) -> Result<Breakers, ServiceError> {
        Ok(self.service.ledger.breakers().await?)
    }

    /// Appends what `decide` makes of the state; decides again after each lost race.
    async fn record(
        self,
        decide: impl Fn(&Breakers, Timestamp) -> Vec<BreakerEventKind>,
    ) -> Result<(), ServiceError> {
        let decide = &decide;
        self.service
            .retry_on_conflict(WHAT, || async move {
                let breakers = self.service.ledger.breakers().await?;
                let now = self.service.now();
                let kinds = decide(&breakers, now);
                if kinds.is_empty() {
                    return Ok(Some(()));
                }
                let written = self.append(&breakers, now, kinds).await?;
                Ok(written.then_some(()))
            })
            .await
    }

    /// False after a lost race.
    async fn append(
        self,
        breakers: &Breakers,
        at: Timestamp,
        kinds: Vec<BreakerEventKind>,
    ) -> Result<bool, ServiceError> {
        let after = breakers.last_seq();
        let event = |kind| BreakerEvent {
            // The ledger assigns the number.
            seq: after,
            at,
            actor: self.service.actor.clone(),
            kind,
        };
        let events = kinds.into_iter().map(event).collect();
        match self.service.ledger.append_breakers(after, events).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_raced() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The subject of a lost race in messages.
const WHAT: &str = "the circuit breakers of preflight";

/// The answer to a preflight, and the events that claim its probes.
enum Decision {
    Refused(PreflightAdmission),
    Admitted {
        probes: Vec<DependencyName>,
        kinds: Vec<BreakerEventKind>,
    },
}

impl Decision {
    fn of(
        breakers: &Breakers,
        run: &PreflightRun,
        dependencies: &[PreflightDependency],
        now: Timestamp,
    ) -> Self {
        let (mut failing, mut probed) = (Vec::new(), Vec::new());
        let (mut probes, mut kinds) = (Vec::new(), Vec::new());
        for PreflightDependency { name, has_failed } in dependencies {
            let stack = (&run.stack, &run.process);
            match breakers.verdict(name, stack, run.window, now, is_dead) {
                BreakerVerdict::Failing(outage) => failing.push((name.clone(), outage)),
                BreakerVerdict::Probed(outage) => probed.push((name.clone(), outage)),
                BreakerVerdict::OwnProbe => probes.push(name.clone()),
                BreakerVerdict::Works if !has_failed => {}
                BreakerVerdict::Works | BreakerVerdict::MayProbe => {
                    kinds.extend(expired(breakers, name, run.window, now));
                    kinds.push(BreakerEventKind::ProbeStarted {
                        dependency: name.clone(),
                        stack: run.stack.clone(),
                        process: run.process.clone(),
                    });
                    probes.push(name.clone());
                }
            }
        }
        if !failing.is_empty() {
            return Self::Refused(PreflightAdmission::Failing(failing));
        }
        if !probed.is_empty() {
            return Self::Refused(PreflightAdmission::Probed(probed));
        }
        Self::Admitted { probes, kinds }
    }
}

fn is_dead(process: &ProcessId) -> bool {
    liveness(process) == Liveness::Dead
}

/// The end of an outage that no longer counts, before a new one begins.
fn expired(
    breakers: &Breakers,
    dependency: &DependencyName,
    window: Span,
    now: Timestamp,
) -> Option<BreakerEventKind> {
    let known = breakers.get(dependency)?;
    known
        .is_over(window, now, is_dead)
        .then(|| BreakerEventKind::Expired {
            dependency: dependency.clone(),
        })
}
