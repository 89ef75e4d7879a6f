//! `jiti policy push FILE`, `jiti policy show`, `jiti policy diff [FILE]`

mod diff;
mod file;
mod push;
mod show;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Keep the policy of a team in the ledger, where it overrides every configuration file
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The commands about the policy.
#[derive(Debug, Subcommand)]
enum Command {
    Push(push::Arguments),
    Show(show::Arguments),
    Diff(diff::Arguments),
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    match &arguments.command {
        Command::Push(arguments) => push::run(arguments, context, ui).await,
        Command::Show(arguments) => show::run(arguments, context, ui).await,
        Command::Diff(arguments) => diff::run(arguments, context, ui).await,
    }
}
