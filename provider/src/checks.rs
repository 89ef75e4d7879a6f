//! Checks: what has to answer before a stack is of use.

mod exec;
mod http;
mod tcp;

use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tfplugin::Path;
use tokio_util::sync::CancellationToken;

pub(crate) use exec::ExecCheck;
pub(crate) use http::HttpCheck;
pub(crate) use tcp::TcpCheck;

/// The pause between two tries of one check: a twentieth of the time it has waited, so that what is measured is
/// at most that much too long, within limits that are kind to both sides.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// One check, and the attribute that asks for it.
pub(crate) struct Check {
    pub(crate) path: Path,
    pub(crate) kind: Kind,
}

/// What is checked.
pub(crate) enum Kind {
    Http(HttpCheck),
    Tcp(TcpCheck),
    Exec(ExecCheck),
}

/// A phase of the start-up, as the thing that was started tells it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToldPhase {
    pub(crate) name: String,
    pub(crate) class: Option<String>,
    pub(crate) started_at: jiff::Timestamp,
    pub(crate) seconds: f64,
}

/// What a check that passed has to tell.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) phases: Vec<ToldPhase>,
}

/// A check that did not pass in time, and the last thing that was wrong with it.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) path: Path,
    pub(crate) check: String,
    pub(crate) last_failure: String,
}

/// How a run of checks ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    AllPassed,
    TimedOut(Vec<Pending>),
    Cancelled(Vec<Pending>),
}

impl Check {
    /// What a person calls it: `http http://…/healthz`, `tcp 10.0.0.5:5432`, `exec ./smoke.sh`.
    pub(crate) fn name(&self) -> String {
        match &self.kind {
            Kind::Http(check) => format!("http {}", check.url),
            Kind::Tcp(check) => format!("tcp {}", check.address),
            Kind::Exec(check) => format!("exec {}", check.command.join(" ")),
        }
    }

    /// Tries once, within the time that one try may take.
    async fn attempt(&self) -> Result<Passed, String> {
        match &self.kind {
            Kind::Http(check) => check.attempt().await,
            Kind::Tcp(check) => check.attempt().await.map(|()| Passed::default()),
            Kind::Exec(check) => check.attempt().await.map(|()| Passed::default()),
        }
    }
}

/// Checks that did not pass, a line each.
pub(crate) fn list(pending: &[Pending]) -> String {
    let line = |pending: &Pending| format!("  - {}: {}", pending.check, pending.last_failure);
    pending.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What happens next in a run of checks.
pub(crate) enum Next<'a> {
    /// A check passed.
    Passed(&'a Check, Passed),
    /// The run is over.
    Ended(Outcome),
}

/// A run of checks: each is tried until it passes, all at once, for as long as there is time. Dropping it ends
/// whatever is being tried.
pub(crate) struct Run<'a> {
    entries: &'a [Entry<'a>],
    open: FuturesUnordered<BoxFuture<'a, (usize, Passed)>>,
    passed: Vec<bool>,
    deadline: Pin<Box<tokio::time::Sleep>>,
    cancellation: CancellationToken,
}

/// A check, and the last thing that was wrong with it.
pub(crate) struct Entry<'a> {
    check: &'a Check,
    failure: Mutex<Option<String>>,
}

impl<'a> Entry<'a> {
    /// The checks of a run that has not begun.
    pub(crate) fn all(checks: &'a [Check]) -> Vec<Self> {
        checks
            .iter()
            .map(|check| Entry {
                check,
                failure: Mutex::new(None),
            })
            .collect()
    }
}

impl<'a> Run<'a> {
    /// Begins.
    pub(crate) fn new(
        entries: &'a [Entry<'a>],
        time: Duration,
        cancellation: CancellationToken,
    ) -> Self {
        let open = FuturesUnordered::new();
        for (place, entry) in entries.iter().enumerate() {
            let tries: BoxFuture<'a, _> =
                Box::pin(async move { (place, until_passed(entry).await) });
            open.push(tries);
        }
        Self {
            entries,
            open,
            passed: vec![false; entries.len()],
            deadline: Box::pin(tokio::time::sleep(time)),
            cancellation,
        }
    }

    /// Waits for the next check that passes, or for the end.
    pub(crate) async fn next(&mut self) -> Next<'a> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Next::Ended(Outcome::Cancelled(self.pending())),
            next = self.open.next() => match next {
                None => Next::Ended(Outcome::AllPassed),
                Some((place, told)) => {
                    self.passed[place] = true;
                    let check = self.entries[place].check;
                    tracing::info!(check = check.name(), "check passed");
                    Next::Passed(check, told)
                }
            },
            () = &mut self.deadline => Next::Ended(Outcome::TimedOut(self.pending())),
        }
    }

    fn pending(&self) -> Vec<Pending> {
        let open = self
            .entries
            .iter()
            .zip(&self.passed)
            .filter(|(_, passed)| !**passed);
        open.map(|(entry, _)| Pending {
            path: entry.check.path.clone(),
            check: entry.check.name(),
            last_failure: locked(&entry.failure)
                .clone()
                .unwrap_or_else(|| "its first try has not ended".to_owned()),
        })
        .collect()
    }
}

async fn until_passed(entry: &Entry<'_>) -> Passed {
    let Entry { check, failure } = entry;
    let begun = tokio::time::Instant::now();
    loop {
        match check.attempt().await {
            Ok(passed) => return passed,
            Err(why) => {
                let mut last = locked(failure);
                // Said when it changes, so that the log tells a story and not a drum beat.
                if last.as_ref() != Some(&why) {
                    tracing::info!(check = check.name(), failure = why, "check not passed yet");
                }
                *last = Some(why);
            }
        }
        tokio::time::sleep((begun.elapsed() / 20).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
    }
}

/// The text in the lock. A panic elsewhere does not make a text wrong.
fn locked(failure: &Mutex<Option<String>>) -> std::sync::MutexGuard<'_, Option<String>> {
    failure
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
