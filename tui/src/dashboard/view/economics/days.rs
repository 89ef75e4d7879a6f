//! Spend by day as bars, and the idle share as a line below them.
//!
//! ```text
//!  estimate by day                     2026-03-02: $3.20
//!        ▄▄ ██
//!  ▂▂ ▆▆ ██ ██                                     $3.20
//!  ───╮  ╭────                                     100 %
//!     ╰──╯                                           0 %
//!  3 Feb                 2 Mar
//! ```

use ratatui::layout::Rect;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use stack::Usd;
use stack::report::DayFigures;

use super::super::canvas::Canvas;
use super::tiles::usd;
use crate::dashboard::model::economics::{EconomicsData, FigureId, FigureList};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::{share, values};

/// The columns for the values of the axes, on the right.
const AXIS_COLUMNS: u16 = 10;

/// The widest day.
const MAX_DAY_COLUMNS: u16 = 7;

/// A bar from nothing to a whole cell, in eighths.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Where the days are.
struct DayPlot {
    bars: Rect,
    line: Rect,
    /// The first day that fits.
    first: usize,
    /// The columns of one day, with the gap after it.
    step: u16,
}

pub(super) fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    selected: FigureId,
    data: &EconomicsData,
) {
    let days = &data.report.by_app.days;
    if days.is_empty() || area.height < 4 {
        canvas.put(
            area.x,
            area.y,
            area.width,
            "No stack existed in this period.",
            Tone::Quiet,
        );
        return;
    }
    let chosen = (selected.list == FigureList::Days).then_some(selected.index);
    let plot = plot(area, days.len(), chosen);
    caption(canvas, area, days, chosen, plot.first);
    let shown = days.get(plot.first..).unwrap_or_default();
    let largest = shown.iter().filter_map(|day| day.spent_usd).max();
    let largest = largest.unwrap_or_default();
    for (index, day) in shown.iter().enumerate() {
        let x = plot.column(index);
        bar(canvas, &plot, x, day, largest);
    }
    line(canvas, &plot, shown);
    axes(canvas, area, &plot, largest);
    labels(canvas, area, &plot, shown);
    if let Some(index) = chosen.and_then(|chosen| chosen.checked_sub(plot.first)) {
        let height = plot.bars.height + plot.line.height;
        let cells = Rect {
            x: plot.column(index),
            y: plot.bars.y,
            width: plot.width(),
            height,
        };
        canvas.shade(cells, Ink::Selected);
    }
}

impl DayPlot {
    fn column(&self, index: usize) -> u16 {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        self.bars.x.saturating_add(index.saturating_mul(self.step))
    }

    /// The columns of one bar.
    fn width(&self) -> u16 {
        self.step.saturating_sub(1).max(1)
    }
}

/// Places the days: as wide as they fit, the latest ones if not all fit, but the chosen one always.
fn plot(area: Rect, days: usize, chosen: Option<usize>) -> DayPlot {
    let columns = area.width.saturating_sub(AXIS_COLUMNS);
    let count = u16::try_from(days).unwrap_or(u16::MAX).max(1);
    let step = (columns / count).clamp(1, MAX_DAY_COLUMNS);
    let room = usize::from(columns / step).max(1);
    let last = days.saturating_sub(room);
    let first = chosen.map_or(last, |chosen| last.min(chosen));
    let rows = area.height.saturating_sub(2);
    let line = (rows / 3).clamp(1, 6);
    let bars = rows.saturating_sub(line);
    DayPlot {
        bars: Rect {
            y: area.y + 1,
            width: columns,
            height: bars,
            ..area
        },
        line: Rect {
            y: area.y + 1 + bars,
            width: columns,
            height: line,
            ..area
        },
        first,
        step,
    }
}

fn caption(
    canvas: &mut Canvas<'_>,
    area: Rect,
    days: &[DayFigures],
    chosen: Option<usize>,
    first: usize,
) {
    let mut text = "SPEND BY DAY, IDLE SHARE".to_owned();
    if first > 0 {
        let shown = days.len() - first;
        text.push_str(&format!(" (the last {})", values::count(shown, "day")));
    }
    let x = canvas.put(area.x, area.y, area.width, &text, Ink::Title);
    if let Some(day) = chosen.and_then(|chosen| days.get(chosen)) {
        let text = format!(
            "{}: estimate {}, billed {}, idle {}",
            day.day,
            usd(day.spent_usd, false),
            usd(day.billed_usd, false),
            share::percent_or_unknown(day.idle_share)
        );
        let room = area.right().saturating_sub(x + 2);
        canvas.put_right(x + 2, area.y, room, &text, Tone::Plain);
    }
}

/// Draws the bar of a day, in eighths of a row. An unknown amount is a dash.
fn bar(canvas: &mut Canvas<'_>, plot: &DayPlot, x: u16, day: &DayFigures, largest: Usd) {
    let width = plot.width();
    let bottom = plot.bars.bottom().saturating_sub(1);
    let Some(spent) = day.spent_usd else {
        canvas.put(x, bottom, width, values::UNKNOWN, Tone::Quiet);
        return;
    };
    let eighths = u64::from(plot.bars.height) * 8;
    let mut left = scaled(spent, largest, eighths);
    for row in 0..plot.bars.height {
        let part = usize::try_from(left.min(8)).unwrap_or(0);
        if part == 0 {
            break;
        }
        let cell = EIGHTHS.get(part).copied().unwrap_or("█");
        let y = bottom.saturating_sub(row);
        canvas.put(x, y, width, &cell.repeat(width.into()), Ink::Accent);
        left = left.saturating_sub(8);
    }
}

/// An amount as a number of steps, rounded up: something is never nothing.
fn scaled(amount: Usd, largest: Usd, steps: u64) -> u64 {
    if largest.amount() <= Decimal::ZERO || amount.amount() <= Decimal::ZERO {
        return 0;
    }
    let share = amount.amount() / largest.amount() * Decimal::from(steps);
    share.ceil().to_u64().unwrap_or(0).min(steps)
}

/// Draws the idle share as a line with steps.
fn line(canvas: &mut Canvas<'_>, plot: &DayPlot, days: &[DayFigures]) {
    let last = plot.line.height.saturating_sub(1);
    let row = |share: f64| {
        let level = (share.clamp(0.0, 1.0) * f64::from(last)).round();
        let levels = (0..=last).find(|row| f64::from(*row) >= level);
        plot.line.y + last - levels.unwrap_or(last)
    };
    let mut before: Option<u16> = None;
    for (index, day) in days.iter().enumerate() {
        let x = plot.column(index);
        let Some(share) = day.idle_share else {
            before = None;
            continue;
        };
        let y = row(share);
        canvas.put(x, y, plot.step, &"─".repeat(plot.step.into()), Tone::Notice);
        if let Some(from) = before.filter(|from| *from != y) {
            let (corner, end) = if y < from {
                ("╯", "╭")
            } else {
                ("╮", "╰")
            };
            canvas.put(x, from, 1, corner, Tone::Notice);
            canvas.put(x, y, 1, end, Tone::Notice);
            for between in from.min(y) + 1..from.max(y) {
                canvas.put(x, between, 1, "│", Tone::Notice);
            }
        }
        before = Some(y);
    }
}

fn axes(canvas: &mut Canvas<'_>, area: Rect, plot: &DayPlot, largest: Usd) {
    let x = plot.bars.right();
    let width = area.right().saturating_sub(x);
    let mut put = |y, text: &str| canvas.put_right(x, y, width, text, Tone::Quiet);
    put(plot.bars.y, &values::usd(largest));
    if plot.line.height > 1 {
        put(plot.line.y, "idle 100 %");
        put(plot.line.bottom().saturating_sub(1), "0 %");
    } else {
        put(plot.line.y, "idle");
    }
}

fn labels(canvas: &mut Canvas<'_>, area: Rect, plot: &DayPlot, days: &[DayFigures]) {
    let y = plot.line.bottom();
    if y >= area.bottom() {
        return;
    }
    let label = |day: &DayFigures| day.day.strftime("%-d %b").to_string();
    let mut free = plot.bars.x;
    for (index, day) in days.iter().enumerate() {
        let x = plot.column(index);
        if x >= free && x + 6 <= plot.bars.right() {
            free = canvas.put(x, y, 6, &label(day), Tone::Quiet) + 8;
        }
    }
}
