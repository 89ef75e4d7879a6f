//! The options that several commands share. The comments on the fields are the help texts.

use std::path::PathBuf;

use clap::Args;
use stack::service::StackSelector;
use stack::{AppName, Owner};

/// The options that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalOptions {
    /// Use the ledger at this path
    ///
    /// Default: `$JITI_LEDGER`, else `$XDG_DATA_HOME/jiti/ledger.db`, else
    /// `~/.local/share/jiti/ledger.db`.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) ledger: Option<String>,

    /// Use the configuration file at this path
    ///
    /// Default: `$JITI_CONFIG`, else `$XDG_CONFIG_HOME/jiti/config.toml`, else
    /// `~/.config/jiti/config.toml`. A file that you name must exist; the file in the default
    /// place may be missing.
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,

    /// Refuse every change
    #[arg(long, global = true)]
    pub(crate) read_only: bool,
}

/// Selects one of several unleased stacks with the same name.
#[derive(Args, Debug)]
pub(crate) struct SelectorOptions {
    /// Select the unleased stack of this app, if several have the name
    #[arg(long)]
    pub(crate) app: Option<AppName>,

    /// Select the unleased stack of this owner, if several have the name
    #[arg(long)]
    pub(crate) owner: Option<Owner>,
}

impl SelectorOptions {
    /// The selector in the form that the service takes.
    pub(crate) fn selector(&self) -> StackSelector {
        StackSelector {
            app: self.app.clone(),
            owner: self.owner.clone(),
        }
    }
}

/// The format of a command's output.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct OutputOptions {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
