//! Signals: after the first, no further teardown starts; after the second, no further delete.

use std::io;

use stack::service::teardown::StopSignal;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::reporter::Reporter;

/// Waits for SIGTERM and SIGINT.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes over the signals: from now on they no longer end the program.
    pub(super) fn of_process() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Passes the signals on to the runs, for as long as the program runs.
    pub(super) async fn forward(
        mut self,
        stop_runs: watch::Sender<bool>,
        stop_deletes: StopSignal,
        reporter: Reporter,
    ) {
        self.next().await;
        reporter.note(
            "Stopping: running teardowns will finish. Signal again to start no further deletes.",
        );
        stop_runs.send_replace(true);
        self.next().await;
        reporter.note("Stopping: no further delete starts.");
        stop_deletes.request();
        // Keeps the sender alive, and with it the receivers.
        std::future::pending::<()>().await;
        drop(stop_runs);
    }
}
