//! Checks that a reaper runs, so that stacks are torn down at expiry.

use stack::Clock;
use stack::reaper::ReaperInactive;

use super::Finding;
use super::ledger::LedgerContents;
use crate::format::{describe, values};

const PART: &str = "reaper";

/// How to run the reaper regularly.
const RUN_REGULARLY: &str =
    "run `jiti reap --yes` from a timer, or `jiti reap --yes --watch` as a service";

pub(super) fn check(ledger: &LedgerContents, clock: &impl Clock) -> Finding {
    let now = clock.now();
    let status = &ledger.reaper;
    if let Some(why) = status.inactivity(now) {
        let fix = match why {
            ReaperInactive::Paused { .. } => {
                "resume it with `jiti reap --resume` once the reason has passed".to_owned()
            }
            ReaperInactive::Silent { .. } => {
                format!("check why it stopped, then {RUN_REGULARLY}")
            }
            ReaperInactive::NeverRan => RUN_REGULARLY.to_owned(),
        };
        return Finding::advice(PART, describe::why_inactive(&why), fix);
    }
    let Some(last) = &status.last_run else {
        return Finding::ok(PART, "running");
    };
    let ran = format!("last run {}", values::moment(last.started_at, now));
    if last.failed > 0 {
        let found = format!("{ran}: {}", values::count(last.failed, "failed teardown"));
        return Finding::advice(PART, found, "`jiti events` shows which, and why");
    }
    Finding::ok(
        PART,
        format!("{ran}, interval {}", values::span(last.interval)),
    )
}
