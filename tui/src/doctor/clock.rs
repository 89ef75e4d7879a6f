//! Checks that the clock is not behind the last event of the ledger.

use stack::{Clock, Elapsed};

use super::Finding;
use super::ledger::LedgerContents;
use crate::format::values;

const PART: &str = "clock";

/// The tolerance, because the clocks of two machines always differ a little.
const TOLERANCE: Elapsed = Elapsed::from_millis(5_000);

pub(super) fn check(ledger: &LedgerContents, clock: &impl Clock) -> Finding {
    let now = clock.now();
    let stacks = ledger.leases.iter().map(|lease| lease.last_at);
    let reaper = ledger.reaper.last_run.iter().map(|run| run.started_at);
    let Some(latest) = stacks.chain(reaper).max() else {
        return Finding::ok(PART, format!("{} UTC", values::second(now)));
    };
    let behind = Elapsed::between(now, latest);
    if behind <= TOLERANCE {
        return Finding::ok(
            PART,
            format!("{} UTC, not behind the ledger", values::second(now)),
        );
    }
    Finding::broken(
        PART,
        format!(
            "{} UTC, but the ledger's last event is {} later, so expiry times are wrong",
            values::second(now),
            values::duration(behind)
        ),
        "set this machine's clock, for example with `timedatectl set-ntp true`",
    )
}
