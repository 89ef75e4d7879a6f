//! The command line: arguments, the commands, and what they print.

pub(crate) mod args;
pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod runtime;
pub(crate) mod several;
pub(crate) mod ui;

use clap::CommandFactory;

use args::{Cli, Command};
use commands::{
    check, complete_stacks, completions, cost, dashboard, demo, doctor, events, extend, forget,
    hold, iam, ledger, ls, man, mark, policy, reap, report, show, sleep, sync, teardown, touch,
    unhold, wake,
};
use context::Context;
use ui::Ui;

use crate::error::CommandError;

/// Runs a command to its end. Without a command, runs the dashboard.
pub(crate) fn run(
    command: Option<Command>,
    dashboard: &dashboard::Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let Some(command) = command else {
        return dashboard::run(dashboard, context, ui);
    };
    if !dashboard.is_empty() && !matches!(command, Command::Demo(_)) {
        return Err(CommandError::usage(
            "--record and --replay are options of the dashboard, not of a command",
        )
        .hint("run `jiti` with them and without a command"));
    }
    if let Command::CompleteStacks(arguments) = &command {
        let mut program = Cli::command();
        program.build();
        let locations = &context.environment.locations;
        return complete_stacks::run(arguments, &program, locations, ui);
    }
    runtime::single_threaded()?.block_on(async {
        match command {
            Command::Ls(arguments) => ls::run(&arguments, context, ui).await,
            Command::Show(arguments) => show::run(&arguments, context, ui).await,
            Command::Events(arguments) => events::run(&arguments, context, ui).await,
            Command::Extend(arguments) => extend::run(&arguments, context, ui).await,
            Command::Hold(arguments) => hold::run(arguments, context, ui).await,
            Command::Unhold(arguments) => unhold::run(&arguments, context, ui).await,
            Command::Mark(arguments) => mark::run(arguments, context, ui).await,
            Command::Reap(arguments) => reap::run(arguments, context, ui).await,
            Command::Touch(arguments) => touch::run(&arguments, context, ui).await,
            Command::Sleep(arguments) => sleep::run(&arguments, context, ui).await,
            Command::Wake(arguments) => wake::run(&arguments, context, ui).await,
            Command::Teardown(arguments) => teardown::run(&arguments, context, ui).await,
            Command::TeardownRun(arguments) => teardown::runner::run(&arguments, context).await,
            Command::Forget(arguments) => forget::run(&arguments, context, ui).await,
            Command::Cost(arguments) => cost::run(&arguments, context, ui).await,
            Command::Report(arguments) => report::run(&arguments, context, ui).await,
            Command::Ledger(arguments) => ledger::run(&arguments, context, ui).await,
            Command::Sync(arguments) => sync::run(&arguments, context, ui).await,
            Command::Policy(arguments) => policy::run(&arguments, context, ui).await,
            Command::Check(arguments) => check::run(&arguments, context, ui).await,
            Command::Doctor(arguments) => doctor::run(&arguments, context, ui).await,
            Command::Iam(arguments) => iam::run(&arguments, context, ui).await,
            Command::Demo(arguments) => demo::run(&arguments, dashboard, context).await,
            Command::Completions(arguments) => {
                completions::run(&arguments, &mut Cli::command(), ui)
            }
            Command::Man(arguments) => man::run(&arguments, Cli::command(), ui),
            // It has a runtime of its own, which does not wait for a slow ledger.
            Command::CompleteStacks(_) => Ok(()),
        }
    })
}
