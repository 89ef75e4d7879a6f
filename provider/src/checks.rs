//! Checks: HTTP, TCP and commands that must pass before a stack is ready.

mod dependency;
mod exec;
mod http;
mod secrets;
mod tcp;

use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use stack::DependencyName;
use stack::init::PhaseReport;
use tfplugin::Path;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use dependency::CheckFailure;
pub(crate) use exec::ExecCheck;
pub(crate) use http::HttpCheck;
pub(crate) use secrets::{
    address_without_secrets, number_equal_names, program, url_without_secrets,
};
pub(crate) use tcp::TcpCheck;

/// The minimum delay between two attempts of a check. The delay is 1/20 of the time waited so far,
/// so that the measured time is at most 5 % too long.
const MIN_RETRY_DELAY: Duration = Duration::from_millis(200);
/// The maximum delay between two attempts of a check.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

/// A check, and the attribute that configures it.
pub(crate) struct Check {
    pub(crate) path: Path,
    /// The name for messages and the ledger: `http http://…/healthz`, `tcp 10.0.0.5:5432`,
    /// `exec ./smoke.sh`. It contains no query, no user and no argument, which may be secrets.
    pub(crate) name: String,
    /// What it tries, for the circuit breaker of a preflight.
    pub(crate) dependency: Option<DependencyName>,
    kind: CheckKind,
}

/// The kind of a check.
pub(crate) enum CheckKind {
    Http(HttpCheck),
    Tcp(TcpCheck),
    Exec(ExecCheck),
}

/// The result of a check that passed.
#[derive(Debug, Default)]
pub(crate) struct CheckResult {
    /// The phases that the app reports.
    pub(crate) phases: Vec<PhaseReport>,
    /// What could not be read of the report.
    pub(crate) refused: Vec<String>,
}

/// A check that has not passed, with its last failure.
#[derive(Debug)]
pub(crate) struct PendingCheck {
    pub(crate) path: Path,
    pub(crate) check: String,
    pub(crate) last_failure: String,
    /// What it tries, if it is known by a name.
    pub(crate) dependency: Option<DependencyName>,
    /// Why the dependency fails, if that was the last failure; see [`CheckFailure::outage`].
    pub(crate) outage: Option<String>,
}

/// The outcome of a run of checks.
#[derive(Debug)]
pub(crate) enum RunOutcome {
    AllPassed,
    TimedOut(Vec<PendingCheck>),
    Cancelled(Vec<PendingCheck>),
}

impl Check {
    pub(crate) fn new(path: Path, kind: CheckKind) -> Self {
        let name = match &kind {
            CheckKind::Http(check) => secrets::http_name(&check.url),
            CheckKind::Tcp(check) => secrets::tcp_name(&check.address),
            CheckKind::Exec(check) => secrets::exec_name(&check.command),
        };
        let dependency = dependency::name(&kind);
        Self {
            path,
            name,
            dependency,
            kind,
        }
    }

    /// Makes one attempt, with the timeout of its kind.
    async fn attempt(&self) -> Result<CheckResult, CheckFailure> {
        match &self.kind {
            CheckKind::Http(check) => check.attempt().await,
            CheckKind::Tcp(check) => check.attempt().await.map(|()| CheckResult::default()),
            CheckKind::Exec(check) => {
                check.attempt().await?;
                Ok(CheckResult::default())
            }
        }
    }
}

/// Formats checks that have not passed, one per line.
pub(crate) fn format_pending(pending: &[PendingCheck]) -> String {
    let line = |pending: &PendingCheck| format!("  - {}: {}", pending.check, pending.last_failure);
    pending.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// An event in a run of checks.
pub(crate) enum RunEvent<'a> {
    /// A check passed.
    Passed(&'a Check, CheckResult),
    /// The dependency of a check failed for the first time in this run.
    DependencyFailed(&'a Check),
    /// The run ended.
    Ended(RunOutcome),
}

/// A run of checks. All checks run concurrently, and each is retried until it passes or the time is
/// up. Dropping the run stops the attempts.
pub(crate) struct CheckRun<'a> {
    entries: &'a [CheckEntry<'a>],
    open: FuturesUnordered<BoxFuture<'a, (usize, CheckResult)>>,
    /// The checks whose dependency failed for the first time.
    outages: mpsc::UnboundedReceiver<usize>,
    passed: Vec<bool>,
    deadline: Pin<Box<tokio::time::Sleep>>,
    cancellation: CancellationToken,
}

/// A check in a run, with its last failure.
pub(crate) struct CheckEntry<'a> {
    check: &'a Check,
    failure: Mutex<Option<CheckFailure>>,
}

impl<'a> CheckEntry<'a> {
    /// Creates the entries of a run.
    pub(crate) fn all(checks: &'a [Check]) -> Vec<Self> {
        checks
            .iter()
            .map(|check| CheckEntry {
                check,
                failure: Mutex::new(None),
            })
            .collect()
    }
}

impl<'a> CheckRun<'a> {
    /// Starts the run.
    pub(crate) fn new(
        entries: &'a [CheckEntry<'a>],
        time: Duration,
        cancellation: CancellationToken,
    ) -> Self {
        let open = FuturesUnordered::new();
        let (failed, outages) = mpsc::unbounded_channel();
        for (index, entry) in entries.iter().enumerate() {
            let failed = failed.clone();
            let attempts: BoxFuture<'a, _> = Box::pin(async move {
                // The run that receives it ends with its attempts.
                let report = || {
                    let _ = failed.send(index);
                };
                (index, retry_until_passed(entry, report).await)
            });
            open.push(attempts);
        }
        Self {
            entries,
            open,
            outages,
            passed: vec![false; entries.len()],
            deadline: Box::pin(tokio::time::sleep(time)),
            cancellation,
        }
    }

    /// Waits until a check passes or the run ends.
    pub(crate) async fn next(&mut self) -> RunEvent<'a> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => RunEvent::Ended(RunOutcome::Cancelled(self.pending())),
            next = self.open.next() => match next {
                None => RunEvent::Ended(RunOutcome::AllPassed),
                Some((index, result)) => {
                    self.passed[index] = true;
                    let check = self.entries[index].check;
                    tracing::info!(check = check.name, "check passed");
                    RunEvent::Passed(check, result)
                }
            },
            Some(index) = self.outages.recv() => {
                RunEvent::DependencyFailed(self.entries[index].check)
            }
            () = &mut self.deadline => RunEvent::Ended(RunOutcome::TimedOut(self.pending())),
        }
    }

    fn pending(&self) -> Vec<PendingCheck> {
        let open = self
            .entries
            .iter()
            .zip(&self.passed)
            .filter(|(_, passed)| !**passed);
        open.map(|(entry, _)| {
            let failure = locked(&entry.failure).clone();
            let failure =
                failure.unwrap_or_else(|| "the first attempt is still running".to_owned().into());
            PendingCheck {
                path: entry.check.path.clone(),
                check: entry.check.name.clone(),
                last_failure: failure.reason,
                dependency: entry.check.dependency.clone(),
                outage: failure.outage,
            }
        })
        .collect()
    }
}

/// Calls `report` when the dependency fails for the first time.
async fn retry_until_passed(entry: &CheckEntry<'_>, report: impl Fn()) -> CheckResult {
    let CheckEntry { check, failure } = entry;
    let mut is_reported = false;
    let started = tokio::time::Instant::now();
    loop {
        match check.attempt().await {
            Ok(result) => return result,
            Err(reason) => {
                if reason.outage.is_some() && !is_reported {
                    is_reported = true;
                    report();
                }
                let mut last = locked(failure);
                // Log a failure only when it changes, to keep the log short.
                if last.as_ref() != Some(&reason) {
                    let failure = &reason.reason;
                    tracing::info!(check = check.name, failure, "check not passed yet");
                }
                *last = Some(reason);
            }
        }
        tokio::time::sleep((started.elapsed() / 20).clamp(MIN_RETRY_DELAY, MAX_RETRY_DELAY)).await;
    }
}

/// Locks the failure. A panic in another thread cannot leave it invalid.
fn locked(
    failure: &Mutex<Option<CheckFailure>>,
) -> std::sync::MutexGuard<'_, Option<CheckFailure>> {
    failure
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
