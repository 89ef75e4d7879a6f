//! `jiti sleep A B` and `jiti wake A B`: several stacks at once, and a result for each.

use std::pin::pin;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use stack::service::Service;
use stack::service::power::{PollPolicy, PowerOutcome, PowerStep};
use stack::{Lease, StackName};

use super::{sleep, wake};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::several::{self, Ending};
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;

/// A change of the power state of several stacks.
#[derive(Clone, Copy)]
pub(super) enum PowerChange {
    /// Sleep until a time, or until a user wakes the stack.
    Sleep(Option<Timestamp>),
    Wake,
}

/// The line of JSON about one stack.
#[derive(Serialize)]
struct PowerLine<'a> {
    name: &'a StackName,
    ending: Ending,
    reason: Option<String>,
    outcome: Option<&'a PowerOutcome>,
}

/// Puts the stacks to sleep, or wakes them. As many work at once as `concurrency` allows, and one
/// that is refused or fails does not stop the others.
///
/// # Errors
///
/// If a name is unknown, before anything is changed; else the worst ending.
pub(super) async fn run(
    change: PowerChange,
    names: &[StackName],
    output: OutputOptions,
    service: &Service,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    several::leases(service, names, Lease::is_live).await?;
    let changes = stream::iter(names).map(|name| one(change, name, output, service));
    let mut changes = pin!(changes.buffer_unordered(context.concurrency()?));
    let mut endings = Vec::with_capacity(names.len());
    while let Some((name, changed)) = changes.next().await {
        endings.push(write(ui, change, name, changed, output, service).await?);
        ui.finish()?;
    }
    several::conclude(
        &endings,
        match change {
            PowerChange::Sleep(_) => "asleep",
            PowerChange::Wake => "awake",
        },
    )
}

/// Changes one stack. Prints each step to standard error with the stack's name, unless the output
/// is JSON.
async fn one<'a>(
    change: PowerChange,
    name: &'a StackName,
    output: OutputOptions,
    service: &Service,
) -> (&'a StackName, Result<PowerOutcome, CommandError>) {
    let print_step = |step: &PowerStep| {
        if !output.json {
            let line = sleep::step_line(step);
            ui::print_error(&clean(&format!("{name}: {}", line.trim_start())));
        }
    };
    let (power, patience) = (service.power(), PollPolicy::default());
    let changed = match change {
        PowerChange::Sleep(until) => power.sleep(name, until, patience, &print_step).await,
        PowerChange::Wake => power.wake(name, patience, &print_step).await,
    };
    match changed {
        Ok(outcome) => (name, Ok(outcome)),
        Err(error) => (name, Err(sleep::not_started(error, service, name).await)),
    }
}

/// Writes the result of one stack, and returns how it ended.
async fn write(
    ui: &mut Ui,
    change: PowerChange,
    name: &StackName,
    changed: Result<PowerOutcome, CommandError>,
    output: OutputOptions,
    service: &Service,
) -> Result<Ending, CommandError> {
    let command = match change {
        PowerChange::Sleep(_) => "sleep",
        PowerChange::Wake => "wake",
    };
    let outcome = changed.as_ref().ok();
    let error = match &changed {
        Ok(outcome) => sleep::check_failures(outcome, command).err(),
        Err(error) => Some(error.clone()),
    };
    let ending = error.as_ref().map_or(Ending::Done, Ending::of);
    if output.json {
        let reason = error.as_ref().map(CommandError::message);
        let line = PowerLine {
            name,
            ending,
            reason,
            outcome,
        };
        json::line(ui, &line)?;
    } else if let Some(outcome) = outcome {
        match change {
            PowerChange::Sleep(_) => sleep::write_outcome(ui, outcome, service).await?,
            PowerChange::Wake => wake::write_outcome(ui, outcome)?,
        }
    }
    if let Some(error) = &error {
        several::report(ui, error)?;
    }
    Ok(ending)
}
