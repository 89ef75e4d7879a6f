//! Everything that `jiti` is made of; its binary is only the door.
//!
//! A library so that benches and tests can reach the dashboard without a terminal.

mod app;
mod cli;
mod clouds;
mod commands;
mod context;
mod demo;
mod doctor;
mod effect;
mod environment;
mod error;
mod event;
mod hands;
mod keymap;
mod load;
mod model;
mod msg;
mod notify;
mod output;
mod record;
mod replay;
mod runner;
mod sight;
mod stage;
mod term;
mod theme;
mod ui;
mod update;
mod view;
mod watch;

pub use stage::{Scene, Stage};
pub use term::Screen;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::ui::Ui;

/// Reads the command line, runs the command, and ends with its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    let ended = match Cli::try_parse() {
        Ok(cli) => {
            let context = Context::new(environment, cli.global);
            commands::run(cli.command, &cli.dashboard, &context, &mut ui)
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
        ui::tell(&text);
    }
    error.exit_code()
}
