//! What a sleep would stop, what goes on costing, and the question.
//!
//! ```text
//! ╭ Put checkout-1.4.0 to sleep ──────────────────────────╮
//! │ 3 stop; $0.05/h goes on                               │
//! │ ready again in about 7 min, as it took so far         │
//! │                                                       │
//! │ ◌ ec2:instance  i-0abc                     eu-west-1  │
//! │ $0.03/h goes on: ec2:volume  vol-0abc                 │
//! │                                                       │
//! │ It sleeps until somebody wakes it.                    │
//! │ y put it to sleep   u until when   Esc leave it       │
//! ╰───────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use stack::service::power::SleepPlan;

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{Answer, Nap};
use crate::dashboard::model::world::Stack;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::{describe, values};

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &Nap, model: &Model) {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let page = page(popup, width);
    let until = until(popup, model, width);
    let rows = u16::try_from(page.len() + until.len() + 5)
        .unwrap_or(u16::MAX)
        .min(area.height.saturating_sub(2));
    let title = format!("Put {} to sleep", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    // The list gives way first: until when, and the question, are always there.
    let below = u16::try_from(until.len() + 3).unwrap_or(u16::MAX);
    let text = Rect {
        height: inside.height.saturating_sub(below),
        ..inside
    };
    let last = page.len().saturating_sub(text.height.into());
    page.draw(canvas, text, popup.question.scroll.min(last));
    let y = inside.bottom().saturating_sub(1);
    if popup.may_proceed().is_none() || model.setting.read_only.is_some() {
        return keys(canvas, inside.x, y, inside.width, &[("Esc", "leave")]);
    }
    let lines = Rect {
        y: text.bottom() + 1,
        height: inside.bottom().saturating_sub(text.bottom() + 1),
        ..inside
    };
    until.draw(canvas, lines, 0);
    if popup.writing {
        let x = canvas.put(inside.x, y, inside.width, ASK, Tone::Notice);
        let room = inside.right().saturating_sub(x);
        return line(canvas, x, y, room, &popup.until, true);
    }
    let pairs = [
        ("y", "put it to sleep"),
        ("u", "until when"),
        ("↓ ↑", "look through"),
        ("Esc", "leave it"),
    ];
    keys(canvas, inside.x, y, inside.width, &pairs);
}

/// What is written there.
const ASK: &str = "Until (12h, or 2026-03-02T06:00:00Z), then Enter: ";

/// When it wakes, and what may come before or in between.
fn until(popup: &Nap, model: &Model, width: u16) -> Page {
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
            let text = format!("It wakes by itself at {}.", values::moment(at, now));
            page.text(&text, Tone::Plain);
            if let Some(why) = model.world.view().reaper.inactivity(now) {
                let why = describe::why_inactive(&why);
                let text = format!("▲ It takes a reaper to wake it. {why}");
                page.text(&text, Tone::Notice);
            }
            let stack = model.world.stack(&(&popup.stack).into());
            let end = stack.and_then(Stack::expires_at).filter(|end| *end <= at);
            if let Some(end) = end {
                let text = format!(
                    "▲ Its lease ends before that, at {}.",
                    values::moment(end, now)
                );
                page.text(&text, Tone::Notice);
            }
        }
        Ok(None) => page.text("It sleeps until somebody wakes it.", Tone::Plain),
        // It is still being written.
        Err(_) => page.text("", Tone::Plain),
    }
    page
}

fn page(popup: &Nap, width: u16) -> Page {
    let mut page = Page::new(width);
    match &popup.question.answer {
        Answer::Awaited => page.text(
            "Asking the cloud what would stop… nothing is changed by asking.",
            Tone::Quiet,
        ),
        Answer::Failed(problem) => {
            let tone = if problem.refused {
                Tone::Notice
            } else {
                Tone::Alarm
            };
            page.text(&problem.said, tone);
        }
        Answer::Known(plan) => planned(&mut page, plan),
    }
    page
}

fn planned(page: &mut Page, plan: &SleepPlan) {
    let remains = &plan.remains;
    let stops = match plan.stops.len() {
        0 => "Nothing of it runs that could be stopped".to_owned(),
        1 => "1 stops".to_owned(),
        count => format!("{count} stop"),
    };
    let goes_on = match (remains.hourly_usd, remains.unknown) {
        (Some(rate), 0) => format!("; {}/h goes on", values::rate(rate)),
        (Some(rate), unknown) => format!(
            "; {}/h goes on, and {unknown} more of which the price is not known",
            values::rate(rate)
        ),
        (None, 0) => "; nothing that is known goes on costing".to_owned(),
        (None, unknown) => format!("; {unknown} go on costing, how much is not known"),
    };
    page.text(&format!("{stops}{goes_on}"), Tone::Heading);
    let again = plan.ready_again_seconds.map_or_else(
        || "How long waking takes is not known: no stack of this app was woken yet.".to_owned(),
        |time| {
            format!(
                "Ready again in about {}, as it took for this app so far.",
                values::duration(time)
            )
        },
    );
    page.text(&again, Tone::Quiet);
    page.text(
        "Its data is kept, and its lease goes on: it expires all the same.",
        Tone::Quiet,
    );
    for place in &plan.not_looked {
        let text = format!("✗ {} was not looked at: {}", place.place, place.reason);
        page.text(&text, Tone::Alarm);
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
            "▲ AWS starts a stopped database again after seven days.",
            Tone::Notice,
        );
    }
    for one in &remains.resources {
        let rate = one.hourly_usd.map_or_else(
            || "price not known".to_owned(),
            |rate| format!("{}/h", values::rate(rate)),
        );
        page.line([
            (format!("{rate} goes on: "), Tone::Quiet.into()),
            (
                format!("{}  {}", one.kind, one.id.short()),
                Tone::Plain.into(),
            ),
        ]);
    }
}
