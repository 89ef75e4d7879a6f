//! Checks that a reaper runs, so that stacks are torn down at expiry.

use stack::Clock;
use stack::budget::next_opening;
use stack::due::Cause;
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
    let budgets = status.budgets();
    let causes = Cause::ALL.into_iter();
    let mut never = causes.filter(|cause| next_opening(&budgets, *cause, now).is_none());
    if let Some(cause) = never.next() {
        let found = format!(
            "{ran}; its budgets never let a stack end for {}",
            cause.as_str()
        );
        let fix = "shorten the duration of a [[reaper.budget]], or raise its max";
        return Finding::advice(PART, found, fix);
    }
    if budgets.len() < last.budgets.len() {
        let found = format!("{ran}; this jiti cannot read all of its budgets");
        return Finding::advice(PART, found, "use the version of jiti that the reaper uses");
    }
    Finding::ok(
        PART,
        format!("{ran}, interval {}", values::span(last.interval)),
    )
}
