//! `jiti completions SHELL`

use clap::Args;
use clap_complete::Shell;

use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Print a completion script for a shell
///
/// Bash: `source <(jiti completions bash)`. For zsh, fish, elvish and PowerShell, see the shell's
/// manual for where to put the script.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script for `program`, the definition of the whole command line.
pub(crate) fn run(
    arguments: &Arguments,
    program: &mut clap::Command,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    // The generator panics if its reader closes the pipe, so it writes into memory first.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, program, "jiti", &mut script);
    ui.raw(&script)
}
