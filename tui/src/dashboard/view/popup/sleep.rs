//! Sleep: what would stop, what keeps costing, and the confirmation.
//!
//! ```text
//! ╭ Put checkout-1.4.0 to sleep ──────────────────────────╮
//! │ stops 3 resources; $0.05/h remains                    │
//! │ Ready about 7 min after waking, as before.            │
//! │                                                       │
//! │ ◌ ec2:instance  i-0abc  eu-west-1                     │
//! │ $0.03/h remains: ec2:volume  vol-0abc                 │
//! │                                                       │
//! │ Sleeps until you wake it.                             │
//! │ y put to sleep   u set end   Esc cancel               │
//! ╰───────────────────────────────────────────────────────╯
//! ```

use jiff::Timestamp;
use ratatui::layout::Rect;
use stack::service::power::SleepPlan;

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{PlanState, SleepDialog};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::msg::Msg;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::{describe, values};

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &SleepDialog, model: &Model) {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let page = page(popup, model.now(), width);
    let until = until(popup, model, width);
    // The line with the text field, and the line with the keys.
    let question_rows = 1 + usize::from(popup.writing);
    let rows = u16::try_from(page.len() + until.len() + 4 + question_rows)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let title = format!("Put {} to sleep", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    // The list gives way first: until when, and the question, are always there.
    let below = u16::try_from(until.len() + 2 + question_rows).unwrap_or(u16::MAX);
    let text = Rect {
        height: inside.height.saturating_sub(below),
        ..inside
    };
    let last = page.len().saturating_sub(text.height.into());
    page.draw(canvas, text, popup.request.scroll.min(last));
    let y = inside.bottom().saturating_sub(1);
    if popup.may_proceed().is_none() || model.settings.read_only.is_some() {
        let word = if popup.request.is_pending() {
            "cancel"
        } else {
            "close"
        };
        return keys(canvas, inside.x, y, inside.width, &[("Esc", word)]);
    }
    let lines = Rect {
        y: text.bottom() + 1,
        height: y.saturating_sub(text.bottom() + 1),
        ..inside
    };
    until.draw(canvas, lines, 0);
    if popup.writing {
        let above = y.saturating_sub(1);
        let x = canvas.put(inside.x, above, inside.width, ASK, Tone::Notice);
        let room = inside.right().saturating_sub(x);
        line(canvas, x, above, room, &popup.until, true);
        let pairs = [("Enter", "set"), ("Esc", "no end")];
        return keys(canvas, inside.x, y, inside.width, &pairs);
    }
    let until = model.settings.keymap.key(Msg::Until);
    let pairs = [
        ("y", "put to sleep"),
        (&until, "set end"),
        ("↓ ↑", "scroll"),
        ("Esc", "cancel"),
    ];
    keys(canvas, inside.x, y, inside.width, &pairs);
}

/// The prompt of the text field.
const ASK: &str = "Wake after or at (12h, 2026-03-02T06:00:00Z): ";

/// When the stack wakes, and what may happen before.
fn until(popup: &SleepDialog, model: &Model, width: u16) -> Page {
    let (mut page, now) = (Page::new(width), model.now());
    if popup.may_proceed().is_none() {
        return page;
    }
    if let Some(problem) = &popup.problem {
        page.text(problem, Tone::Alarm);
        return page;
    }
    match popup.wakes_at(now) {
        Ok(Some(at)) => {
            let text = format!("The reaper wakes the stack at {}.", values::moment(at, now));
            page.text(&text, Tone::Plain);
            if let Some(why) = model.store.view().reaper.inactivity(now) {
                let why = describe::why_inactive(&why);
                page.text("▲ Only a reaper can wake it.", Tone::Notice);
                page.text(&format!("  {why}"), Tone::Notice);
            }
            let stack = model.store.stack(&(&popup.stack).into());
            let end = stack
                .and_then(StackRow::expires_at)
                .filter(|end| *end <= at);
            if let Some(end) = end {
                let text = format!(
                    "▲ The lease expires before that, at {}.",
                    values::moment(end, now)
                );
                page.text(&text, Tone::Notice);
            }
        }
        Ok(None) => page.text("Sleeps until you wake it.", Tone::Plain),
        // The user is still typing.
        Err(_) => page.text("", Tone::Plain),
    }
    page
}

fn page(popup: &SleepDialog, now: Timestamp, width: u16) -> Page {
    let mut page = Page::new(width);
    match &popup.request.state {
        PlanState::Pending => page.text("Planning… nothing changes yet.", Tone::Quiet),
        PlanState::Failed(problem) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            page.text(&problem.message, tone);
        }
        PlanState::Ready(plan) => planned(&mut page, plan, now),
    }
    page
}

pub(super) fn planned(page: &mut Page, plan: &SleepPlan, now: Timestamp) {
    let remains = &plan.remains;
    let stops = match plan.stops.len() {
        0 => "Nothing to stop".to_owned(),
        stops => format!("Stops {}", values::count(stops, "resource")),
    };
    let unpriced = match remains.unknown {
        0 => String::new(),
        unknown => format!(" ({} unpriced)", values::count(unknown, "resource")),
    };
    let remains_text = match remains.hourly_usd {
        Some(rate) => format!(
            "; {} remains{unpriced}",
            values::per_hour(rate, remains.is_minimum())
        ),
        None if remains.unknown == 0 => "; no cost remains".to_owned(),
        None => format!("; remaining cost unknown{unpriced}"),
    };
    page.text(&format!("{stops}{remains_text}"), Tone::Heading);
    let again = plan.ready_again_seconds.map_or_else(
        || "Wake time unknown: no stack of this app has been woken yet.".to_owned(),
        |time| {
            format!(
                "Ready about {} after waking, judging by earlier wakes of this app.",
                values::duration(time)
            )
        },
    );
    page.text(&again, Tone::Quiet);
    page.text(
        "Data is kept. The lease keeps running and can still expire.",
        Tone::Quiet,
    );
    for place in &plan.not_looked {
        let text = format!("✗ {} not checked: {}", place.place, place.reason);
        page.text(&text, Tone::Alarm);
    }
    for start in describe::automatic_starts(&plan.starts, now) {
        page.text(&format!("▲ {start}"), Tone::Notice);
    }
    page.blank();
    for one in &plan.stops {
        page.line([
            (
                format!("◌ {}  {}", one.kind, one.id.short()),
                Tone::Plain.into(),
            ),
            (format!("  {}", one.region), Tone::Quiet.into()),
        ]);
    }
    if plan.stops.iter().any(|one| one.kind.starts_with("rds:")) {
        page.text(
            "▲ AWS restarts a stopped database after seven days.",
            Tone::Notice,
        );
    }
    for one in &remains.resources {
        let cost = describe::remaining_cost(one);
        page.line([
            (format!("{cost} remains: "), Tone::Quiet.into()),
            (
                format!("{}  {}", one.kind, one.id.short()),
                Tone::Plain.into(),
            ),
        ]);
    }
}
