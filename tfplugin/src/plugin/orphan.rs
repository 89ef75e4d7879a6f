//! Detects that Terraform is gone, so that the provider does not keep running without it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::connection::Clients;

/// How often the parent process is checked. A closed connection is noticed at once.
const PARENT_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait for the first connection. Terraform connects right after the handshake.
const FIRST_CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait for a new connection while the parent is running. gRPC clients reconnect within
/// about a second.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Waits until Terraform is gone, and returns how that was detected.
///
/// The end of the parent process is the clearer sign, but the parent may be a script that keeps
/// running. When Terraform dies, the kernel closes the connection, whatever the parent is.
pub(super) async fn orphaned(clients: watch::Receiver<Clients>) -> &'static str {
    let parent = parent();
    watch(clients, || self::parent() == parent).await
}

async fn watch(
    mut clients: watch::Receiver<Clients>,
    is_parent_running: impl Fn() -> bool,
) -> &'static str {
    let mut unconnected_since = Some(Instant::now());
    loop {
        // An error means that no connections are accepted any more. The parent is still checked.
        let _ = tokio::time::timeout(PARENT_POLL_INTERVAL, clients.changed()).await;
        if !is_parent_running() {
            return "the parent process has ended";
        }
        let Clients {
            open,
            ever_connected,
        } = *clients.borrow();
        if open > 0 {
            unconnected_since = None;
            continue;
        }
        let limit = if ever_connected {
            RECONNECT_TIMEOUT
        } else {
            FIRST_CONNECTION_TIMEOUT
        };
        if unconnected_since.get_or_insert_with(Instant::now).elapsed() >= limit {
            return if ever_connected {
                "the last client disconnected"
            } else {
                "no client connected"
            };
        }
    }
}

#[cfg(unix)]
fn parent() -> Option<rustix::process::Pid> {
    rustix::process::getppid()
}

/// Other systems do not track the parent, so only the connection counts.
#[cfg(not(unix))]
fn parent() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(
        open: usize,
        ever_connected: bool,
    ) -> (watch::Sender<Clients>, watch::Receiver<Clients>) {
        watch::channel(Clients {
            open,
            ever_connected,
        })
    }

    /// Without a first connection, the wait ends after the timeout.
    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_first_connection_times_out() {
        let (_sender, receiver) = clients(0, false);
        let started = Instant::now();
        assert_eq!(watch(receiver, || true).await, "no client connected");
        assert!(started.elapsed() >= FIRST_CONNECTION_TIMEOUT);
    }

    /// A client that reconnects in time keeps the process running.
    #[tokio::test(start_paused = true)]
    async fn a_client_may_reconnect_in_time() {
        let (sender, receiver) = clients(1, true);
        let started = Instant::now();
        let watching = tokio::spawn(watch(receiver, || true));
        for _ in 0..3 {
            sender.send_modify(|clients| clients.open = 0);
            tokio::time::sleep(RECONNECT_TIMEOUT / 2).await;
            sender.send_modify(|clients| clients.open = 1);
            tokio::time::sleep(RECONNECT_TIMEOUT * 2).await;
        }
        assert!(!watching.is_finished());
        sender.send_modify(|clients| clients.open = 0);
        assert_eq!(watching.await.unwrap(), "the last client disconnected");
        assert!(started.elapsed() >= RECONNECT_TIMEOUT * 8);
    }

    /// The end of the parent is detected even while a connection is open.
    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_parent_is_detected_during_a_connection() {
        let (_sender, receiver) = clients(1, true);
        let started = Instant::now();
        let is_parent_running = || started.elapsed() < Duration::from_secs(5);
        assert_eq!(
            watch(receiver, is_parent_running).await,
            "the parent process has ended"
        );
        assert!(started.elapsed() < Duration::from_secs(6));
    }
}
