//! `jiti completions SHELL`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Print a completion script for a shell
///
/// Bash: `source <(jiti completions bash)`. Zsh, fish, elvish and PowerShell: see the shell's own manual on
/// where such scripts belong.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<(), CommandError> {
    // Into memory first: the generator panics when its reader goes away.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "jiti", &mut script);
    ui.raw(&script)
}
