//! `StopProvider`: the person wants to stop. Calls in flight hear of it, later calls do not.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Server;
use crate::provider::Provider;

/// The calls that one interruption reaches: those that began since the one before.
#[derive(Debug, Default)]
pub(super) struct Generation(Mutex<CancellationToken>);

impl Generation {
    /// The token of calls that begin now.
    pub(super) fn token(&self) -> CancellationToken {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn end(&self) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }
}

impl<P: Provider> Server<P> {
    /// Interrupts the calls in flight. The server lives on: Terraform still wants their answers.
    pub(crate) fn stop(&self) {
        self.generation.end();
    }
}
