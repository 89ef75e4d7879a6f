//! `jiti ledger import FILE`

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use stack::Ledger;
use stack::ledger::export;

use super::{copy, target};
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Read an exported ledger into this ledger
///
/// The rules are those of `jiti ledger copy`: an import that was interrupted continues, and a
/// target with another history of a stack is refused.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The file that `jiti ledger export` wrote
    file: PathBuf,

    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let path = &arguments.file;
    let file = File::open(path).map_err(|error| {
        CommandError::failed(format!("cannot read {}", path.display())).because(&error)
    })?;
    let name = path.display().to_string();
    let from = export::read(BufReader::new(file), &name).await;
    let from = from.map_err(|error| {
        CommandError::failed(format!("{name}: {error}")).hint("nothing was imported")
    })?;
    let from: Arc<dyn Ledger> = Arc::new(from);
    let to = target(context, &context.ledger_address()?)?;
    copy::transfer(context, ui, &from, &to, arguments.output).await
}
