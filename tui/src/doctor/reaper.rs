//! The reaper: whether anything ends at expiry.

use stack::Clock;
use stack::reaper::ReaperInactive;

use super::Finding;
use super::ledger::Open;
use crate::format::{describe, values};

const PART: &str = "reaper";

/// How the reaper is kept running.
const REGULARLY: &str =
    "run `jiti reap --yes` from a timer, or `jiti reap --yes --watch` as a service";

pub(super) fn look(ledger: &Open, clock: &impl Clock) -> Finding {
    let now = clock.now();
    let status = &ledger.reaper;
    if let Some(why) = status.inactivity(now) {
        let mend = match why {
            ReaperInactive::Paused { .. } => {
                "find out why it is paused, then `jiti reap --resume`".to_owned()
            }
            ReaperInactive::Silent { .. } => {
                format!("see why it stopped running, and {REGULARLY} again")
            }
            ReaperInactive::NeverRan => REGULARLY.to_owned(),
        };
        return Finding::advice(PART, describe::why_inactive(&why), mend);
    }
    let Some(last) = &status.last_run else {
        return Finding::ok(PART, "it is there");
    };
    let ran = format!("last run {}", values::moment(last.started_at, now));
    if last.failed > 0 {
        let found = format!("{ran}: {} stacks could not be ended", last.failed);
        return Finding::advice(PART, found, "`jiti events` tells which, and why");
    }
    Finding::ok(PART, format!("{ran}, every {}", last.interval))
}
