//! The header: number of stacks, cost, warnings, the reaper's status, the ledger and the clock.
//!
//! ```text
//!  jiti   42 stacks   $18.34/h   ▲ 2 in purgatory   idle $3.10/h (12 of 42 known)   3 expire …
//!  ● reaper ran 3 min ago, next 14:00 UTC            ~/.local/share/jiti/ledger.db  12:04 UTC
//! ```

use ratatui::layout::Rect;
use stack::{Elapsed, HourlyRate};

use super::canvas::Canvas;
use super::glyphs;
use crate::dashboard::model::Model;
use crate::dashboard::model::store::LoadState;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::{describe, values};

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let badges = badges(canvas, area, model);
    figures(canvas, area, badges, model);
    let place = place(canvas, area, model);
    let (text, tone) = reaper(model);
    let room = place.saturating_sub(area.x + 3);
    canvas.put(area.x + 1, area.y + 1, room, &text, tone);
    if area.height > 2 {
        canvas.rule(area.x, area.y + 2, area.width);
    }
}

/// Draws the badges at the right end. Returns the column where they start.
fn badges(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> u16 {
    let marks = [
        (model.settings.replay, " REPLAY "),
        (model.settings.demo, " DEMO "),
        (model.settings.read_only.is_some(), " READ-ONLY "),
    ];
    let mut x = area.right();
    for (shown, text) in marks {
        if shown {
            let width = u16::try_from(text.len()).unwrap_or(0);
            x = x.saturating_sub(width + 1);
            canvas.put(x, area.y, width, text, Ink::Badge);
        }
    }
    x
}

fn figures(canvas: &mut Canvas<'_>, area: Rect, end: u16, model: &Model) {
    let start = canvas.put(area.x + 1, area.y, 6, "jiti", Ink::Accent) + GAP;
    let mut figures = figures_of(model);
    let room = usize::from(end.saturating_sub(start));
    if total_width(&figures) > room {
        for figure in &mut figures {
            if let Some(short) = figure.short.take() {
                figure.text = short;
            }
        }
    }
    // A figure that does not fit is dropped: a truncated number would be a different number.
    while total_width(&figures) > room {
        let least = figures.iter().map(|figure| figure.importance).min();
        figures.retain(|figure| Some(figure.importance) != least);
    }
    let mut x = start;
    for Figure { text, tone, .. } in figures {
        let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        x = canvas.put(x, area.y, width, &text, tone) + GAP;
    }
}

/// The space between two figures.
const GAP: u16 = 3;

fn total_width(figures: &[Figure]) -> usize {
    let gaps = figures.len().saturating_sub(1) * usize::from(GAP);
    let texts = figures.iter().map(|figure| figure.text.chars().count());
    texts.sum::<usize>() + gaps
}

/// A figure of the header.
struct Figure {
    text: String,
    /// A shorter text that says the same with fewer details.
    short: Option<String>,
    tone: Tone,
    importance: Importance,
}

/// How important a figure is. A narrow terminal drops the least important one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Importance {
    Unleased,
    Waiting,
    Soon,
    Idle,
    Rate,
    Count,
    Expired,
    Residue,
    Purgatory,
    Marked,
}

/// The figures, from left to right.
fn figures_of(model: &Model) -> Vec<Figure> {
    let sums = model.store.totals();
    let all = model.store.stacks().len();
    let figure = |text: String, tone, importance| Figure {
        text,
        short: None,
        tone,
        importance,
    };
    if let Some((done, count)) = model.preparing {
        let text = format!(
            "preparing {}: {} ready",
            values::count(count, "demo stack"),
            values::thousands(done)
        );
        return vec![figure(text, Tone::Heading, Importance::Count)];
    }
    if matches!(model.store.load_state, LoadState::Pending) {
        let text = "reading the ledger…".to_owned();
        return vec![figure(text, Tone::Quiet, Importance::Count)];
    }
    let count = values::count(all, "stack");
    let mut figures = vec![figure(count, Tone::Heading, Importance::Count)];
    if all == 0 {
        return figures;
    }
    if !model.marks.is_empty() {
        let marked = values::thousands(model.marks.len());
        let text = format!("{} {marked} marked", glyphs::MARK);
        figures.push(figure(text, Tone::Notice, Importance::Marked));
    }
    let (rate, short) = rate(model);
    figures.push(Figure {
        short,
        ..figure(rate, Tone::Heading, Importance::Rate)
    });
    let (idle, short_idle, idle_tone) = idle(model);
    let queue = model.store.view().init_queue.as_ref();
    let waiting = queue.map_or(0, |queue| queue.waiting.len());
    let verb = if sums.soon == 1 { "expires" } else { "expire" };
    let counts = [
        (
            sums.purgatory,
            format!("▲ {} in purgatory", sums.purgatory),
            Tone::Alarm,
            Importance::Purgatory,
        ),
        (
            sums.residue,
            format!("✗ {} with residue", sums.residue),
            Tone::Alarm,
            Importance::Residue,
        ),
        (
            sums.expired,
            format!("{} expired", sums.expired),
            Tone::Alarm,
            Importance::Expired,
        ),
        (1, idle, idle_tone, Importance::Idle),
        (
            sums.soon,
            format!("{} {verb} within the hour", sums.soon),
            Tone::Notice,
            Importance::Soon,
        ),
        (
            waiting,
            format!("{waiting} waiting for a turn"),
            Tone::Notice,
            Importance::Waiting,
        ),
        (
            sums.unleased,
            format!("{} unleased", sums.unleased),
            Tone::Notice,
            Importance::Unleased,
        ),
    ];
    figures.extend(counts.into_iter().filter(|(count, ..)| *count > 0).map(
        |(_, text, tone, importance)| Figure {
            short: (importance == Importance::Idle).then(|| short_idle.clone()),
            ..figure(text, tone, importance)
        },
    ));
    figures
}

/// The hourly rate of all stacks with the number of those that have none, and the rate alone.
fn rate(model: &Model) -> (String, Option<String>) {
    let sums = model.store.totals();
    let all = model.store.stacks().len();
    let rate = values::per_hour(sums.rate, sums.rate_is_minimum);
    match all - sums.priced {
        0 => (rate, None),
        _ if sums.priced == 0 => ("cost unknown".to_owned(), None),
        unpriced => {
            let (unpriced, all) = (values::thousands(unpriced), values::thousands(all));
            let long = format!("{rate} ({unpriced} of {all} unpriced)");
            (long, Some(rate))
        }
    }
}

/// The hourly cost of idle stacks, and for how many stacks it is known whether they are idle: in
/// full, and shorter.
fn idle(model: &Model) -> (String, String, Tone) {
    let sums = model.store.totals();
    let all = model.store.stacks().len();
    if sums.judged == 0 {
        let text = "idle unknown".to_owned();
        return (text.clone(), text, Tone::Quiet);
    }
    let (known, short) = if sums.judged < all {
        let judged = values::thousands(sums.judged);
        (
            format!(" ({judged} of {} known)", values::thousands(all)),
            format!(" ({judged} known)"),
        )
    } else {
        (String::new(), String::new())
    };
    let rate = match sums.idle_rate {
        // Stacks are idle, and none of them has a rate.
        rate if rate == HourlyRate::ZERO && sums.idle_rate_is_minimum => "cost unknown".to_owned(),
        rate => values::per_hour(rate, sums.idle_rate_is_minimum),
    };
    let tone = if sums.idle == 0 {
        Tone::Plain
    } else {
        Tone::Notice
    };
    (
        format!("idle {rate}{known}"),
        format!("idle {rate}{short}"),
        tone,
    )
}

/// Draws the ledger and the clock at the right end. Returns the column where they start.
fn place(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> u16 {
    let clock = model.now().strftime("%H:%M UTC").to_string();
    let x = area.right().saturating_sub(10);
    canvas.put(x, area.y + 1, 9, &clock, Tone::Quiet);
    // The reaper's status is more important than the path of the ledger.
    let room = area.width.saturating_sub(80);
    if room < 12 {
        return x;
    }
    let room = room.min(40);
    canvas.put_right(
        x - 2 - room,
        area.y + 1,
        room,
        &model.settings.ledger,
        Tone::Quiet,
    );
    x - 2 - room
}

fn reaper(model: &Model) -> (String, Tone) {
    let (view, now) = (model.store.view(), model.now());
    if let LoadState::Failed(problem) = &model.store.load_state {
        return (format!("✗ {}", problem.message), Tone::Alarm);
    }
    if matches!(model.store.load_state, LoadState::Pending) {
        return (String::new(), Tone::Quiet);
    }
    if let [stack, more @ ..] = model.store.unreadable.as_slice() {
        let more = match more.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let text = format!("✗ unreadable: {}{more}; see `jiti doctor`", stack.name);
        return (text, Tone::Alarm);
    }
    if let Some(why) = view.reaper.inactivity(now) {
        return (format!("▲ {}", describe::why_inactive(&why)), Tone::Notice);
    }
    let Some(last) = &view.reaper.last_run else {
        return (String::new(), Tone::Quiet);
    };
    let ran = match last.finished_at {
        Some(_) => format!("ran {}", ago(last.started_at, now)),
        None => format!("running since {}", last.started_at.strftime("%H:%M")),
    };
    let next = view.reaper.next_run(now, now);
    let next = next.map_or_else(String::new, |at| {
        format!(", next {} UTC", at.strftime("%H:%M"))
    });
    match last.failed {
        0 => (format!("● reaper {ran}{next}"), Tone::Good),
        failed => {
            let text = format!("▲ reaper {ran}, {failed} failed{next}");
            (text, Tone::Notice)
        }
    }
}

/// How long ago, without seconds, so that the header does not change every second.
fn ago(at: jiff::Timestamp, now: jiff::Timestamp) -> String {
    if Elapsed::between(at, now).seconds() < 60 {
        "just now".to_owned()
    } else {
        values::distance(at, now)
    }
}
