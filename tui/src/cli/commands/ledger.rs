//! `jiti ledger`

mod copy;
mod export;
mod import;
mod init;

use std::sync::Arc;

use clap::{Args, Subcommand};
use stack::Ledger;
use stack::config::LedgerAddress;

use crate::cli::context::Context;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::ledger_store::{self, exists};

/// Create, copy, export and import ledgers
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Copy(copy::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    match &arguments.command {
        Command::Init(arguments) => init::run(arguments, context, ui).await,
        Command::Copy(arguments) => copy::run(arguments, context, ui).await,
        Command::Export(arguments) => export::run(arguments, context, ui).await,
        Command::Import(arguments) => import::run(arguments, context, ui).await,
    }
}

/// The address that a user wrote.
fn address(context: &Context, text: &str) -> Result<LedgerAddress, CommandError> {
    let locations = &context.environment.locations;
    locations
        .ledger(Some(text))
        .map_err(|error| CommandError::usage(error.to_string()))
}

/// Opens a ledger that must exist, for reading only.
fn source(address: &LedgerAddress) -> Result<Arc<dyn Ledger>, CommandError> {
    if !exists(address)? {
        return Err(CommandError::failed(format!(
            "there is no ledger at {address}"
        )));
    }
    ledger_store::open(address, true)
}

/// Opens a ledger to write to it. A missing file is created.
fn target(context: &Context, address: &LedgerAddress) -> Result<Arc<dyn Ledger>, CommandError> {
    if context.is_read_only_flag_set() {
        return Err(CommandError::refused("no changes: --read-only is set"));
    }
    ledger_store::open(address, false)
}
