//! `StopProvider`: the person wants to stop. Calls in flight hear of it, later calls do not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Server;
use crate::provider::Provider;

/// The calls that one interruption reaches: those that began since the one before.
#[derive(Debug, Default)]
pub(super) struct Generation {
    current: Mutex<CancellationToken>,
    interrupted: AtomicBool,
}

impl Generation {
    /// The token of calls that begin now.
    pub(super) fn token(&self) -> CancellationToken {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether anybody ever interrupted.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }
}

impl<P: Provider> Server<P> {
    /// Interrupts the calls in flight. The server lives on: Terraform still wants their answers.
    pub(crate) fn stop(&self) {
        self.generation.end();
    }
}
