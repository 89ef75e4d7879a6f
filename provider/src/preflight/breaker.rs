//! The circuit breaker of one preflight: what the ledger knows about its dependencies, and what it
//! tells the ledger.
//!
//! The breaker only spares dependencies. If the ledger cannot be read or written, the preflight
//! runs as if there were no breaker.

use std::collections::BTreeSet;
use std::time::Duration;

use stack::backoff::Pauses;
use stack::breaker::Outage;
use stack::service::{
    PreflightAdmission, PreflightDependency, PreflightRun, Service, ServiceError,
};
use stack::{BreakerMode, DependencyName, Elapsed};
use tfplugin::{Context, Failure, Path, Result};
use tokio::time::Instant;

use super::interrupted;
use crate::checks::{Check, PendingCheck};
use crate::client::Client;
use crate::resources::{StackModel, stack_name};

/// How long the ledger may take for one answer.
const LEDGER_TIMEOUT: Duration = Duration::from_secs(5);

/// The breaker of a preflight; it does nothing if the policy switches it off, or if no check has a
/// dependency that other stacks could share.
pub(super) struct PreflightBreaker(Option<ActiveBreaker>);

struct ActiveBreaker {
    service: Service,
    run: PreflightRun,
    mode: BreakerMode,
    longest_wait: Duration,
    /// The dependencies, with the attribute that configures each.
    dependencies: Vec<(DependencyName, Path)>,
    /// The dependencies that this preflight tries for all stacks.
    probes: BTreeSet<DependencyName>,
}

type Outages = Vec<(DependencyName, Outage)>;

impl PreflightBreaker {
    pub(super) async fn new(client: &Client, planned: &StackModel, checks: &[Check]) -> Self {
        Self(ActiveBreaker::new(client, planned, checks).await)
    }

    /// Waits until this preflight may try its dependencies.
    ///
    /// # Errors
    /// If one of them fails for other stacks and the policy says to fail, if the wait takes too
    /// long, or if Terraform is interrupted.
    pub(super) async fn admit(&mut self, context: &Context) -> Result<()> {
        match &mut self.0 {
            Some(breaker) => breaker.admit(context).await,
            None => Ok(()),
        }
    }

    /// Whether another stack tries the dependency of a check that has just failed here.
    pub(super) async fn is_tried_by_another(&mut self, check: &Check) -> bool {
        match (&mut self.0, &check.dependency) {
            (Some(breaker), Some(dependency)) => breaker.is_tried_by_another(dependency).await,
            _ => false,
        }
    }

    /// Records that a check passed.
    pub(super) async fn passed(&mut self, check: &Check) {
        if let (Some(breaker), Some(dependency)) = (&mut self.0, &check.dependency)
            && breaker.probes.remove(dependency)
        {
            let preflights = breaker.service.preflights();
            breaker
                .request(preflights.recovered(&breaker.run, dependency))
                .await;
        }
    }

    /// Records which dependencies failed, and ends the other probes.
    pub(super) async fn failed(&mut self, pending: &[PendingCheck]) {
        if let Some(breaker) = &mut self.0 {
            let failures = pending
                .iter()
                .filter_map(|pending| Some((pending.dependency.clone()?, pending.outage.clone()?)));
            let failures: Vec<_> = failures.collect();
            for (dependency, _) in &failures {
                breaker.probes.remove(dependency);
            }
            let preflights = breaker.service.preflights();
            breaker
                .request(preflights.failed(&breaker.run, &failures))
                .await;
        }
        self.end_probes().await;
    }

    /// Ends the probes without a result, so that other stacks need not wait for one.
    pub(super) async fn end_probes(&mut self) {
        let Some(breaker) = &mut self.0 else { return };
        let probes: Vec<_> = std::mem::take(&mut breaker.probes).into_iter().collect();
        if !probes.is_empty() {
            let preflights = breaker.service.preflights();
            breaker
                .request(preflights.end_probes(&breaker.run, &probes))
                .await;
        }
    }
}

impl ActiveBreaker {
    async fn new(client: &Client, planned: &StackModel, checks: &[Check]) -> Option<Self> {
        let dependencies = checks.iter().filter_map(|check| {
            let dependency = check.dependency.clone()?;
            Some((dependency, check.path.clone()))
        });
        let dependencies: Vec<_> = dependencies.collect();
        if dependencies.is_empty() {
            return None;
        }
        // The registration reports these errors.
        let stack = stack_name(planned).ok()?;
        let service = client.service().await.ok()?;
        let policy = service.policy().await.ok()?;
        if policy.preflight_breaker == BreakerMode::Off {
            return None;
        }
        Some(Self {
            run: PreflightRun {
                stack,
                process: client.environment().place().process,
                window: policy.preflight_window,
            },
            mode: policy.preflight_breaker,
            longest_wait: Duration::from_secs(policy.max_wait.seconds()),
            dependencies,
            probes: BTreeSet::new(),
            service,
        })
    }

    async fn admit(&mut self, context: &Context) -> Result<()> {
        let started = Instant::now();
        let mut pauses = Pauses::long();
        let mut known = BTreeSet::new();
        loop {
            let outages = match self.ask(None).await {
                None => return Ok(()),
                Some(PreflightAdmission::Admitted { probes }) => {
                    self.probes.extend(probes);
                    return Ok(());
                }
                Some(PreflightAdmission::Failing(outages)) if self.mode == BreakerMode::Fail => {
                    return Err(self.failing(&outages));
                }
                Some(
                    PreflightAdmission::Failing(outages) | PreflightAdmission::Probed(outages),
                ) => outages,
            };
            let waited = started.elapsed();
            if waited >= self.longest_wait {
                return Err(self.waited(&outages, waited));
            }
            let now = self.service.now();
            for (dependency, outage) in &outages {
                if known.insert((dependency.clone(), outage.failures)) {
                    tracing::info!(%dependency, stack = %self.run.stack, "waiting for a dependency that fails for other stacks: {}", outage.describe(now));
                }
            }
            tokio::select! {
                biased;
                () = context.cancelled() => return Err(interrupted()),
                () = pauses.once_more() => {}
            }
        }
    }

    async fn is_tried_by_another(&mut self, dependency: &DependencyName) -> bool {
        if self.probes.contains(dependency) {
            return false;
        }
        match self.ask(Some(dependency)).await {
            None => false,
            Some(PreflightAdmission::Admitted { probes }) => {
                self.probes.extend(probes);
                false
            }
            Some(PreflightAdmission::Probed(_) | PreflightAdmission::Failing(_)) => {
                // What this preflight tries itself ends without a result.
                let probes: Vec<_> = std::mem::take(&mut self.probes).into_iter().collect();
                if !probes.is_empty() {
                    let preflights = self.service.preflights();
                    self.request(preflights.end_probes(&self.run, &probes))
                        .await;
                }
                true
            }
        }
    }

    /// Asks for every dependency, or for the one that has just failed.
    async fn ask(&self, failed: Option<&DependencyName>) -> Option<PreflightAdmission> {
        let dependencies = self.dependencies.iter().map(|(name, _)| name);
        let dependencies = dependencies.filter(|name| failed.is_none_or(|failed| failed == *name));
        let dependencies: BTreeSet<_> = dependencies.collect();
        let dependencies: Vec<_> = dependencies
            .into_iter()
            .map(|name| PreflightDependency {
                name: name.clone(),
                has_failed: failed.is_some(),
            })
            .collect();
        let preflights = self.service.preflights();
        self.request(preflights.admit(&self.run, &dependencies))
            .await
    }

    /// The answer of the ledger; `None` if it fails, or takes too long.
    async fn request<T>(
        &self,
        call: impl Future<Output = std::result::Result<T, ServiceError>>,
    ) -> Option<T> {
        let problem = match tokio::time::timeout(LEDGER_TIMEOUT, call).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", LEDGER_TIMEOUT.as_secs()),
        };
        tracing::warn!(stack = %self.run.stack, problem, "the circuit breaker of the preflight is not used");
        None
    }

    fn failing(&self, outages: &Outages) -> Failure {
        let probes = outages.iter().filter_map(|(_, outage)| {
            let failure = outage.last_failure.as_ref()?;
            Some(failure.probe_at)
        });
        let next = probes.max().map(|at| {
            format!(
                "From {} UTC on, one apply tries it again. Apply then, or fix the dependency first.",
                at.strftime("%Y-%m-%d %H:%M:%S")
            )
        });
        self.failure(
            outages,
            &format!(
                "It fails for other stacks, so jiti did not try it again for {:?}, and nothing was \
                 registered or created (preflight_breaker = \"fail\" in the policy):",
                self.run.stack.as_str()
            ),
            &next.unwrap_or_default(),
        )
    }

    fn waited(&self, outages: &Outages, waited: Duration) -> Failure {
        let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        let waited = Elapsed::from_millis(millis).rounded();
        self.failure(
            outages,
            &format!(
                "{:?} waited {waited} for it, which is as long as max_wait in the policy allows. \
                 Nothing was registered or created:",
                self.run.stack.as_str()
            ),
            "Fix the dependency and apply again.",
        )
    }

    /// The failure at the attribute of the first dependency.
    fn failure(&self, outages: &Outages, what: &str, next: &str) -> Failure {
        let now = self.service.now();
        let lines = outages
            .iter()
            .map(|(dependency, outage)| format!("  - {dependency}: {}.", outage.describe(now)));
        let lines: Vec<_> = lines.collect();
        let path = self
            .dependencies
            .iter()
            .find(|(name, _)| outages.iter().any(|(failing, _)| failing == name))
            .map(|(_, path)| path.clone());
        Failure::new(
            "A dependency of the preflight fails",
            format!("{what}\n{}\n{next}", lines.join("\n")),
        )
        .at(path.unwrap_or_default())
    }
}
