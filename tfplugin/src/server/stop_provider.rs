//! `StopProvider`: the user interrupted Terraform. It cancels calls in flight, but no later call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Server;
use crate::provider::Provider;

/// Cancels the calls that started since the previous interrupt.
#[derive(Debug, Default)]
pub(super) struct StopSignal {
    current: Mutex<CancellationToken>,
    was_sent: AtomicBool,
}

impl StopSignal {
    /// The token for a call that starts now.
    pub(super) fn token(&self) -> CancellationToken {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether an interrupt was ever sent.
    pub(super) fn was_sent(&self) -> bool {
        self.was_sent.load(Ordering::Relaxed)
    }

    fn send(&self) {
        self.was_sent.store(true, Ordering::Relaxed);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }
}

impl<P: Provider> Server<P> {
    /// Cancels the calls in flight. The server keeps running, because Terraform still expects their
    /// responses.
    pub(crate) fn stop(&self) {
        self.stop_signal.send();
    }
}
