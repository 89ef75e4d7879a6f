//! A check that something listens at an address.

use std::time::Duration;

use tokio::net::TcpStream;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);

/// Passes when a connection is accepted.
pub(crate) struct TcpCheck {
    /// `host:port`
    pub(crate) address: String,
}

impl TcpCheck {
    pub(super) async fn attempt(&self) -> Result<(), String> {
        match tokio::time::timeout(TRY, TcpStream::connect(&self.address)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("no connection: {error}")),
            Err(_) => Err(format!("no answer within {} s", TRY.as_secs())),
        }
    }
}
