//! The check that an address accepts connections.

use std::time::Duration;

use tokio::net::TcpStream;

use super::CheckFailure;

/// How long an attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Passes when a connection is accepted.
pub(crate) struct TcpCheck {
    /// The address as `host:port`.
    pub(crate) address: String,
}

impl TcpCheck {
    pub(super) async fn attempt(&self) -> Result<(), CheckFailure> {
        match tokio::time::timeout(ATTEMPT_TIMEOUT, TcpStream::connect(&self.address)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidInput => {
                Err(format!("no connection: {error}").into())
            }
            Ok(Err(error)) => {
                let reason = format!("no connection: {error}");
                Err(CheckFailure::outage(reason, "no connection"))
            }
            Err(_) => {
                let reason = format!("no response within {} s", ATTEMPT_TIMEOUT.as_secs());
                Err(CheckFailure::outage(reason.clone(), reason))
            }
        }
    }
}
