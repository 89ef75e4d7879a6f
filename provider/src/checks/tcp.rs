//! The check that an address accepts connections.

use std::time::Duration;

use tokio::net::TcpStream;

/// How long an attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Passes when a connection is accepted.
pub(crate) struct TcpCheck {
    /// The address as `host:port`.
    pub(crate) address: String,
}

impl TcpCheck {
    pub(super) async fn attempt(&self) -> Result<(), String> {
        match tokio::time::timeout(ATTEMPT_TIMEOUT, TcpStream::connect(&self.address)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("no connection: {error}")),
            Err(_) => Err(format!(
                "no response within {} s",
                ATTEMPT_TIMEOUT.as_secs()
            )),
        }
    }
}
