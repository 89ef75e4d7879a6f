//! `jiti reap --yes --watch`: run after run, until a signal ends it.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use stack::reaper::DEFAULT_INTERVAL;
use stack::{Clock, Elapsed, Span};
use tokio::sync::mpsc;

use super::once::{drain, once, shared};
use super::report::Report;
use super::reporter::Speaker;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// The clock is looked at this often: timers stand still while a machine sleeps.
const LOOK: Duration = Duration::from_secs(20);

/// The part of an interval that a run may come later, so that reapers that began together drift apart.
const JITTER: u64 = 20;

/// What a look at the world came to.
enum Turn {
    /// It is time for a run.
    Begin,
    /// A run has ended.
    Ended(Box<Result<Report, CommandError>>),
    /// Somebody wants the program to end.
    Stop,
}

pub(super) async fn run(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (to, mut said) = mpsc::unbounded_channel();
    let steps = false;
    let speaker = Speaker { to, output, steps };
    let (shared, signals) = shared(context, &speaker)?;
    let stop = shared.stop.clone();
    tokio::pin!(signals);

    // A teardown may take longer than the interval: the next run begins beside it.
    let mut runs = FuturesUnordered::new();
    let mut next = context.clock().now();
    let (mut first, mut stopping) = (true, false);
    loop {
        if stopping && runs.is_empty() {
            drain(&mut said, ui)?;
            return Ok(());
        }
        let mut stopped = stop.clone();
        let turn = tokio::select! {
            biased;
            Some(said) = said.recv() => {
                said.out(ui)?;
                continue;
            }
            () = &mut signals => continue,
            _ = stopped.wait_for(|stop| *stop), if !stopping => Turn::Stop,
            Some(report) = runs.next() => Turn::Ended(Box::new(report)),
            () = until(next, context.clock()), if !stopping => Turn::Begin,
        };
        match turn {
            Turn::Begin => {
                next = after(context.clock().now(), interval(context));
                runs.push(once(context, &shared));
            }
            Turn::Ended(ended) => match *ended {
                Ok(report) => {
                    let began = values::second(report.began_at);
                    if let Err(error) = report.verdict() {
                        speaker.aside(format!("{began} UTC {}", error.message()));
                    }
                    report.tell(&speaker, context.clock().now());
                    first = false;
                }
                // What keeps the first run from beginning is a mistake in the setting up; later it may pass.
                Err(error) if first => {
                    drain(&mut said, ui)?;
                    return Err(error);
                }
                Err(error) => {
                    let now = values::second(context.clock().now());
                    let error = error.message();
                    speaker.aside(format!("{now} UTC the run could not begin: {error}"));
                }
            },
            Turn::Stop => stopping = true,
        }
    }
}

/// Waits until the clock shows a moment, or for a while.
pub(super) async fn until(next: Timestamp, clock: &impl Clock) {
    loop {
        let left = Duration::from_millis(Elapsed::between(clock.now(), next).millis());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

/// How often it runs, as the configuration says now; a file that cannot be read at the moment is told by the run.
pub(super) fn interval(context: &Context) -> Span {
    context
        .config()
        .map_or(DEFAULT_INTERVAL, |config| config.reaper.interval)
}

/// The next run: an interval after the one that begins now, and a little more.
pub(super) fn after(now: Timestamp, interval: Span) -> Timestamp {
    let whole = interval.seconds().saturating_mul(1000);
    let random = RandomState::new().hash_one(0_u8);
    let jitter = random % (whole / JITTER).max(1);
    Elapsed::from_millis(whole.saturating_add(jitter)).after(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next run comes an interval later, and at most a twentieth of it after that.
    #[test]
    fn runs_drift_apart() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().expect("a time");
        let nexts: Vec<u64> = (0..50)
            .map(|_| Elapsed::between(now, after(now, DEFAULT_INTERVAL)).millis())
            .collect();
        assert!(
            nexts.iter().all(|next| (900_000..945_000).contains(next)),
            "{nexts:?}"
        );
        assert!(nexts.iter().any(|next| *next != nexts[0]));
    }
}
