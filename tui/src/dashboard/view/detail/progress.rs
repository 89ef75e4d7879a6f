//! The progress of an operation: the state of each resource, what failed and why, and the outcome.
//!
//! ```text
//!  going to sleep: 1 of 3 stopped, 1 failed, for 42 s
//!    ◌ web      stopped after 31 s
//!    ▼ orders   for 11 s
//!    ✗ jobs     failed after 4 s: AccessDenied
//! ```

use jiff::Timestamp;
use stack::Elapsed;
use stack::service::power::PowerOutcome;
use stack::service::teardown::{TeardownOutcome, outliving};
use stack::sleep::RemainingCosts;

use super::super::page::Page;
use crate::dashboard::keymap::Keymap;
use crate::dashboard::model::Model;
use crate::dashboard::model::operations::{
    Operation, OperationKind, OperationResult, ResourceProgress,
};
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;
use crate::format::{describe, values};

pub(super) fn fill(page: &mut Page, operation: &Operation, model: &Model) {
    let (now, keymap) = (model.now(), &model.settings.keymap);
    let (state, tone) = state(operation, now, keymap);
    page.text(&state, tone);
    match &operation.result {
        Some(OperationResult::Failed(reason)) => page.text(&format!("✗ {reason}"), Tone::Alarm),
        Some(OperationResult::TornDown(outcome)) => residue(page, outcome),
        Some(OperationResult::PowerFinished(outcome)) => power_outcome(page, outcome, now, keymap),
        None => {}
    }
    let (glyph, word) = match operation.kind {
        OperationKind::Teardown => ("○", "destroyed"),
        OperationKind::Sleep => ("◌", "stopped"),
        OperationKind::Wake => ("●", "started"),
    };
    for (id, progress) in &operation.resources {
        let (glyph, what, tone) = match progress {
            ResourceProgress::InProgress(_) if operation.result.is_some() => {
                ("▲", "result unknown".to_owned(), Tone::Notice)
            }
            ResourceProgress::InProgress(since) => {
                let time = Elapsed::between(*since, now);
                ("▼", format!("for {}", values::duration(time)), Tone::Notice)
            }
            ResourceProgress::Done(seconds) => (
                glyph,
                format!("{word} after {}", whole_seconds(*seconds)),
                Tone::Quiet,
            ),
            ResourceProgress::Failed(seconds, why) => {
                let why = why.as_ref().map(|why| format!(": {why}"));
                let why = why.unwrap_or_default();
                (
                    "✗",
                    format!("failed after {}{why}", whole_seconds(*seconds)),
                    Tone::Alarm,
                )
            }
        };
        let id = stack::cloud::short(id);
        if matches!(progress, ResourceProgress::Failed(_, Some(_))) {
            page.text(&format!("  {glyph} {id}  {what}"), tone);
        } else {
            page.line([
                (format!("  {glyph} {id}  "), tone.into()),
                (what, Tone::Quiet.into()),
            ]);
        }
    }
}

fn state(operation: &Operation, now: Timestamp, keymap: &Keymap) -> (String, Tone) {
    let (done, all) = (operation.done(), operation.all());
    let since = operation.since.map_or_else(String::new, |since| {
        format!(", for {}", values::duration(Elapsed::between(since, now)))
    });
    match (operation.kind, &operation.result) {
        (OperationKind::Teardown, ended) => {
            let (state, tone) = match ended {
                None if operation.stopping => ("stopping", Tone::Notice),
                None => ("running", Tone::Heading),
                Some(OperationResult::TornDown(outcome)) if outcome.residue.is_empty() => {
                    ("complete", Tone::Good)
                }
                Some(OperationResult::TornDown(_)) => ("incomplete", Tone::Alarm),
                Some(OperationResult::Failed(_) | OperationResult::PowerFinished(_)) => {
                    ("failed", Tone::Alarm)
                }
            };
            (format!("Teardown {state}: {done} of {all} destroyed"), tone)
        }
        (kind, None) => {
            let word = match kind {
                OperationKind::Sleep => "Sleep",
                _ => "Wake",
            };
            let text = format!("{word} running: {}{since}", operation.progress());
            (text, Tone::Heading)
        }
        (kind, Some(OperationResult::PowerFinished(outcome))) if outcome.failed.is_empty() => {
            let text = match kind {
                OperationKind::Sleep => format!("Asleep: {} stopped", outcome.moved.len()),
                _ => format!("Awake: {} started", outcome.moved.len()),
            };
            (text, Tone::Good)
        }
        (_, Some(OperationResult::PowerFinished(outcome))) => {
            let failed = outcome.failed.len();
            let (sleep, wake) = (keymap.key(Msg::Sleep), keymap.key(Msg::Wake));
            let text = format!(
                "Partly asleep: {done} of {all} done, {failed} failed; press {sleep} to finish, {wake} to wake"
            );
            (text, Tone::Alarm)
        }
        (OperationKind::Sleep, Some(_)) => ("Sleep failed".to_owned(), Tone::Alarm),
        (_, Some(_)) => ("Wake failed".to_owned(), Tone::Alarm),
    }
}

fn whole_seconds(seconds: u64) -> String {
    values::duration(Elapsed::from_millis(seconds.saturating_mul(1_000)))
}

/// Adds the outcome of a sleep or wake.
fn power_outcome(page: &mut Page, outcome: &PowerOutcome, now: Timestamp, keymap: &Keymap) {
    if outcome.asleep {
        let sleep = keymap.key(Msg::Sleep);
        remains(page, &outcome.remains);
        for start in describe::automatic_starts(&outcome.starts, now) {
            page.text(
                &format!("▲ {start}; press {sleep} then to stop it again"),
                Tone::Notice,
            );
        }
        for restart in &outcome.restarts {
            let (id, at) = (&restart.id, values::moment(restart.at, now));
            let text = format!("▲ AWS restarts {id} at {at}; press {sleep} then to stop it again");
            page.text(&text, Tone::Notice);
        }
        if let Some(at) = outcome.wake_at {
            let text = format!("The reaper wakes the stack at {}", values::moment(at, now));
            page.text(&text, Tone::Plain);
        }
    }
    for id in &outcome.missing {
        let text = format!("▲ {id} no longer exists and cannot be started");
        page.text(&text, Tone::Notice);
    }
    page.text(&ready_again(outcome.ready_again_seconds), Tone::Quiet);
}

/// Adds what a sleeping stack still costs, by resource.
pub(super) fn remains(page: &mut Page, remains: &RemainingCosts) {
    page.text(&remaining_cost(remains), Tone::Plain);
    for one in &remains.resources {
        let cost = describe::remaining_cost(one);
        page.line([
            (format!("  {cost}  "), Tone::Plain.into()),
            (
                format!("{}  {}", one.kind, one.id.short()),
                Tone::Quiet.into(),
            ),
        ]);
    }
}

/// What a sleeping stack still costs, in one line.
pub(super) fn remaining_cost(remains: &RemainingCosts) -> String {
    let unpriced = match remains.unknown {
        0 => String::new(),
        unknown => format!(" ({} unpriced)", values::count(unknown, "resource")),
    };
    match remains.hourly_usd {
        Some(rate) => format!(
            "{} remains while asleep{unpriced}",
            values::per_hour(rate, remains.is_minimum())
        ),
        None if remains.unknown == 0 => "no cost remains while asleep".to_owned(),
        None => format!("cost while asleep unknown{unpriced}"),
    }
}

/// The expected time to wake the stack.
pub(super) fn ready_again(time: Option<Elapsed>) -> String {
    match time {
        Some(time) => format!(
            "ready about {} after waking, judging by earlier wakes of this app",
            values::duration(time)
        ),
        None => "wake time unknown: no stack of this app has been woken yet".to_owned(),
    }
}

fn residue(page: &mut Page, outcome: &TeardownOutcome) {
    for one in &outcome.deleted {
        if let Some(reservation) = &one.name_reservation {
            let text = format!("▲ {}: {}", one.id, reservation.warning());
            page.text(&text, Tone::Notice);
        }
        if let Some(what) = &one.outlives {
            let text = format!("▲ {}: {}", one.id, outliving(what));
            page.text(&text, Tone::Notice);
        }
    }
    for left in &outcome.residue {
        let by = left.blocked_by.as_deref();
        let by = by
            .map(|by| format!(", blocked by {by}"))
            .unwrap_or_default();
        let cost = left
            .hourly_usd
            .map(|rate| format!(", {}/h", values::rate(rate)));
        let text = format!(
            "✗ {}: {}{by}{}",
            left.id,
            left.reason,
            cost.unwrap_or_default()
        );
        page.text(&text, Tone::Alarm);
        if let Some(command) = &left.command {
            page.text(&format!("  to finish: {command}"), Tone::Plain);
        }
    }
}
