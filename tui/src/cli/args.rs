//! The command line: its words, and nothing of what they do. The comments in here are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use stack::service::StackSelector;
use stack::{AppName, Owner};

use crate::cli::commands;

/// See what your stacks are, cost and wait for, and decide until when they live
///
/// Without a command it opens the dashboard: every live stack on one screen, each a key away from more time, a hold, or its end.
#[derive(Debug, Parser)]
#[command(
    name = "jiti",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 residue left behind"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    pub(crate) dashboard: commands::dashboard::Arguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The options that every command has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Use the ledger at this path
    ///
    /// Without it: `$JITI_LEDGER`, else `$XDG_DATA_HOME/jiti/ledger.db`, else `~/.local/share/jiti/ledger.db`.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) ledger: Option<String>,

    /// Use the configuration file at this path
    ///
    /// Without it: `$JITI_CONFIG`, else `$XDG_CONFIG_HOME/jiti/config.toml`, else `~/.config/jiti/config.toml`.
    /// The file in the usual place may be missing; one that is named may not.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,

    /// Refuse every change
    #[arg(long, global = true)]
    pub(crate) read_only: bool,
}

/// What to do. Each command has a file of its own under `commands/`.
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
    Reap(commands::reap::Arguments),
    Cost(commands::cost::Arguments),
    Report(commands::report::Arguments),
    Sync(commands::sync::Arguments),
    Doctor(commands::doctor::Arguments),
    Demo(commands::demo::Arguments),
    Completions(commands::completions::Arguments),
}

/// Which of several stacks of one name is meant.
#[derive(Args, Debug)]
pub(crate) struct OneOf {
    /// Of several stacks of that name which only tags tell of, the one of this app
    #[arg(long)]
    pub(crate) app: Option<AppName>,

    /// Of several stacks of that name which only tags tell of, the one of this owner
    #[arg(long)]
    pub(crate) owner: Option<Owner>,
}

impl OneOf {
    pub(crate) fn choice(&self) -> StackSelector {
        StackSelector {
            app: self.app.clone(),
            owner: self.owner.clone(),
        }
    }
}

/// How an answer is written.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Answer with JSON
    #[arg(long)]
    pub(crate) json: bool,
}
