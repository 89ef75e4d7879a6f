//! Checks this machine's clock against the ledger, and names events that lie in its future.

use stack::{Clock, Elapsed};

use super::Finding;
use super::ledger::LedgerContents;
use crate::format::values;

const PART: &str = "clock";

pub(super) fn check(ledger: &LedgerContents, clock: &impl Clock) -> Vec<Finding> {
    let now = clock.now();
    let time = values::second(now);
    let evidence = &ledger.clock;
    let runs = ledger.reaper.last_run.iter().map(|run| run.started_at);
    let latest = evidence
        .misdated
        .iter()
        .map(|event| event.at)
        .chain(runs)
        .max();
    let verdict = match latest {
        Some(latest) if !evidence.is_confirmed => Finding::broken(
            PART,
            format!(
                "{time} UTC, but the ledger's last event is {} later, so expiry times are wrong",
                values::duration(Elapsed::between(now, latest))
            ),
            "set this machine's clock, for example with `timedatectl set-ntp true`",
        ),
        _ if evidence.misdated.is_empty() => {
            Finding::ok(PART, format!("{time} UTC, not behind the ledger"))
        }
        _ => Finding::ok(PART, format!("{time} UTC, confirmed by another source")),
    };
    std::iter::once(verdict).chain(misdated(ledger)).collect()
}

/// One finding for each stack with events from the future.
fn misdated(ledger: &LedgerContents) -> impl Iterator<Item = Finding> {
    const PART: &str = "dates";
    let stacks = ledger.clock.stacks().into_iter();
    stacks.map(|stack| {
        let events = ledger.clock.misdated.iter();
        let each: Vec<String> = events
            .filter(|event| event.stack == *stack)
            .map(|event| {
                format!(
                    "event {} ({}) by {} is dated {} UTC",
                    event.seq,
                    event.kind,
                    event.actor,
                    values::minute(event.at)
                )
            })
            .collect();
        Finding::broken(
            PART,
            format!(
                "{stack}: {}, in the future, so the reaper leaves this stack alone",
                each.join("; ")
            ),
            format!(
                "correct the clock of that machine; if this machine's clock is right, run `jiti doctor --mark-misdated '{stack}'`"
            ),
        )
    })
}
