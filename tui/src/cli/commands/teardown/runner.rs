//! The process that carries a teardown out: a session of its own, signals that let it finish, nothing on a terminal.

use std::path::PathBuf;

use clap::Args;
use stack::service::teardown::{StopSignal, TeardownRequest};
use stack::{Source, StackName};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::context::Context;
use crate::error::CommandError;

/// Carry out a teardown that was planned and handed over
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The folder of the run
    folder: PathBuf,

    /// The name of a protected stack, as it was typed
    #[arg(long, value_name = "NAME")]
    confirm: Option<StackName>,

    /// It was asked for in the dashboard
    #[arg(long)]
    dashboard: bool,
}

/// How it goes is in the progress file; what is answered here is for the log and the exit code.
pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<(), CommandError> {
    // The end of the terminal is not its end. Who leads a group already has been detached otherwise.
    let _ = rustix::process::setsid();
    let stop = StopSignal::default();
    let mut signals = [
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
        listen(SignalKind::hangup())?,
    ];
    // What was planned without a ledger begins one.
    let service = context.sweeping_as(if arguments.dashboard {
        Source::Dashboard
    } else {
        Source::Cli
    })?;
    let settings = context.teardown_settings()?;
    let prepared = service.take_over(&arguments.folder, &settings).await?;
    let request = TeardownRequest {
        by: context.actor(),
        why: "asked for by hand".to_owned(),
        confirmed: arguments.confirm.clone(),
        only_while: None,
    };
    let work = service.teardown(prepared, &request, &|_| {}, &stop);
    let mut work = std::pin::pin!(work);
    let [interrupt, terminate, hangup] = &mut signals;
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome?,
            _ = interrupt.recv() => stop.ask(),
            _ = terminate.recv() => stop.ask(),
            _ = hangup.recv() => {}
        }
    };
    super::ended(&outcome)
}

fn listen(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind)
        .map_err(|error| CommandError::failed("signals cannot be listened to").because(&error))
}
