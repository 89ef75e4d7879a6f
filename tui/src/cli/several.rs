//! What the commands share that act on several stacks: the names, how the action on each stack
//! ended, and the exit code.

use serde::Serialize;
use stack::listing::Listing;
use stack::service::{Service, ServiceError};
use stack::{Lease, StackName};

use super::context::explain;
use super::options::OutputOptions;
use super::output::json;
use super::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::values;

/// How the action on one stack ended. The order is from the best to the worst, and the worst one
/// decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// The lease was changed, or the stack sleeps or is awake.
    Done,
    /// The stack is gone.
    Gone,
    /// A dry run made the plan of a teardown.
    Planned,
    /// A rule forbids it. Nothing was changed.
    Refused,
    /// The command ended before it began with this stack.
    NotStarted,
    /// The command ended, and the teardown is still running.
    Running,
    /// jiti tried and failed.
    Failed,
    /// A teardown left resources behind.
    Residue,
}

impl Ending {
    /// The ending of an action that returned this error.
    pub(crate) fn of(error: &CommandError) -> Self {
        if error.is_refusal() {
            Self::Refused
        } else {
            Self::Failed
        }
    }

    /// The ending in words for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Gone => "gone",
            Self::Planned => "planned",
            Self::Refused => "refused",
            Self::NotStarted => "not started",
            Self::Running => "still running",
            Self::Failed => "failed",
            Self::Residue => "incomplete",
        }
    }

    /// Whether the action did what it was asked for.
    const fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::Gone | Self::Planned)
    }
}

/// The names without repetitions, in the order of their first mention.
pub(crate) fn distinct(names: &[StackName]) -> Vec<StackName> {
    let mut distinct: Vec<StackName> = Vec::with_capacity(names.len());
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}

/// Reads the leases of these stacks, before anything is changed.
///
/// # Errors
///
/// If the ledger does not know one of the names, or `counts` is false for its lease. The error
/// names each of them.
pub(crate) async fn leases(
    service: &Service,
    names: &[StackName],
    counts: impl Fn(&Lease) -> bool,
) -> Result<Vec<Lease>, CommandError> {
    let (mut leases, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        match service.leases().lease(name).await? {
            Some(lease) if counts(&lease) => leases.push(lease),
            _ => unknown.push(name),
        }
    }
    match unknown.as_slice() {
        [] => Ok(leases),
        unknown => Err(unknown_stacks(service, unknown).await),
    }
}

async fn unknown_stacks(service: &Service, names: &[&StackName]) -> CommandError {
    let ledger = service.ledger().location();
    let error = match names {
        [name] => {
            let stack = (*name).clone();
            explain(ServiceError::Unknown { stack, ledger }, service, name).await
        }
        names => {
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            CommandError::failed(format!(
                "no stacks {} are in the ledger {ledger}; `jiti ls --all` shows every stack that it knows",
                quoted.join(", ")
            ))
        }
    };
    error.hint("no stack was changed")
}

/// The error of an action on several stacks, with the exit code of the worst ending; `Ok` if each
/// succeeded. `done` is a participle: "torn down".
pub(crate) fn conclude(endings: &[Ending], done: &str) -> Result<(), CommandError> {
    let Some(worst) = endings.iter().max().filter(|worst| !worst.is_success()) else {
        return Ok(());
    };
    let text = counts(endings, done);
    Err(match worst {
        Ending::Residue => CommandError::residue(text)
            .hint("`jiti show NAME` lists what is left; the same command finishes it"),
        Ending::Refused => CommandError::refused(text),
        _ => CommandError::failed(text),
    })
}

/// The endings in numbers: `10 of 12 stacks torn down, 1 refused, 1 failed`.
pub(crate) fn counts(endings: &[Ending], done: &str) -> String {
    let of = |ending: Ending| endings.iter().filter(|one| **one == ending).count();
    let successes = endings.iter().filter(|one| one.is_success()).count();
    let mut text = format!(
        "{} of {} {done}",
        values::thousands(successes),
        values::count(endings.len(), "stack")
    );
    for ending in [
        Ending::Residue,
        Ending::Failed,
        Ending::Refused,
        Ending::Running,
        Ending::NotStarted,
    ] {
        match of(ending) {
            0 => {}
            count => text = format!("{text}, {} {}", values::thousands(count), ending.words()),
        }
    }
    text
}

/// The line of JSON about one stack of a change to several.
#[derive(Serialize)]
struct ChangeLine<'a> {
    name: &'a StackName,
    ending: Ending,
    reason: Option<String>,
    stack: Option<Box<Listing>>,
}

/// Changes the leases of several stacks one after the other, and writes a line for each. A change
/// that is refused or fails does not stop the others. `change` returns a sentence for people;
/// `done` is a participle: "extended".
///
/// # Errors
///
/// If a name is unknown, before anything is changed; else the worst ending.
pub(crate) async fn change(
    ui: &mut Ui,
    output: OutputOptions,
    service: &Service,
    names: &[StackName],
    done: &str,
    change: impl AsyncFn(&StackName) -> Result<String, ServiceError>,
) -> Result<(), CommandError> {
    leases(service, names, Lease::is_live).await?;
    let mut endings = Vec::with_capacity(names.len());
    for name in names {
        let changed = change(name).await.map_err(CommandError::from);
        let ending = changed.as_ref().map_or_else(Ending::of, |_| Ending::Done);
        endings.push(ending);
        if output.json {
            let stack = match &changed {
                Ok(_) => Some(Box::new(service.leases().show(name).await?.listing)),
                Err(_) => None,
            };
            let line = ChangeLine {
                name,
                ending,
                reason: changed.as_ref().err().map(CommandError::message),
                stack,
            };
            json::line(ui, &line)?;
        }
        match changed {
            Ok(sentence) if !output.json => ui.text(&sentence)?,
            Ok(_) => {}
            Err(error) => report(ui, &error)?,
        }
        ui.finish()?;
    }
    conclude(&endings, done)
}

/// Writes an error to standard error, after everything that was written before it.
pub(crate) fn report(ui: &mut Ui, error: &CommandError) -> Result<(), CommandError> {
    ui.finish()?;
    if let Some(text) = error.report() {
        ui::print_error(&text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stack::testing::stack_name;

    use super::*;

    fn code(endings: &[Ending]) -> String {
        let code = conclude(endings, "torn down").map_err(|error| error.exit_code());
        code.map_or_else(|code| format!("{code:?}"), |()| "0".to_owned())
    }

    /// The exit code is that of the worst ending: residue, then a failure, then a refusal.
    #[test]
    fn the_worst_ending_decides() {
        use std::process::ExitCode;

        use Ending::{Done, Failed, Gone, NotStarted, Planned, Refused, Residue, Running};
        let is = |code: u8| format!("{:?}", ExitCode::from(code));
        assert_eq!(code(&[Done, Gone, Planned]), "0");
        assert_eq!(code(&[Gone, Refused]), is(3));
        assert_eq!(code(&[Refused, Failed, Gone]), is(1));
        assert_eq!(code(&[Gone, Running, Refused]), is(1));
        assert_eq!(code(&[NotStarted, Gone]), is(1));
        assert_eq!(code(&[Failed, Residue, Refused]), is(4));
    }

    /// The counts name every ending that is not a success.
    #[test]
    fn counts_name_each_ending() {
        use Ending::{Failed, Gone, Refused, Residue};
        assert_eq!(
            counts(&[Gone, Gone], "torn down"),
            "2 of 2 stacks torn down"
        );
        assert_eq!(
            counts(&[Gone, Refused, Failed, Residue, Refused], "torn down"),
            "1 of 5 stacks torn down, 1 incomplete, 1 failed, 2 refused"
        );
    }

    /// A name that is given twice counts once.
    #[test]
    fn a_name_counts_once() {
        let names = ["b", "a", "b"].map(stack_name);
        assert_eq!(distinct(&names), ["b", "a"].map(stack_name));
    }
}
