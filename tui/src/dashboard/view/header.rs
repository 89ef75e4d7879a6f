//! The header: number of stacks, cost, warnings, the reaper's status, the ledger and the clock.
//!
//! ```text
//!  jiti   42 stacks   $18.34/h   idle $3.10/h   ▲ 2 in purgatory   3 expire within the hour
//!  ● reaper ran 3 min ago, next 14:00 UTC            ~/.local/share/jiti/ledger.db  12:04 UTC
//! ```

use ratatui::layout::Rect;
use stack::Elapsed;

use super::canvas::Canvas;
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
    let mut x = canvas.put(area.x + 1, area.y, 6, "jiti", Ink::Accent) + 3;
    for (text, tone) in pieces(model) {
        let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        // Drop a figure that does not fit: a truncated number would be a different number.
        if x + width > end {
            break;
        }
        x = canvas.put(x, area.y, width, &text, tone) + 3;
    }
}

/// The figures, the most important ones first.
fn pieces(model: &Model) -> Vec<(String, Tone)> {
    let sums = model.store.totals();
    let all = model.store.stacks().len();
    let mut pieces = match model.store.load_state {
        LoadState::Pending => return vec![("reading the ledger…".to_owned(), Tone::Quiet)],
        _ => vec![(values::count(all, "stack"), Tone::Heading)],
    };
    if all == 0 {
        return pieces;
    }
    let unpriced = if sums.priced < all && sums.priced > 0 {
        format!(" ({} of {all} unpriced)", all - sums.priced)
    } else {
        String::new()
    };
    let rate = match sums.priced {
        0 => "cost unknown".to_owned(),
        _ => format!("{}/h{unpriced}", values::rate(sums.rate)),
    };
    pieces.push((rate, Tone::Heading));
    let idle = idle(model);
    let wasted = idle.1 == Tone::Notice;
    if wasted {
        pieces.push(idle.clone());
    }
    let mut count = |n: usize, text: String, tone| {
        if n > 0 {
            pieces.push((text, tone));
        }
    };
    count(
        sums.purgatory,
        format!("▲ {} in purgatory", sums.purgatory),
        Tone::Alarm,
    );
    count(
        sums.residue,
        format!("✗ {} with residue", sums.residue),
        Tone::Alarm,
    );
    count(
        sums.expired,
        format!("{} expired", sums.expired),
        Tone::Alarm,
    );
    let verb = if sums.soon == 1 { "expires" } else { "expire" };
    count(
        sums.soon,
        format!("{} {verb} within the hour", sums.soon),
        Tone::Notice,
    );
    count(
        sums.unleased,
        format!("{} unleased", sums.unleased),
        Tone::Notice,
    );
    if !wasted {
        pieces.push(idle);
    }
    pieces
}

/// The hourly cost of idle stacks, or a dash if no stack was checked.
fn idle(model: &Model) -> (String, Tone) {
    let sums = model.store.totals();
    match sums.judged {
        0 => ("idle –".to_owned(), Tone::Quiet),
        _ if sums.idle == 0 => ("idle $0.00/h".to_owned(), Tone::Plain),
        _ => (
            format!("idle {}/h", values::rate(sums.idle_rate)),
            Tone::Notice,
        ),
    }
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
