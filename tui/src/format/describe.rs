//! Phases, events and findings as sentences for people. JSON has the same facts as fields.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stack::budget::BudgetDeferral;
use stack::cloud::{AutomaticStarts, Unchecked};
use stack::idle::{Evidence, IdleState};
use stack::init::{FailedCheck, PhaseBoundary, ReportedPhase};
use stack::init_queue::{InitQueue, QueuedStack};
use stack::lease::{BrokenRule, MisdatedEvent, Strategy};
use stack::ledger::UnreadableStack;
use stack::reaper::ReaperInactive;
use stack::service::billing::Billed;
use stack::sleep::RemainingCost;
use stack::{Event, EventKind, Phase, Source};

use super::values;

/// A phase in words.
pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::TearingDown => "tearing down",
        other => other.as_str(),
    }
}

/// An idle state in words.
pub(crate) fn idle(state: IdleState) -> &'static str {
    match state {
        IdleState::Active => "active",
        IdleState::Idle => "idle",
        IdleState::Unknown => "unknown",
    }
}

/// A cloud resource by its type and the last part of its ARN; the address of a Terraform resource,
/// or any other text, as it is.
pub(crate) fn resource(kind: &str, id: &str) -> String {
    match stack::cloud::short(id) {
        short if short == id => id.to_owned(),
        short => format!("{kind} {short}"),
    }
}

/// One signal of a resource's use: `CPU: 0.4 %; idle below 2 % over 1 h`. A source that did not
/// answer has nothing to compare with the threshold.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    let amount = |number: f64| {
        let unit = evidence.unit.as_deref().unwrap_or_default();
        format!("{} {unit}", values::number(number))
            .trim_end()
            .to_owned()
    };
    let threshold = amount(evidence.threshold);
    let window = values::span(evidence.window);
    let signal = &evidence.signal;
    match evidence.value {
        Some(value) => format!(
            "{signal}: {}; idle below {threshold} over {window}",
            amount(value)
        ),
        None => {
            // A signal without a value has the reason in parentheses: `CPU (not enough data yet)`.
            let reason = signal
                .strip_suffix(')')
                .and_then(|text| text.split_once(" ("));
            let (signal, reason) = reason.unwrap_or((signal, "no data"));
            if reason.starts_with("not enough data") {
                format!("{signal}: {reason}; idle below {threshold}")
            } else {
                format!("{signal}: {reason}")
            }
        }
    }
}

/// What one resource still costs while its stack sleeps, and what of it has no price:
/// `$0.03/h`, `≥ $0.03/h (not priced: traffic)` or `price unknown (a spot price)`.
pub(crate) fn remaining_cost(remaining: &RemainingCost) -> String {
    let unpriced = remaining.unpriced.join(", ");
    match remaining.hourly_usd {
        Some(rate) if unpriced.is_empty() => values::per_hour(rate, false),
        Some(rate) => format!("{} (not priced: {unpriced})", values::per_hour(rate, true)),
        None if unpriced.is_empty() => "price unknown".to_owned(),
        None => format!("price unknown ({unpriced})"),
    }
}

/// What starts resources of a sleeping stack again or resizes them, one sentence each.
pub(crate) fn automatic_starts(starts: &AutomaticStarts, now: Timestamp) -> Vec<String> {
    let found = starts.found.iter().map(|start| {
        let (by, id) = (&start.by, start.id.short());
        let (does, may_do) = if start.resizes {
            (
                format!("changes the size of {id}"),
                format!("change the size of {id}"),
            )
        } else {
            (format!("starts {id} again"), format!("start {id} again"))
        };
        match (start.at, &start.schedule) {
            (Some(at), _) => format!("{by} {does} at {}", values::moment(at, now)),
            (None, Some(schedule)) => format!("{by} {does}: {schedule}"),
            (None, None) => format!("{by} may {may_do} at any time"),
        }
    });
    let unread = starts.unread.iter().map(|unread| {
        let (id, reason) = (unread.id.short(), &unread.reason);
        format!("could not read what starts or resizes {id}: {reason}")
    });
    found.chain(unread).collect()
}

/// The billed amount, the last day it covers, and the age of the answer:
/// `$3.00 until the end of 2026-03-05 (queried 2 h ago)`.
pub(crate) fn billed(billed: &Billed, now: Timestamp) -> String {
    format!(
        "{} until the end of {} (queried {})",
        values::usd(billed.usd),
        billed.until,
        values::distance(billed.asked_at, now)
    )
}

/// What could not be checked, and why: `rds in 123456789012/eu-west-1: AccessDenied`.
pub(crate) fn not_checked(gap: &Unchecked) -> String {
    let kind = gap.kind.as_deref().unwrap_or("all services");
    format!("{kind} in {}: {}", gap.place, gap.reason)
}

/// The state of a stack with a damaged record.
pub(crate) const UNREADABLE: &str = "unreadable";

/// Why a stack cannot be read, and what to do.
pub(crate) fn unreadable(stack: &UnreadableStack) -> String {
    format!(
        "{} is unreadable: {}. jiti leaves it alone; `jiti doctor` says what to do.",
        stack.name, stack.problem
    )
}

/// An event that lies in the future of this machine's clock, and what follows from it.
pub(crate) fn misdated(event: &MisdatedEvent) -> String {
    format!(
        "{}: event {} ({}) by {} is dated {} UTC, which is in the future. The reaper leaves this stack alone; \
         `jiti doctor` says what to do.",
        event.stack,
        event.seq,
        event.kind,
        event.actor,
        values::minute(event.at)
    )
}

/// Why no reaper tears stacks down at expiry, and the command that changes it.
pub(crate) fn inactivity(why: &ReaperInactive) -> String {
    let remedy = match why {
        ReaperInactive::NeverRan | ReaperInactive::Silent { .. } => {
            "`jiti reap --yes` runs it once."
        }
        ReaperInactive::Paused { .. } => "`jiti reap --resume` resumes it.",
    };
    format!("{}. {remedy}", why_inactive(why))
}

/// Which budget defers the end of a stack, and until when.
pub(crate) fn deferral(deferral: &BudgetDeferral, now: Timestamp) -> String {
    let ending = match deferral.max {
        0 => String::new(),
        _ => format!(", and {} ending", are(deferral.ending)),
    };
    let next = match deferral.not_before {
        Some(at) => format!("the next possible end is at {}", values::moment(at, now)),
        None => "it never lets the stack end".to_owned(),
    };
    format!(
        "a budget defers the end: {}{ending}; {next}",
        deferral.budget
    )
}

/// `1 is` or `3 are`.
fn are(count: u32) -> String {
    if count == 1 {
        "1 is".to_owned()
    } else {
        format!("{count} are")
    }
}

/// Why no reaper tears stacks down at expiry.
pub(crate) fn why_inactive(why: &ReaperInactive) -> String {
    let why = match why {
        ReaperInactive::NeverRan => "no reaper has run yet".to_owned(),
        ReaperInactive::Silent { last, interval } => format!(
            "the last reaper ran at {} UTC; its interval is {}",
            values::minute(*last),
            values::span(*interval)
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
    format!("Nothing tears stacks down at expiry: {why}")
}

/// The applies that wait for their turn, and the stacks that they wait for; `None` if none waits.
pub(crate) fn init_queue(queue: &InitQueue, now: Timestamp) -> Option<String> {
    let list = |stacks: &[QueuedStack]| {
        let stacks: Vec<_> = stacks.iter().map(|queued| queued.describe(now)).collect();
        stacks.join(", ")
    };
    let waiting = match queue.waiting.len() {
        0 => return None,
        1 => "1 apply waits for its turn".to_owned(),
        more => format!("{more} applies wait for their turn, in this order"),
    };
    Some(format!(
        "{waiting}: {}. On their way to ready, of at most {} (max_concurrent_inits): {}.",
        list(&queue.waiting),
        queue.limit,
        list(&queue.initialising)
    ))
}

/// The part of jiti that wrote an event.
pub(crate) fn source(source: Source) -> &'static str {
    match source {
        Source::Provider => "provider",
        Source::Dashboard => "dashboard",
        Source::Cli => "cli",
        Source::Reaper => "reaper",
    }
}

/// The events in words, see [`event`]. The end of a stack also names how it ended, if the start of
/// its teardown is among the events.
pub(crate) fn events(events: &[Event]) -> Vec<String> {
    let mut strategies = BTreeMap::new();
    let texts = events.iter().map(|event| match &event.kind {
        EventKind::TeardownStarted { strategy, .. } => {
            strategies.insert(&event.stack, *strategy);
            self::event(&event.kind)
        }
        EventKind::Gone => gone(strategies.get(&event.stack).copied()).to_owned(),
        kind => self::event(kind),
    });
    texts.collect()
}

/// An event with its own fields. The text may contain anything that a user or a tag contains, so
/// the caller must make it harmless before it reaches a terminal.
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
        EventKind::Provisioned => "provisioned: readiness checks start".to_owned(),
        EventKind::PhaseMarked {
            phase,
            class,
            state,
            reported,
        } => {
            let class = class
                .as_deref()
                .map(|class| format!(" ({class})"))
                .unwrap_or_default();
            match (state, reported) {
                (_, Some(ReportedPhase { seconds, .. })) => {
                    format!("phase {phase}{class} took {}", values::seconds(*seconds))
                }
                (PhaseBoundary::Start, None) => format!("phase {phase}{class} started"),
                (PhaseBoundary::Done, None) => format!("phase {phase}{class} done"),
            }
        }
        EventKind::CheckPassed { check } => format!("check passed: {check}"),
        EventKind::Ready => "ready: every check has passed".to_owned(),
        EventKind::ReadyTimedOut { checks } => match checks.as_slice() {
            [] => "not ready in time".to_owned(),
            [first, rest @ ..] => {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" (and {} more)", values::thousands(more)),
                };
                let FailedCheck { check, answer } = first;
                format!("not ready in time: {check}: {answer}{more}")
            }
        },
        EventKind::NotReady {
            cause: Some(cause), ..
        } => format!("not ready: {} ({})", cause.text, cause.kind),
        EventKind::NotReady { found_by, .. } => {
            format!("{found_by} shows no cause any more")
        }
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
            accrued,
            ..
        } => {
            let rate = hourly_usd.map_or_else(
                || "rate unknown".to_owned(),
                |rate| values::per_hour(rate, !unpriced.is_empty()),
            );
            let not_priced = match unpriced.as_slice() {
                [] => String::new(),
                unpriced => format!("; not priced: {}", unpriced.join(", ")),
            };
            let since = accrued.iter().map(|earlier| earlier.since).min();
            let since = since.map_or_else(String::new, |since| {
                let since = values::minute(since);
                format!("; estimated from the creation of each resource on, since {since} UTC")
            });
            format!("{rate} ({hourly_source}){not_priced}{since}")
        }
        EventKind::SleepStarted { prior, until, .. } => {
            let until = until.map(|until| format!(", until {} UTC", values::minute(until)));
            let until = until.unwrap_or_default();
            format!(
                "sleep started, {} recorded{until}",
                values::count(prior.len(), "size")
            )
        }
        EventKind::Slept => "asleep".to_owned(),
        EventKind::WakeStarted { .. } => "wake started".to_owned(),
        EventKind::Woken => "awake".to_owned(),
        EventKind::PowerOperationAlive { .. } => "still running".to_owned(),
        EventKind::PowerOperationFailed { reason, .. } => format!("not finished: {reason}"),
        EventKind::Activity { signal } => format!("in use: {signal}"),
        EventKind::Noncompliant { findings, more } => {
            format!("noncompliant: {}", broken_rules(findings, *more))
        }
        EventKind::Compliant => "compliant: it breaks no rule any more".to_owned(),
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
            format!("teardown {how} started by {by} ({why}), process {pid} on {host}")
        }
        EventKind::TeardownDispatched { by, why, until } => format!(
            "teardown dispatched by {by} ({why}), it has until {} UTC",
            values::minute(*until)
        ),
        EventKind::TeardownAlive { deleting } => match deleting.len() {
            0 => "teardown still running".to_owned(),
            count => format!("deletes {} next", values::count(count, "resource")),
        },
        EventKind::ResourceDeleted { id } => format!("deleted {id}"),
        EventKind::ResourceLeft {
            id,
            reason,
            blocked_by,
            ..
        } => {
            let by = blocked_by
                .as_deref()
                .map(|by| format!(", blocked by {by}"))
                .unwrap_or_default();
            format!("left {id}: {reason}{by}")
        }
        EventKind::TeardownFailed { reason } => format!("teardown failed: {reason}"),
        EventKind::StateLocked { lock, since } => format!(
            "the Terraform state is locked since {} UTC, lock ID {}",
            values::minute(*since),
            lock.as_deref().unwrap_or("unknown")
        ),
        EventKind::OriginMoved { to, .. } => format!(
            "Terraform runs in {} on {} from now on, workspace {}",
            to.directory, to.process.host, to.workspace
        ),
        EventKind::Forgotten { by, why } => {
            format!("forgotten by {by} ({why}): the lease ended, nothing was deleted")
        }
        EventKind::Released => "released: Terraform deleted the stack's resource".to_owned(),
        EventKind::Adopted { from_ledger, .. } => match from_ledger {
            Some(ledger) => format!("adopted from ledger {ledger}"),
            None => "adopted".to_owned(),
        },
        EventKind::Gone => gone(None).to_owned(),
        EventKind::Misdated { events } => {
            let numbers: Vec<_> = events.iter().map(ToString::to_string).collect();
            format!("marked as misdated: event {}", numbers.join(", "))
        }
        EventKind::Unknown(unknown) => {
            let fields = serde_json::Value::Object(unknown.fields.clone());
            format!("{} (from a newer version of jiti) {fields}", unknown.kind)
        }
    }
}

/// The first broken rules, and how many more there are:
/// `public_endpoint at sg-1: tcp port 22 is open to everyone; and 2 more`.
pub(crate) fn broken_rules(findings: &[BrokenRule], more: u32) -> String {
    /// How many are named.
    const NAMED: usize = 3;
    let named: Vec<String> = findings.iter().take(NAMED).map(broken_rule).collect();
    let unnamed = findings.len().saturating_sub(NAMED) + usize::try_from(more).unwrap_or(0);
    match unnamed {
        0 => named.join("; "),
        more => format!("{}; and {} more", named.join("; "), values::thousands(more)),
    }
}

/// One broken rule: `public_endpoint at sg-1: tcp port 22 is open to everyone`.
pub(crate) fn broken_rule(broken: &BrokenRule) -> String {
    let BrokenRule { address, rule, why } = broken;
    match stack::cloud::short(address) {
        "" => format!("{rule}: {why}"),
        short => format!("{rule} at {short}: {why}"),
    }
}

/// The end of a stack, with the strategy of the teardown if it is known. Every sweep ends with a
/// check of all accounts; a destroy through Terraform does so only where accounts are configured.
fn gone(strategy: Option<Strategy>) -> &'static str {
    match strategy {
        Some(Strategy::Sweep) => "gone: verified, nothing left",
        Some(Strategy::Terraform) => "gone: destroyed by Terraform",
        None => "gone: the teardown is complete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event from a newer version of jiti is shown with its fields, not hidden.
    #[test]
    fn unknown_events_are_shown() {
        let kind =
            serde_json::from_str(r#"{"kind": "teleported", "to": "mars"}"#).expect("an event");
        assert_eq!(
            event(&kind),
            r#"teleported (from a newer version of jiti) {"to":"mars"}"#
        );
    }

    /// The end of a stack names how it ended, if the start of its teardown is known.
    #[test]
    fn the_end_names_the_strategy() {
        let event = |text: &str| -> EventKind { serde_json::from_str(text).expect("an event") };
        let started = event(
            r#"{"kind": "teardown_started", "strategy": "sweep", "by": "ana@laptop", "why": "x",
                "run": "7k3m9q2x4v8w", "host": "laptop", "pid": 1}"#,
        );
        let placed = |kind: EventKind, seq: u64| {
            stack::testing::new_event(stack::testing::noon(), kind)
                .into_event(stack::testing::stack_name("shop"), stack::Seq(seq))
        };
        let gone = events(&[placed(EventKind::Gone, 1)]);
        assert_eq!(gone, ["gone: the teardown is complete"]);
        let swept = events(&[placed(started, 1), placed(EventKind::Gone, 2)]);
        assert_eq!(swept[1], "gone: verified, nothing left");
    }

    /// A hold shows its end and the reason as its author wrote it.
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
