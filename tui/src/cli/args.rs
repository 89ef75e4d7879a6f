//! The arguments of the program: its options and its commands. The comments are the help texts.

use clap::{Parser, Subcommand};

use super::commands;
use super::options::GlobalOptions;

/// Show what your stacks are and cost, and decide how long they live
///
/// Without a command, jiti opens the dashboard: all live stacks on one screen, with one key each to
/// extend a stack, hold it, put it to sleep or tear it down.
#[derive(Debug, Parser)]
#[command(
    name = "jiti",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 residue left behind"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(flatten)]
    pub(crate) dashboard: commands::dashboard::Arguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands. Each has its own file under `commands/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ls(commands::ls::Arguments),
    Show(commands::show::Arguments),
    Events(commands::events::Arguments),
    Extend(commands::extend::Arguments),
    Hold(commands::hold::Arguments),
    Unhold(commands::unhold::Arguments),
    Mark(commands::mark::Arguments),
    Touch(commands::touch::Arguments),
    Sleep(commands::sleep::Arguments),
    Wake(commands::wake::Arguments),
    Teardown(commands::teardown::Arguments),
    #[command(hide = true)]
    TeardownRun(commands::teardown::runner::Arguments),
    Forget(commands::forget::Arguments),
    Reap(commands::reap::Arguments),
    Cost(commands::cost::Arguments),
    Report(commands::report::Arguments),
    Sync(commands::sync::Arguments),
    Ledger(commands::ledger::Arguments),
    Policy(commands::policy::Arguments),
    Check(commands::check::Arguments),
    Doctor(commands::doctor::Arguments),
    Iam(commands::iam::Arguments),
    Demo(commands::demo::Arguments),
    Completions(commands::completions::Arguments),
    Man(commands::man::Arguments),
    #[command(hide = true)]
    CompleteStacks(commands::complete_stacks::Arguments),
}
