//! The end of the process: what brings it about, and the order in which things stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use super::connection::Clients;
use super::orphan;
use super::signal::{Asked, Signals};
use super::{Ending, Service};

/// How long calls in flight may take to heed their cancellation.
const UNWIND: Duration = Duration::from_millis(1000);
/// How long all of the end may take. Terraform kills a plugin two seconds after it has asked for
/// its end.
const ALL: Duration = Duration::from_millis(1500);
/// How long the last answers may take to leave.
const FLUSH: Duration = Duration::from_millis(200);

/// All that has to be stopped, in one hand.
pub(super) struct End<S> {
    pub(super) service: Arc<S>,
    pub(super) calls: Calls,
    /// Cancelled when nothing more will be answered.
    pub(super) closing: CancellationToken,
    pub(super) server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl<S: Service> End<S> {
    /// Serves until there is a reason to end, and says which.
    pub(super) async fn wait(
        &self,
        debug: bool,
        mut signals: Signals,
        wanted: CancellationToken,
        clients: watch::Receiver<Clients>,
    ) -> (Ending, &'static str) {
        // Whoever started this process by hand ends it by hand: clients and parents come and go.
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
                () = wanted.cancelled() => return (Ending::Finished, "the host asked for it"),
                reason = &mut orphaned => return (Ending::Abandoned, reason),
                asked = signals.next() => match asked {
                    _ if debug => return (Ending::Abandoned, "a signal asked for it"),
                    // Terraform has got it, too, and says what is to be done about it.
                    Asked::Interrupt => tracing::debug!("an interrupt is left to the host"),
                    // Likewise, if it was sent to the whole group; if to us alone, work stops, and
                    // its outcome still reaches the host.
                    Asked::Terminate => {
                        tracing::info!("asked to terminate: cancelling calls in flight");
                        self.service.stop();
                        if clients.borrow().open == 0 {
                            return (Ending::Abandoned, "a signal asked for it");
                        }
                    }
                },
            }
        }
    }

    /// Stops everything, in order, and in time.
    pub(super) async fn wind_down(self, ending: Ending, why: &'static str) {
        tracing::debug!(why, "ending");
        let stop = async {
            if !self.calls.none_in_flight() {
                self.service.stop();
                if timeout(UNWIND, self.calls.ended()).await.is_err() {
                    tracing::warn!("calls in flight did not heed their cancellation in time");
                }
            }
            self.service.shutdown(ending).await;
        };
        if timeout(ALL, stop).await.is_err() {
            tracing::warn!("the shutdown hook did not return in time");
        }
        // Answers, to the call for the end among them, leave before the process does.
        self.closing.cancel();
        let _ = timeout(FLUSH, self.server).await;
    }
}
