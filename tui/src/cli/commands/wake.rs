//! `jiti wake NAME...`

use clap::Args;
use stack::StackName;
use stack::service::power::{PollPolicy, PowerOutcome};

use super::several_power::{self, PowerChange};
use super::sleep::{check_failures, not_started, progress_printer, wake_estimate};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::json;
use crate::cli::several;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// Wake one sleeping stack, or several, and restore every size
///
/// Databases start first. When everything runs, a new init starts: the stack is ready again when
/// its checks pass.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The names of the stacks
    #[arg(value_name = "NAME", required = true)]
    names: Vec<StackName>,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Arguments { names, output } = arguments;
    let names = several::distinct(names);
    let service = context.writer()?;
    let [name] = names.as_slice() else {
        let change = PowerChange::Wake;
        return several_power::run(change, &names, *output, &service, context, ui).await;
    };
    let print_step = progress_printer(*output);
    let outcome = match service
        .power()
        .wake(name, PollPolicy::default(), &print_step)
        .await
    {
        Ok(outcome) => outcome,
        Err(error) => return Err(not_started(error, &service, name).await),
    };
    if output.json {
        json::line(ui, &outcome)?;
        return check_failures(&outcome, "wake");
    }
    write_outcome(ui, &outcome)?;
    check_failures(&outcome, "wake")
}

/// Prints the outcome of a wake.
pub(super) fn write_outcome(ui: &mut Ui, outcome: &PowerOutcome) -> Result<(), CommandError> {
    let name = &outcome.name;
    for id in &outcome.missing {
        let id = id.short();
        ui.text(&format!(
            "! {id} was not started: it no longer exists, or it does not have the stack's tags"
        ))?;
    }
    if outcome.failed.is_empty() {
        ui.text(&match outcome.moved.len() {
            0 => format!("{name} is already awake"),
            count => format!(
                "{name} is awake: {} started; {}",
                values::count(count, "resource"),
                wake_estimate(outcome)
            ),
        })?;
    }
    Ok(())
}
