//! Work under way on a stack, live: how far it is, each resource with its time, what failed and why, and how it ended.
//!
//! ```text
//!  It falls asleep: 1 of 3 stopped, 1 failed, for 42 s
//!    ◌ web      stopped after 31 s
//!    ▼ orders   for 11 s
//!    ✗ jobs     failed after 4 s: you may not stop it
//! ```

use jiff::Timestamp;
use stack::Elapsed;
use stack::service::power::PowerOutcome;
use stack::service::teardown::TeardownOutcome;
use stack::sleep::RemainingCosts;

use super::super::page::Page;
use crate::dashboard::model::operations::{Doing, Ended, Fate, Work};
use crate::format::style::Tone;
use crate::format::values;

pub(super) fn fill(page: &mut Page, work: &Work, now: Timestamp) {
    let (state, tone) = state(work, now);
    page.text(&state, tone);
    match &work.ended {
        Some(Ended::Failed(reason)) => page.text(&format!("✗ {reason}"), Tone::Alarm),
        Some(Ended::Done(outcome)) => residue(page, outcome),
        Some(Ended::Turned(turned)) => turned_out(page, turned, now),
        None => {}
    }
    let (glyph, word) = match work.doing {
        Doing::Teardown => ("○", "gone"),
        Doing::Sleep => ("◌", "stopped"),
        Doing::Wake => ("●", "started"),
    };
    for (id, fate) in &work.resources {
        let (glyph, what, tone) = match fate {
            Fate::Going(_) if work.ended.is_some() => {
                ("▲", "not told how it ended".to_owned(), Tone::Notice)
            }
            Fate::Going(since) => {
                let seconds = Elapsed::between(*since, now).seconds();
                ("▼", format!("for {seconds} s"), Tone::Notice)
            }
            Fate::Done(seconds) => (glyph, format!("{word} after {seconds} s"), Tone::Quiet),
            Fate::Failed(seconds, why) => {
                let why = why.as_ref().map(|why| format!(": {why}"));
                let why = why.unwrap_or_default();
                ("✗", format!("failed after {seconds} s{why}"), Tone::Alarm)
            }
        };
        let id = stack::cloud::short(id);
        if matches!(fate, Fate::Failed(_, Some(_))) {
            page.text(&format!("  {glyph} {id}  {what}"), tone);
        } else {
            page.line([
                (format!("  {glyph} {id}  "), tone.into()),
                (what, Tone::Quiet.into()),
            ]);
        }
    }
}

fn state(work: &Work, now: Timestamp) -> (String, Tone) {
    let (done, all) = (work.done(), work.all());
    let since = work.since.map_or_else(String::new, |since| {
        format!(", for {}", values::duration(Elapsed::between(since, now)))
    });
    match (work.doing, &work.ended) {
        (Doing::Teardown, ended) => {
            let (state, tone) = match ended {
                None if work.stopping => ("is stopping", Tone::Notice),
                None => ("goes on", Tone::Heading),
                Some(Ended::Done(outcome)) if outcome.residue.is_empty() => {
                    ("has ended, nothing is left", Tone::Good)
                }
                Some(Ended::Done(_)) => ("has ended and left something", Tone::Alarm),
                Some(Ended::Failed(_) | Ended::Turned(_)) => ("has failed", Tone::Alarm),
            };
            (format!("Teardown {state}: {done} of {all} gone"), tone)
        }
        (_, None) => (format!("It {}{since}", work.summary()), Tone::Heading),
        (doing, Some(Ended::Turned(turned))) if turned.failed.is_empty() => {
            let text = match doing {
                Doing::Sleep => format!("It is asleep: {} stopped", turned.moved.len()),
                _ => format!("It is awake: {} started", turned.moved.len()),
            };
            (text, Tone::Good)
        }
        (_, Some(Ended::Turned(turned))) => {
            let failed = turned.failed.len();
            let text = format!(
                "It is half asleep: {done} of {all} turned, {failed} failed; z and w both finish it"
            );
            (text, Tone::Alarm)
        }
        (Doing::Sleep, Some(_)) => ("It could not be put to sleep".to_owned(), Tone::Alarm),
        (_, Some(_)) => ("It could not be woken".to_owned(), Tone::Alarm),
    }
}

/// What a sleep or a wake has come to.
fn turned_out(page: &mut Page, turned: &PowerOutcome, now: Timestamp) {
    if turned.asleep {
        remains(page, &turned.remains);
        for restart in &turned.restarts {
            let (id, at) = (&restart.id, values::moment(restart.at, now));
            let text = format!("▲ {id} starts again by itself at {at}: z stops it again then");
            page.text(&text, Tone::Notice);
        }
        if let Some(at) = turned.wake_at {
            let text = format!("The reaper wakes it at {}", values::moment(at, now));
            page.text(&text, Tone::Plain);
        }
    }
    for id in &turned.missing {
        let text = format!("▲ {id} no longer exists: it cannot be started");
        page.text(&text, Tone::Notice);
    }
    page.text(&ready_again(turned.ready_again_seconds), Tone::Quiet);
}

/// What goes on costing while it sleeps.
pub(super) fn remains(page: &mut Page, remains: &RemainingCosts) {
    page.text(&goes_on(remains), Tone::Plain);
    for one in &remains.resources {
        let rate = one.hourly_usd.map_or_else(
            || "price not known".to_owned(),
            |rate| format!("{}/h", values::rate(rate)),
        );
        page.line([
            (format!("  {rate}  "), Tone::Plain.into()),
            (
                format!("{}  {}", one.kind, one.id.short()),
                Tone::Quiet.into(),
            ),
        ]);
    }
}

/// The same in one line.
pub(super) fn goes_on(remains: &RemainingCosts) -> String {
    match (remains.hourly_usd, remains.unknown) {
        (Some(rate), 0) => format!("{}/h goes on while it sleeps", values::rate(rate)),
        (Some(rate), unknown) => format!(
            "{}/h goes on while it sleeps, and {unknown} more of which the price is not known",
            values::rate(rate)
        ),
        (None, 0) => "Nothing that is known goes on costing while it sleeps".to_owned(),
        (None, unknown) => {
            format!("{unknown} go on costing while it sleeps, how much is not known")
        }
    }
}

/// How long waking takes, as far as anybody knows.
pub(super) fn ready_again(time: Option<Elapsed>) -> String {
    match time {
        Some(time) => format!(
            "ready again in about {} once it is woken, as it took for this app so far",
            values::duration(time)
        ),
        None => "how long waking takes is not known: no stack of this app was woken yet".to_owned(),
    }
}

fn residue(page: &mut Page, outcome: &TeardownOutcome) {
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
            page.text(&format!("  to finish it: {command}"), Tone::Plain);
        }
    }
}
