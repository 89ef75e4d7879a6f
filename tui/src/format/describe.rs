//! Phases and events in words, for people. JSON has the same facts as fields.

use crate::dashboard::model::operations::{Doing, Work};
use stack::idle::IdleState;
use stack::init::{PhaseBoundary, ReportedPhase};
use stack::lease::Strategy;
use stack::reaper::ReaperInactive;
use stack::{EventKind, Phase, Source};

use super::values;

/// A phase as people say it.
pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::TearingDown => "tearing down",
        other => other.as_str(),
    }
}

/// Whether anybody uses it.
pub(crate) fn idle(state: IdleState) -> &'static str {
    match state {
        IdleState::Active => "active",
        IdleState::Idle => "idle",
        IdleState::Unknown => "unknown",
    }
}

/// How far work on a stack is: `falls asleep: 1 of 3 stopped, 1 failed`.
pub(crate) fn work(work: &Work) -> String {
    let (doing, done) = match work.doing {
        Doing::Teardown => ("is being torn down", "gone"),
        Doing::Sleep => ("falls asleep", "stopped"),
        Doing::Wake => ("wakes", "started"),
    };
    let failed = match work.failed() {
        0 => String::new(),
        count => format!(", {count} failed"),
    };
    format!("{doing}: {} of {} {done}{failed}", work.done(), work.all())
}

/// That nothing ends at expiry, why, and what changes that.
pub(crate) fn inactivity(why: &ReaperInactive) -> String {
    let remedy = match why {
        ReaperInactive::NeverRan | ReaperInactive::Silent { .. } => {
            "`jiti reap --yes` runs it once."
        }
        ReaperInactive::Paused { .. } => "`jiti reap --resume` lets it go on.",
    };
    format!("{}. {remedy}", why_nothing_ends(why))
}

/// That nothing ends at expiry, and why.
pub(crate) fn why_nothing_ends(why: &ReaperInactive) -> String {
    let why = match why {
        ReaperInactive::NeverRan => "no reaper has run yet".to_owned(),
        ReaperInactive::Silent { last, interval } => format!(
            "the last reaper ran at {} UTC and should run every {interval}",
            values::minute(*last)
        ),
        ReaperInactive::Paused { by, at, why } => {
            let why = why.as_ref().map(|why| format!(": {why}"));
            let at = values::minute(*at);
            format!(
                "{by} paused the reaper at {at} UTC{}",
                why.unwrap_or_default()
            )
        }
    };
    format!("Nothing ends at expiry: {why}")
}

/// Which part of jiti wrote an event.
pub(crate) fn source(source: Source) -> &'static str {
    match source {
        Source::Provider => "provider",
        Source::Dashboard => "dashboard",
        Source::Cli => "cli",
        Source::Reaper => "reaper",
    }
}

/// What happened, with the event's own fields. The text may hold anything that somebody wrote: it
/// is made harmless where it is shown.
pub(crate) fn event(kind: &EventKind) -> String {
    match kind {
        EventKind::Requested { registration } => {
            let r = registration;
            format!(
                "requested {}@{} for {}, ttl {}",
                r.app, r.version, r.owner, r.terms.ttl
            )
        }
        EventKind::Recorded { origin: None } => "recorded in the Terraform state".to_owned(),
        EventKind::Recorded {
            origin: Some(origin),
        } => format!("recorded in the Terraform state of {}", origin.directory),
        EventKind::Provisioned => "provisioned: all is created, checks begin".to_owned(),
        EventKind::PhaseMarked {
            phase,
            class,
            state,
            reported: told,
        } => {
            let class = class
                .as_deref()
                .map(|class| format!(" ({class})"))
                .unwrap_or_default();
            match (state, told) {
                (_, Some(ReportedPhase { seconds, .. })) => {
                    format!("phase {phase}{class} took {}", values::seconds(*seconds))
                }
                (PhaseBoundary::Start, None) => format!("phase {phase}{class} began"),
                (PhaseBoundary::Done, None) => format!("phase {phase}{class} done"),
            }
        }
        EventKind::CheckPassed { check } => format!("check passed: {check}"),
        EventKind::Ready => "ready: every check has passed".to_owned(),
        EventKind::ReadyTimedOut => "not ready in time".to_owned(),
        EventKind::VersionChanged { from, to } => format!("version {from} to {to}"),
        EventKind::OwnerChanged { from, to } => format!("owner {from} to {to}"),
        EventKind::TermsChanged { terms } => format!("terms changed, ttl {}", terms.ttl),
        EventKind::Renewed { policy: None } => "renewed".to_owned(),
        EventKind::Renewed { policy: Some(_) } => "renewed, under a new policy".to_owned(),
        EventKind::Extended { by, until } => {
            format!("extended by {by}, until {} UTC", values::minute(*until))
        }
        EventKind::Held { until, why } => {
            format!("held until {} UTC: {why}", values::minute(*until))
        }
        EventKind::HoldEnded => "hold ended".to_owned(),
        EventKind::Rated {
            hourly_usd,
            hourly_source,
            unpriced,
            ..
        } => {
            let rate = hourly_usd.map_or_else(|| "rate unknown".to_owned(), per_hour);
            let without = match unpriced.as_slice() {
                [] => String::new(),
                some => format!(", without {}", some.join(", ")),
            };
            format!("{rate} ({hourly_source}){without}")
        }
        EventKind::SleepStarted { prior, until, .. } => {
            let until = until.map(|until| format!(", until {} UTC", values::minute(until)));
            let until = until.unwrap_or_default();
            format!("sleep began, {} sizes kept{until}", prior.len())
        }
        EventKind::Slept => "asleep".to_owned(),
        EventKind::WakeStarted { .. } => "wake began".to_owned(),
        EventKind::Woken => "woken".to_owned(),
        EventKind::PowerOperationAlive { .. } => "goes on".to_owned(),
        EventKind::PowerOperationFailed { reason, .. } => format!("not finished: {reason}"),
        EventKind::Activity { signal } => format!("used: {signal}"),
        EventKind::Warned { warning } => format!("warned: {warning}"),
        EventKind::TeardownStarted {
            strategy,
            by,
            why,
            host,
            pid,
            ..
        } => {
            let how = match strategy {
                Strategy::Terraform => "through Terraform",
                Strategy::Sweep => "as a sweep by tag",
            };
            format!("teardown {how} began for {by} ({why}), process {pid} on {host}")
        }
        EventKind::TeardownAlive => "teardown goes on".to_owned(),
        EventKind::ResourceDeleted { id } => format!("deleted {id}"),
        EventKind::ResourceLeft {
            id,
            reason,
            blocked_by,
        } => {
            let by = blocked_by
                .as_deref()
                .map(|by| format!(", blocked by {by}"))
                .unwrap_or_default();
            format!("left {id}: {reason}{by}")
        }
        EventKind::TeardownFailed { reason } => format!("teardown failed: {reason}"),
        EventKind::Released => "released: Terraform deleted the stack's resource".to_owned(),
        EventKind::Adopted { from_ledger, .. } => match from_ledger {
            Some(ledger) => format!("adopted from ledger {ledger}"),
            None => "adopted".to_owned(),
        },
        EventKind::Gone => "gone: all was looked at and nothing was found".to_owned(),
        EventKind::Unknown(unknown) => {
            let fields = serde_json::Value::Object(unknown.fields.clone());
            format!("{} (of a newer jiti) {fields}", unknown.kind)
        }
    }
}

fn per_hour(rate: stack::HourlyRate) -> String {
    format!("{}/h", values::rate(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event of a newer jiti is shown with its fields, not hidden.
    #[test]
    fn unknown_events_are_shown() {
        let kind =
            serde_json::from_str(r#"{"kind": "teleported", "to": "mars"}"#).expect("an event");
        assert_eq!(
            event(&kind),
            r#"teleported (of a newer jiti) {"to":"mars"}"#
        );
    }

    /// A hold shows until when and why, in its author's words.
    #[test]
    fn holds_show_why() {
        let text = r#"{"kind": "held", "until": "2026-03-02T18:00:00Z", "why": "demo at four"}"#;
        let kind = serde_json::from_str(text).expect("an event");
        assert_eq!(
            event(&kind),
            "held until 2026-03-02 18:00 UTC: demo at four"
        );
    }
}
