//! One stack as a line of the list.

use jiff::Timestamp;
use ratatui::layout::Rect;
use stack::listing::{Flag, Listing};
use stack::{Elapsed, Phase};

use super::batch_progress;
use super::canvas::Canvas;
use super::glyphs;
use super::layout::Placed;
use crate::dashboard::model::Model;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::values::UNKNOWN;
use crate::format::{fields, values};

/// The width of the time left in words: `3 h 12 min`.
const LEFT_WORDS: u16 = 11;

pub(super) fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: &[Placed],
    stack: &StackRow,
    selected: bool,
    model: &Model,
) {
    let listing = stack.listing(model.store.view());
    let progress = batch_progress::in_list(model, stack);
    for placed in columns {
        match &progress {
            Some((text, tone)) if placed.column == ListColumn::State => {
                canvas.put(placed.x, area.y, placed.width, text, *tone);
            }
            _ => cell(canvas, area.y, *placed, stack, &listing, model.now()),
        }
    }
    if selected {
        canvas.shade(area, Ink::Selected);
        canvas.put(area.x, area.y, 1, "▌", Ink::Accent);
    }
    if !model.marks.is_empty() && model.marks.contains(&stack.key()) {
        canvas.put(area.x + 1, area.y, 1, glyphs::MARK, Ink::Accent);
    }
    for Placed { column, x, width } in columns.iter().copied() {
        for wanted in model.list.filter().wanted(column) {
            canvas.highlight(x, area.y, width, &wanted);
        }
    }
}

fn cell(
    canvas: &mut Canvas<'_>,
    y: u16,
    placed: Placed,
    stack: &StackRow,
    listing: &Listing,
    now: Timestamp,
) {
    let Placed { column, x, width } = placed;
    match column {
        ListColumn::Name => {
            canvas.put_name(x, y, width, listing.name.as_str(), Tone::Plain);
        }
        ListColumn::App => {
            canvas.put_name(x, y, width, &fields::app_version(listing), Tone::Plain);
        }
        ListColumn::Owner => {
            // Owners are recognised by how their names begin, so cut off the end.
            canvas.put(x, y, width, listing.owner.as_str(), Tone::Plain);
        }
        ListColumn::State => {
            let text = format!(
                "{} {}",
                glyphs::phase(listing.phase),
                fields::state(listing)
            );
            canvas.put(x, y, width, &text, fields::state_tone(listing));
        }
        ListColumn::TimeLeft => time_left(canvas, y, placed, stack, listing, now),
        ListColumn::Age => figure(canvas, y, placed, &fields::age(listing, now), Tone::Plain),
        ListColumn::Rate => figure(canvas, y, placed, &fields::hourly(listing), Tone::Plain),
        ListColumn::Spent => figure(canvas, y, placed, &fields::spent(listing), Tone::Plain),
        ListColumn::Billed => figure(canvas, y, placed, &fields::billed(listing), Tone::Plain),
        ListColumn::Idle => {
            let text = fields::idle_hourly(listing);
            figure(canvas, y, placed, &text, idle_tone(listing));
        }
        ListColumn::Init => figure(canvas, y, placed, &init(listing, now), Tone::Plain),
    }
}

fn time_left(
    canvas: &mut Canvas<'_>,
    y: u16,
    placed: Placed,
    stack: &StackRow,
    listing: &Listing,
    now: Timestamp,
) {
    let Placed { x, width, .. } = placed;
    let columns = width.saturating_sub(LEFT_WORDS + 1);
    let tone = fields::left_tone(listing);
    if let Some(left) = stack.remaining_permille(now) {
        let (full, rest) = glyphs::bar(left, columns);
        let bar = match tone {
            Tone::Plain => Tone::Good,
            tone => tone,
        };
        let end = canvas.put(x, y, columns, &full, bar);
        canvas.put(end, y, columns, &rest, Ink::Rule);
    }
    canvas.put(
        x + columns + 1,
        y,
        LEFT_WORDS,
        &left_words(listing, now),
        tone,
    );
}

/// The time left, or the time since the expiry with a minus sign.
fn left_words(listing: &Listing, now: Timestamp) -> String {
    match listing.expires_at {
        None => UNKNOWN.to_owned(),
        Some(at) if listing.flags.contains(&Flag::Expired) => {
            let over = Elapsed::between(at, now);
            format!("−{}", values::duration(over))
        }
        Some(at) => values::duration(Elapsed::between(now, at)),
    }
}

/// Draws a figure at the right end of its column. One that does not fit is left out, because a part
/// of a figure would be a different figure.
fn figure(canvas: &mut Canvas<'_>, y: u16, placed: Placed, text: &str, tone: Tone) {
    let Placed { x, width, .. } = placed;
    let fits = super::canvas::width(text) <= usize::from(width);
    canvas.put_right(x, y, width, if fits { text } else { "…" }, tone);
}

fn idle_tone(listing: &Listing) -> Tone {
    match listing.idle.hourly_usd {
        Some(_) => Tone::Notice,
        None => Tone::Quiet,
    }
}

/// The init overhead; followed by `…` while it is still growing.
fn init(listing: &Listing, now: Timestamp) -> String {
    match (listing.init.total_seconds, listing.init.requested_at) {
        (Some(total), _) => values::seconds(total),
        (None, Some(from)) if matches!(listing.phase, Phase::Provisioning | Phase::Purgatory) => {
            format!("{}…", values::duration(Elapsed::between(from, now)))
        }
        _ => UNKNOWN.to_owned(),
    }
}
