//! The clock: whether it runs behind what the ledger has seen already.

use stack::{Clock, Elapsed};

use super::Finding;
use super::ledger::Open;
use crate::format::values;

const PART: &str = "clock";

/// Two machines never agree to the second.
const TOLERANCE: Elapsed = Elapsed::from_millis(5_000);

pub(super) fn look(ledger: &Open, clock: &impl Clock) -> Finding {
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
            "it says {} UTC, and the ledger's last event is {} later: until when stacks live is counted wrongly",
            values::second(now),
            values::duration(behind)
        ),
        "set this machine's clock, for example with `timedatectl set-ntp true`",
    )
}
