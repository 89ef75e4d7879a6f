//! The preflight: what must answer before a stack is registered.

use std::time::Duration;

use tfplugin::{Context, Failure, Path, Result, Value};

use crate::checks::{self, Entry, Next, Outcome, Pending, Run};
use crate::resources::StackModel;
use crate::resources::checks_of;

/// How long a dependency may take to answer. It is supposed to be there: this only bridges a short hiccup.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the preflight of a stack that is about to be created.
///
/// # Errors
/// Checks that did not pass. Nothing has been registered.
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
    let entries = Entry::all(&checks);
    let mut run = Run::new(&entries, PATIENCE, context.cancellation());
    let outcome = loop {
        if let Next::Ended(outcome) = run.next().await {
            break outcome;
        }
    };
    match outcome {
        Outcome::AllPassed => Ok(()),
        Outcome::Cancelled(_) => Err(Failure::new(
            "Interrupted",
            "The preflight was interrupted, and the stack was not registered.",
        )),
        Outcome::TimedOut(pending) => Err(failed(&pending)),
    }
}

fn failed(pending: &[Pending]) -> Failure {
    let path = pending
        .first()
        .map(|pending| pending.path.clone())
        .unwrap_or_default();
    Failure::new(
        "The preflight failed",
        format!(
            "What the stack depends on did not answer within {} s, so nothing was registered or created:\n{}\n\
             Mend it and apply again, or take it out of `preflight`.",
            PATIENCE.as_secs(),
            checks::list(pending)
        ),
    )
    .at(path)
}
