//! `jiti reap --yes --watch`: one run per interval, until a signal.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use stack::reaper::DEFAULT_INTERVAL;
use stack::{Clock, Elapsed, Span, random};
use tokio::sync::mpsc;

use super::once::{drain, once, shared};
use super::report::Report;
use super::reporter::Reporter;
use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::values;

/// How often the clock is read, because timers stop while the machine is suspended.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_secs(20);

/// A run starts up to 1/20 of the interval late, so that reapers that started together spread out.
const JITTER_DIVISOR: u64 = 20;

/// What the loop does next.
enum Next {
    /// Start a run.
    Start,
    /// Report a run that has ended.
    Ended(Box<Result<Report, CommandError>>),
    /// Start no further runs.
    Stop,
}

pub(super) async fn run(
    output: OutputOptions,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (to, mut entries) = mpsc::unbounded_channel();
    let steps = false;
    let reporter = Reporter { to, output, steps };
    let (shared, signals) = shared(context, &reporter)?;
    let stop = shared.stop.clone();
    tokio::pin!(signals);

    // A teardown may take longer than the interval: the next run begins beside it.
    let mut runs = FuturesUnordered::new();
    let mut next = context.clock().now();
    let (mut first, mut stopping) = (true, false);
    loop {
        if stopping && runs.is_empty() {
            drain(&mut entries, ui)?;
            return Ok(());
        }
        let mut stopped = stop.clone();
        let action = tokio::select! {
            biased;
            Some(entry) = entries.recv() => {
                entry.write(ui)?;
                continue;
            }
            () = &mut signals => continue,
            _ = stopped.wait_for(|stop| *stop), if !stopping => Next::Stop,
            Some(report) = runs.next() => Next::Ended(Box::new(report)),
            () = until(next, context.clock()), if !stopping => Next::Start,
        };
        match action {
            Next::Start => {
                next = after(context.clock().now(), interval(context));
                runs.push(once(context, &shared));
            }
            Next::Ended(ended) => match *ended {
                Ok(report) => {
                    let now = context.clock().now();
                    if let Err(error) = report.result() {
                        reporter.note(format!("{} UTC {}", values::second(now), error.message()));
                    }
                    report.write(&reporter, now);
                    first = false;
                }
                // If the first run cannot start, the setup is wrong. Later errors may pass.
                Err(error) if first => {
                    drain(&mut entries, ui)?;
                    return Err(error);
                }
                Err(error) => {
                    let now = values::second(context.clock().now());
                    let error = error.message();
                    reporter.note(format!("{now} UTC the run could not start: {error}"));
                }
            },
            Next::Stop => stopping = true,
        }
    }
}

/// Waits until the clock reaches a time.
pub(super) async fn until(next: Timestamp, clock: &impl Clock) {
    loop {
        let left = Duration::from_millis(Elapsed::between(clock.now(), next).millis());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(CLOCK_POLL_INTERVAL)).await;
    }
}

/// The interval in the configuration. If the file is not readable, the run reports that.
pub(super) fn interval(context: &Context) -> Span {
    context
        .config()
        .map_or(DEFAULT_INTERVAL, |config| config.reaper.interval)
}

/// The time of the next run: one interval after now, plus jitter.
pub(super) fn after(now: Timestamp, interval: Span) -> Timestamp {
    let interval = interval.seconds().saturating_mul(1000);
    let jitter = random::bits() % (interval / JITTER_DIVISOR).max(1);
    Elapsed::from_millis(interval.saturating_add(jitter)).after(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next run starts one interval later, plus at most a twentieth of it.
    #[test]
    fn runs_spread_out() {
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
