//! `jiti ledger copy FROM TO`

use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use stack::ledger::UnreadableStack;
use stack::ledger::copy::{CopyError, CopySummary, copy};
use stack::{Clock, Ledger};

use super::{address, source, target};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::values;

/// Copy a ledger into another one, and leave the source as it is
///
/// Each stack is copied until both ledgers have the same events and the same lease. A copy that was
/// interrupted continues where it stopped, and a complete copy changes nothing. A target with
/// another history of a stack is refused. `jiti doctor` on the target names a source that is still
/// written to.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The path or the address of the ledger to copy
    from: String,

    /// The path or the address of the ledger to copy into; a missing file is created
    to: String,

    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Serialize)]
struct Copied<'a> {
    from: String,
    to: String,
    stacks: u64,
    events: u64,
    copied: u64,
    unreadable: &'a [UnreadableStack],
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (from, to) = (
        address(context, &arguments.from)?,
        address(context, &arguments.to)?,
    );
    let (from, to) = (source(&from)?, target(context, &to)?);
    transfer(context, ui, &from, &to, arguments.output).await
}

/// Copies one ledger into another, and says what was copied.
pub(super) async fn transfer(
    context: &Context,
    ui: &mut Ui,
    from: &Arc<dyn Ledger>,
    to: &Arc<dyn Ledger>,
    output: OutputOptions,
) -> Result<(), CommandError> {
    let now = context.clock().now();
    let mut shown = 0;
    let summary = copy(from, to, &context.actor(), now, |done, all| {
        // One line for each tenth of a long copy.
        let tenth = if all >= 1_000 { done * 10 / all } else { 0 };
        if tenth > shown {
            shown = tenth;
            ui::print_error(&format!("{done} of {all} stacks"));
        }
    })
    .await
    .map_err(|error| match error {
        CopyError::Ledger(error) => CommandError::from(error),
        error => CommandError::refused(error.to_string()),
    })?;
    write(ui, from, to, &summary, output)?;
    if summary.unreadable.is_empty() {
        return Ok(());
    }
    let damaged = values::count(summary.unreadable.len(), "stack");
    Err(
        CommandError::failed(format!("{damaged} could not be read and was not copied"))
            .hint("`jiti doctor` names them; see \"Recovery by hand\" in docs/dev/ledger.md"),
    )
}

fn write(
    ui: &mut Ui,
    from: &Arc<dyn Ledger>,
    to: &Arc<dyn Ledger>,
    summary: &CopySummary,
    output: OutputOptions,
) -> Result<(), CommandError> {
    let (from, to) = (from.location(), to.location());
    if output.json {
        return json::write(
            ui,
            &Copied {
                from,
                to,
                stacks: summary.stacks,
                events: summary.events,
                copied: summary.copied,
                unreadable: &summary.unreadable,
            },
        );
    }
    let count = |number: u64, what: &str| {
        values::count(usize::try_from(number).unwrap_or(usize::MAX), what)
    };
    let what = format!(
        "{} of {} with {}",
        count(summary.copied, "event"),
        count(summary.stacks, "stack"),
        count(summary.events, "event")
    );
    ui.text(&match summary.copied {
        0 => format!(
            "{to} has all of {from} already: {}.",
            count(summary.events, "event")
        ),
        _ => format!("Copied {what} from {from} to {to}. Both have the same leases."),
    })
}
