//! `jiti ledger export`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use stack::ledger::export;

use super::source;
use crate::cli::context::Context;
use crate::cli::output::json;
use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::values;

/// Write the whole ledger as JSON Lines
///
/// The file has one line for each event, and can be imported into any ledger. It contains names,
/// owners and teardown variables; only its owner can read it.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The new file; without it, jiti writes to standard output
    file: Option<PathBuf>,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let ledger = source(&context.ledger_address()?)?;
    let failed = |error: export::ExportError| CommandError::failed(error.to_string());
    let Some(path) = &arguments.file else {
        let mut text = Vec::new();
        export::export(&*ledger, &mut text).await.map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        return text
            .lines()
            .try_for_each(|line| ui.line(&json::escaped(line)));
    };
    let cannot = |error: &std::io::Error| {
        CommandError::failed(format!("cannot write {}", path.display()))
            .because(error)
            .hint("name another file; an existing one is not replaced")
    };
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    let mut file = options
        .open(path)
        .map(std::io::BufWriter::new)
        .map_err(|e| cannot(&e))?;
    let events = export::export(&*ledger, &mut file).await.map_err(failed)?;
    file.flush().map_err(|error| cannot(&error))?;
    let events = values::count(usize::try_from(events).unwrap_or(usize::MAX), "event");
    ui::print_error(&format!(
        "Exported {events} of {} to {}.",
        ledger.location(),
        path.display()
    ));
    Ok(())
}
