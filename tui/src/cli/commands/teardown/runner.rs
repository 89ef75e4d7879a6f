//! The process that carries out a teardown, in its own session and without a terminal.

use std::path::PathBuf;

use clap::Args;
use stack::service::teardown::{StopSignal, TeardownRequest};
use stack::{Source, StackName};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::context::Context;
use crate::error::CommandError;

/// Carry out a planned teardown
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The folder of the teardown run
    folder: PathBuf,

    /// The name of a protected or unleased stack, as the user typed it
    #[arg(long, value_name = "NAME")]
    confirm: Option<StackName>,

    /// The dashboard started it
    #[arg(long)]
    dashboard: bool,
}

/// Runs the teardown. Its progress is in the progress file; the result here is for the log and the
/// exit code.
pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<(), CommandError> {
    // A new session, so that closing the terminal does not end it. Fails if this process already
    // leads a group, and then it is detached already.
    let _ = rustix::process::setsid();
    let stop = StopSignal::default();
    let mut signals = [
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
        listen(SignalKind::hangup())?,
    ];
    // A sweep that was planned without a ledger creates one.
    let service = context.sweeping_as(if arguments.dashboard {
        Source::Dashboard
    } else {
        Source::Cli
    })?;
    let settings = context.teardown_settings()?;
    let prepared = service
        .teardowns()
        .take_over(&arguments.folder, &settings)
        .await?;
    let request = TeardownRequest {
        by: context.actor(),
        why: "requested by a user".to_owned(),
        confirmed: arguments.confirm.clone(),
        only_while: None,
    };
    let teardown = service
        .teardowns()
        .teardown(prepared, &request, &|_| {}, &stop);
    let mut teardown = std::pin::pin!(teardown);
    let [interrupt, terminate, hangup] = &mut signals;
    let outcome = loop {
        tokio::select! {
            outcome = &mut teardown => break outcome?,
            _ = interrupt.recv() => stop.request(),
            _ = terminate.recv() => stop.request(),
            _ = hangup.recv() => {}
        }
    };
    super::check_residue(&outcome)
}

fn listen(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind).map_err(|error| CommandError::failed("cannot listen for signals").because(&error))
}
