//! The commands: each file has its arguments, whose comments are the help, and then the function.

pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod dashboard;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod extend;
pub(crate) mod hold;
pub(crate) mod ls;
pub(crate) mod mark;
pub(crate) mod reap;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod sleep;
pub(crate) mod sync;
pub(crate) mod teardown;
pub(crate) mod touch;
pub(crate) mod unhold;
pub(crate) mod wake;

use crate::cli::args::Command;
use crate::cli::context::Context;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Runs a command to its end; without one the dashboard.
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
            "--record and --replay go with the dashboard, not with a command",
        )
        .hint("leave the command out"));
    }
    runtime()?.block_on(async {
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
            Command::Cost(arguments) => cost::run(&arguments, context, ui).await,
            Command::Report(arguments) => report::run(&arguments, context, ui).await,
            Command::Sync(arguments) => sync::run(&arguments, context, ui).await,
            Command::Doctor(arguments) => doctor::run(&arguments, context, ui).await,
            Command::Demo(arguments) => demo::run(&arguments, dashboard, context).await,
            Command::Completions(arguments) => completions::run(&arguments, ui),
        }
    })
}

/// What asynchronous work runs on: one thread, which is enough for a program that waits.
fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    started(&mut tokio::runtime::Builder::new_current_thread())
}

/// The same for the dashboard: what the cloud answers is read beside the thread that takes keys and draws. Of thousands of
/// resources that is work for seconds, in which no key may wait.
fn runtime_with_workers() -> Result<tokio::runtime::Runtime, CommandError> {
    started(tokio::runtime::Builder::new_multi_thread().worker_threads(2))
}

fn started(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, CommandError> {
    let runtime = builder.enable_all().build();
    runtime.map_err(|error| CommandError::failed("the program could not start").because(&error))
}
