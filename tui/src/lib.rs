//! `jiti`: the dashboard and the command line. The binary only calls [`main`].
//!
//! It is a library so that tests and benches can drive the dashboard without a terminal, through
//! `testing` (with the feature of that name).

mod chart;
mod cli;
mod cloud_provider;
mod dashboard;
mod demo;
mod doctor;
mod environment;
mod error;
mod format;
mod ledger_store;
mod live_check;
mod nearest;
mod notify;
mod teardown_process;
#[cfg(feature = "testing")]
pub mod testing;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::ui::{self, Ui};
use crate::environment::Environment;
use crate::error::CommandError;

/// Parses the command line, runs the command, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    let result = match Cli::try_parse() {
        Ok(cli) => {
            let context = Context::new(environment, cli.global);
            cli::run(cli.command, &cli.dashboard, &context, &mut ui)
        }
        Err(error) => ui.clap_error(&error),
    };
    // Output from before a failure is still printed.
    let result = ui.finish().and(result);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Prints an error, if it has a text, and returns its exit code.
fn report(error: &CommandError) -> ExitCode {
    if let Some(text) = error.report() {
        ui::print_error(&text);
    }
    error.exit_code()
}
