//! The preflight: checks that must pass before a stack is registered.

mod breaker;

use std::time::Duration;

use tfplugin::{Context, Failure, Path, Result, Value};

use self::breaker::PreflightBreaker;
use crate::checks::{self, Check, CheckEntry, CheckRun, PendingCheck, RunEvent, RunOutcome};
use crate::client::Client;
use crate::resources::StackModel;
use crate::resources::checks_of;

/// How long the preflight may take. The dependencies should already be running; this only bridges a
/// short interruption.
const PREFLIGHT_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the preflight of a stack that will be created. If another stack tries one of its
/// dependencies, the preflight waits for the result and then starts again.
///
/// # Errors
/// If a check did not pass, or if a dependency fails for another stack. Nothing has been registered
/// then.
pub(crate) async fn run(
    context: &mut Context,
    client: &Client,
    planned: &StackModel,
) -> Result<()> {
    let Value::Known(preflight) = &planned.preflight else {
        return Ok(());
    };
    let checks = checks_of(
        &Path::new("preflight"),
        &preflight.http,
        &preflight.tcp,
        &preflight.exec,
    );
    let mut breaker = PreflightBreaker::new(client, planned, &checks).await;
    loop {
        breaker.admit(context).await?;
        let Some(outcome) = run_checks(context, &checks, &mut breaker).await else {
            continue;
        };
        return match outcome {
            RunOutcome::AllPassed => Ok(()),
            RunOutcome::Cancelled(_) => {
                breaker.end_probes().await;
                Err(interrupted())
            }
            RunOutcome::TimedOut(pending) => {
                breaker.failed(&pending).await;
                Err(failed(&pending))
            }
        };
    }
}

/// Runs the checks. `None` if another stack has begun to try a dependency that failed here too.
async fn run_checks(
    context: &Context,
    checks: &[Check],
    breaker: &mut PreflightBreaker,
) -> Option<RunOutcome> {
    let entries = CheckEntry::all(checks);
    let mut run = CheckRun::new(&entries, PREFLIGHT_TIMEOUT, context.cancellation());
    loop {
        match run.next().await {
            RunEvent::Ended(outcome) => return Some(outcome),
            RunEvent::Passed(check, _) => breaker.passed(check).await,
            RunEvent::DependencyFailed(check) => {
                if breaker.is_tried_by_another(check).await {
                    return None;
                }
            }
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(
        "Interrupted",
        "The preflight was interrupted. The stack was not registered.",
    )
}

fn failed(pending: &[PendingCheck]) -> Failure {
    let path = pending
        .first()
        .map(|pending| pending.path.clone())
        .unwrap_or_default();
    Failure::new(
        "The preflight failed",
        format!(
            "These checks did not pass within {} s, so nothing was registered or created:\n{}\n\
             Fix the cause and apply again, or remove the check from `preflight`.",
            PREFLIGHT_TIMEOUT.as_secs(),
            checks::format_pending(pending)
        ),
    )
    .at(path)
}
