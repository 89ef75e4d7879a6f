//! Everything that `jiti` is made of; its binary is only the door.
//!
//! A library so that benches and tests can reach the dashboard without a terminal.

mod cli;
mod cloud_provider;
mod dashboard;
mod demo;
mod doctor;
mod environment;
mod error;
mod format;
mod notify;
mod teardown_process;
mod testing;

pub use dashboard::terminal::Screen;
pub use testing::{Scene, Stage};

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::ui::Ui;
use crate::environment::Environment;
use crate::error::CommandError;

/// Reads the command line, runs the command, and ends with its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    let ended = match Cli::try_parse() {
        Ok(cli) => {
            let context = Context::new(environment, cli.global);
            cli::commands::run(cli.command, &cli.dashboard, &context, &mut ui)
        }
        Err(error) => error::command_line(&error, &mut ui),
    };
    // What was said before a failure is still said.
    let ended = ui.finish().and(ended);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => end(&error),
    }
}

fn end(error: &CommandError) -> ExitCode {
    if let Some(text) = error.told() {
        cli::ui::tell(&text);
    }
    error.exit_code()
}
