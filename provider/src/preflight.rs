//! The preflight: checks that must pass before a stack is registered.

use std::time::Duration;

use tfplugin::{Context, Failure, Path, Result, Value};

use crate::checks::{self, CheckEntry, CheckRun, PendingCheck, RunEvent, RunOutcome};
use crate::resources::StackModel;
use crate::resources::checks_of;

/// How long the preflight may take. The dependencies should already be running; this only bridges a
/// short interruption.
const PREFLIGHT_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the preflight of a stack that will be created.
///
/// # Errors
/// If a check did not pass. Nothing has been registered then.
pub(crate) async fn run(context: &mut Context, planned: &StackModel) -> Result<()> {
    let Value::Known(preflight) = &planned.preflight else {
        return Ok(());
    };
    let checks = checks_of(
        &Path::new("preflight"),
        &preflight.http,
        &preflight.tcp,
        &preflight.exec,
    );
    let entries = CheckEntry::all(&checks);
    let mut run = CheckRun::new(&entries, PREFLIGHT_TIMEOUT, context.cancellation());
    let outcome = loop {
        if let RunEvent::Ended(outcome) = run.next().await {
            break outcome;
        }
    };
    match outcome {
        RunOutcome::AllPassed => Ok(()),
        RunOutcome::Cancelled(_) => Err(Failure::new(
            "Interrupted",
            "The preflight was interrupted. The stack was not registered.",
        )),
        RunOutcome::TimedOut(pending) => Err(failed(&pending)),
    }
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
