//! Notices when Terraform has gone without a word, so that no provider is left behind.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::connection::Clients;

/// How often the parent is looked at. A connection that closes is noticed at once.
const LOOK: Duration = Duration::from_millis(500);
/// How long to wait for the first client. Terraform connects as soon as it has read the handshake
/// line.
const FIRST_CLIENT: Duration = Duration::from_secs(60);
/// How long to wait for a client to come back while the parent lives. gRPC clients reconnect within
/// a second or so.
const RECONNECT: Duration = Duration::from_secs(3);

/// Waits until there is nobody left to serve, and says how that was noticed.
///
/// The parent is the better witness, but it is not always Terraform: a provider may be started
/// through a script, which lives on. The connection is closed by the kernel together with
/// Terraform, whoever the parent is.
pub(super) async fn orphaned(clients: watch::Receiver<Clients>) -> &'static str {
    let parent = parent();
    watch_over(clients, || self::parent() == parent).await
}

async fn watch_over(
    mut clients: watch::Receiver<Clients>,
    parent_lives: impl Fn() -> bool,
) -> &'static str {
    let mut alone_since = Some(Instant::now());
    loop {
        // A closed channel means that nothing accepts connections any more; the look at the parent
        // remains.
        let _ = tokio::time::timeout(LOOK, clients.changed()).await;
        if !parent_lives() {
            return "the parent process has ended";
        }
        let Clients { open, seen } = *clients.borrow();
        if open > 0 {
            alone_since = None;
            continue;
        }
        let limit = if seen { RECONNECT } else { FIRST_CLIENT };
        if alone_since.get_or_insert_with(Instant::now).elapsed() >= limit {
            return if seen {
                "the last client has gone"
            } else {
                "no client ever came"
            };
        }
    }
}

#[cfg(unix)]
fn parent() -> Option<rustix::process::Pid> {
    rustix::process::getppid()
}

/// Elsewhere a process has no living link to its parent, and only the connection counts.
#[cfg(not(unix))]
fn parent() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(open: usize, seen: bool) -> (watch::Sender<Clients>, watch::Receiver<Clients>) {
        watch::channel(Clients { open, seen })
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_take_its_time_to_connect_but_not_forever() {
        let (_sender, receiver) = clients(0, false);
        let begun = Instant::now();
        assert_eq!(watch_over(receiver, || true).await, "no client ever came");
        assert!(begun.elapsed() >= FIRST_CLIENT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_comes_back_in_time_is_served_on() {
        let (sender, receiver) = clients(1, true);
        let begun = Instant::now();
        let watching = tokio::spawn(watch_over(receiver, || true));
        for _ in 0..3 {
            sender.send_modify(|clients| clients.open = 0);
            tokio::time::sleep(RECONNECT / 2).await;
            sender.send_modify(|clients| clients.open = 1);
            tokio::time::sleep(RECONNECT * 2).await;
        }
        assert!(!watching.is_finished());
        sender.send_modify(|clients| clients.open = 0);
        assert_eq!(watching.await.unwrap(), "the last client has gone");
        assert!(begun.elapsed() >= RECONNECT * 8);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_parent_is_noticed_under_an_open_connection() {
        let (_sender, receiver) = clients(1, true);
        let begun = Instant::now();
        let parent_lives = || begun.elapsed() < Duration::from_secs(5);
        assert_eq!(
            watch_over(receiver, parent_lives).await,
            "the parent process has ended"
        );
        assert!(begun.elapsed() < Duration::from_secs(6));
    }
}
