//! `jiti man FOLDER`

use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man;

use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Write the man pages into a folder
///
/// There is one page for jiti and one for each command, such as `jiti-ls.1`. The packages install
/// them. For a jiti that was built from source: `jiti man ~/.local/share/man/man1`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The folder, which is created if it does not exist
    folder: PathBuf,
}

/// Writes the pages of `program`, the definition of the whole command line.
pub(crate) fn run(
    arguments: &Arguments,
    program: clap::Command,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let folder = &arguments.folder;
    let failed = |error: std::io::Error| {
        CommandError::failed(format!("cannot write man pages into {}", folder.display()))
            .because(&error)
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    // `jiti help` has no page: every page names its commands.
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let written = write_pages(&program, folder).map_err(failed)?;
    ui.line(&format!("{written} man pages in {}", folder.display()))
}

/// Writes the page of a command and of those below it, and returns how many that are.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<usize, std::io::Error> {
    let mut written = 1;
    for command in command.get_subcommands() {
        if !command.is_hide_set() {
            written += write_pages(command, folder)?;
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let page = Man::new(command.clone()).source(format!("jiti {version}"));
    page.manual("jiti").generate_to(folder)?;
    Ok(written)
}
