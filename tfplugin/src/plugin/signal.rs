//! Signal handling: the process must not die from a signal in the middle of a change.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A request to stop, received as a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopRequest {
    /// Ctrl-C, which the terminal sends to Terraform and to all its child processes.
    Interrupt,
    /// SIGTERM, or SIGHUP because the terminal closed.
    Terminate,
}

/// The signals that this process handles itself, so that none of them kills it.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hangup: Signal,
}

impl Signals {
    /// Installs the signal handlers.
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> StopRequest {
        tokio::select! {
            Some(()) = self.interrupt.recv() => StopRequest::Interrupt,
            Some(()) = self.terminate.recv() => StopRequest::Terminate,
            Some(()) = self.hangup.recv() => StopRequest::Terminate,
            else => std::future::pending().await,
        }
    }

    /// Does nothing: the handler for Ctrl-C is installed by the first call of `next`.
    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next Ctrl-C.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> StopRequest {
        match tokio::signal::ctrl_c().await {
            Ok(()) => StopRequest::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
