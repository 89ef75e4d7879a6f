//! Ending well: the first signal lets what is in hand come to its end, the second begins no more deletes.

use std::io;

use stack::service::teardown::StopSignal;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::reporter::Speaker;

/// Waits for somebody who wants the program to end.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on these signals no longer end the program by themselves.
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

    /// Passes on what is wanted, for as long as the program runs.
    pub(super) async fn pass_on(
        mut self,
        begin_no_more: watch::Sender<bool>,
        delete_no_more: StopSignal,
        speaker: Speaker,
    ) {
        self.next().await;
        speaker.aside(
            "Stopping: what is under way is finished. Once more, and no further delete is begun.",
        );
        begin_no_more.send_replace(true);
        self.next().await;
        speaker.aside("Stopping: no further delete is begun.");
        delete_no_more.ask();
        // The receivers live as long as the sender does.
        std::future::pending::<()>().await;
        drop(begin_no_more);
    }
}
