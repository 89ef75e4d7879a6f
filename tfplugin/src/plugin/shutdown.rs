//! Process shutdown: the reasons for it, and the order of its steps.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use super::connection::Clients;
use super::orphan;
use super::signal::{Signals, StopRequest};
use super::{Ending, Service};

/// How long calls in flight may run after their cancellation.
const CANCELLATION_TIMEOUT: Duration = Duration::from_millis(1000);
/// How long the whole shutdown may take. Terraform kills a plugin two seconds after it asks it to
/// shut down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long sending the last responses may take.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(200);

/// Everything that must stop before the process exits.
pub(super) struct Shutdown<S> {
    pub(super) service: Arc<S>,
    pub(super) calls: Calls,
    /// Cancelled when the server stops accepting calls.
    pub(super) closing: CancellationToken,
    pub(super) server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl<S: Service> Shutdown<S> {
    /// Waits for a reason to shut down and returns it.
    pub(super) async fn wait(
        &self,
        debug: bool,
        mut signals: Signals,
        requested: CancellationToken,
        clients: watch::Receiver<Clients>,
    ) -> (Ending, &'static str) {
        // In debug mode a developer starts and stops the process; clients come and go.
        let orphaned = async {
            if debug {
                std::future::pending().await
            } else {
                orphan::orphaned(clients.clone()).await
            }
        };
        tokio::pin!(orphaned);
        loop {
            tokio::select! {
                () = requested.cancelled() => return (Ending::Finished, "Terraform requested it"),
                reason = &mut orphaned => return (Ending::Abandoned, reason),
                request = signals.next() => match request {
                    _ if debug => return (Ending::Abandoned, "a signal requested it"),
                    // Terraform receives the interrupt too, and then calls StopProvider.
                    StopRequest::Interrupt => {
                        tracing::debug!("ignored an interrupt: Terraform handles it");
                    }
                    // Cancel the calls but keep serving, so that Terraform still receives their
                    // responses.
                    StopRequest::Terminate => {
                        tracing::info!("received a termination signal: cancelling calls in flight");
                        self.service.stop();
                        if clients.borrow().open == 0 {
                            return (Ending::Abandoned, "a signal requested it");
                        }
                    }
                },
            }
        }
    }

    /// Stops everything, within the timeouts.
    pub(super) async fn run(self, ending: Ending, reason: &'static str) {
        tracing::debug!(reason, "shutting down");
        let stop = async {
            if !self.calls.none_in_flight() {
                self.service.stop();
                if timeout(CANCELLATION_TIMEOUT, self.calls.ended())
                    .await
                    .is_err()
                {
                    tracing::warn!("calls in flight did not stop in time after their cancellation");
                }
            }
            self.service.shutdown(ending).await;
        };
        if timeout(SHUTDOWN_TIMEOUT, stop).await.is_err() {
            tracing::warn!("the shutdown hook did not return in time");
        }
        // Send the last responses, including the one to the Shutdown call.
        self.closing.cancel();
        let _ = timeout(FLUSH_TIMEOUT, self.server).await;
    }
}
