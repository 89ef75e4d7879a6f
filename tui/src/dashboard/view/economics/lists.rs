//! The lists, in two columns: spend by app and owner, top wasters, and starts and failures.

use ratatui::layout::Rect;
use stack::Usd;
use stack::report::{Report, VersionStarts};

use super::super::canvas::Canvas;
use super::super::glyphs;
use super::tiles::usd;
use crate::dashboard::model::economics::{EconomicsData, FigureId, FigureList, Waster};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::{share, values};

/// The gap between the two columns.
const GAP: u16 = 3;

/// From this width of a column on, amounts have bars.
const MIN_COLUMNS_WITH_BAR: u16 = 44;

/// A line of a list.
struct ListLine {
    name: String,
    /// The length of the bar in thousandths; `None` for a list without bars.
    thousandths: Option<u64>,
    figure: String,
    tone: Tone,
}

pub(super) fn render(
    canvas: &mut Canvas<'_>,
    [upper, lower]: [Rect; 2],
    selected: FigureId,
    data: &EconomicsData,
) {
    let (left, right) = halves(upper);
    let apps = groups(&data.report.by_app);
    list(
        canvas,
        left,
        ("SPEND BY APP", FigureList::Apps),
        &apps,
        selected,
    );
    let owners = groups(&data.report.by_owner);
    list(
        canvas,
        right,
        ("SPEND BY OWNER", FigureList::Owners),
        &owners,
        selected,
    );
    let (left, right) = halves(lower);
    let wasters: Vec<ListLine> = data.wasters.iter().map(waster).collect();
    list(
        canvas,
        left,
        ("TOP WASTERS", FigureList::Wasters),
        &wasters,
        selected,
    );
    let versions: Vec<ListLine> = data.versions.iter().map(version).collect();
    list(
        canvas,
        right,
        ("STARTS AND FAILURES", FigureList::Versions),
        &versions,
        selected,
    );
}

fn halves(area: Rect) -> (Rect, Rect) {
    let width = area.width.saturating_sub(GAP) / 2;
    let left = Rect { width, ..area };
    let right = Rect {
        x: area.x + width + GAP,
        width: area.width.saturating_sub(width + GAP),
        ..area
    };
    (left, right)
}

fn groups(report: &Report) -> Vec<ListLine> {
    let spent = |group: &stack::report::ReportGroup| group.figures.spent_usd;
    let largest = report.groups.iter().filter_map(spent).max();
    let lines = report.groups.iter().map(|group| ListLine {
        name: group.group.clone(),
        thousandths: Some(thousandths(spent(group), largest)),
        figure: usd(group.figures.spent_usd, group.figures.spent_is_minimum),
        tone: Tone::Plain,
    });
    lines.collect()
}

fn thousandths(amount: Option<Usd>, largest: Option<Usd>) -> u64 {
    use rust_decimal::Decimal;
    use rust_decimal::prelude::ToPrimitive;
    let (Some(amount), Some(largest)) = (amount, largest) else {
        return 0;
    };
    let share = amount.amount() * Decimal::from(1_000);
    let share = share.checked_div(largest.amount()).unwrap_or_default();
    share.to_u64().unwrap_or(0)
}

fn waster(waster: &Waster) -> ListLine {
    let rate = waster.rate.map_or_else(String::new, |rate| {
        format!(", {}", values::per_hour(rate, false))
    });
    ListLine {
        name: waster.stack.to_string(),
        thousandths: None,
        figure: format!("{}{rate}", usd(Some(waster.wasted), waster.is_minimum)),
        tone: Tone::Notice,
    }
}

fn version(version: &VersionStarts) -> ListLine {
    let starts = &version.starts;
    let failures = starts.timed_out + starts.failed;
    ListLine {
        name: format!("{}@{}", version.app, version.version),
        thousandths: None,
        figure: format!(
            "{} of {}, {}",
            values::thousands(starts.ready),
            values::thousands(starts.decided()),
            share::percent_or_unknown(starts.success_rate)
        ),
        tone: if failures > 0 {
            Tone::Alarm
        } else {
            Tone::Plain
        },
    }
}

fn list(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (title, kind): (&str, FigureList),
    lines: &[ListLine],
    selected: FigureId,
) {
    if area.height == 0 {
        return;
    }
    let chosen = (selected.list == kind).then_some(selected.index);
    let room = usize::from(area.height - 1);
    let first = match chosen {
        Some(chosen) => (chosen + 1).saturating_sub(room),
        None => 0,
    };
    let mut title = title.to_owned();
    if lines.len() > room {
        title.push_str(&format!(" ({})", values::thousands(lines.len())));
    }
    canvas.put(area.x, area.y, area.width, &title, Ink::Title);
    if lines.is_empty() {
        canvas.put(area.x, area.y + 1, area.width, "none known", Tone::Quiet);
    }
    let shown = lines.iter().enumerate().skip(first).take(room);
    for (y, (index, line)) in (area.y + 1..area.bottom()).zip(shown) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        draw(canvas, row, line);
        if chosen == Some(index) {
            canvas.shade(row, Ink::Selected);
        }
    }
}

fn draw(canvas: &mut Canvas<'_>, row: Rect, line: &ListLine) {
    let figure = u16::try_from(line.figure.chars().count()).unwrap_or(0);
    let figure = figure.min(row.width);
    canvas.put_right(row.x, row.y, row.width, &line.figure, line.tone);
    let left = row.width.saturating_sub(figure + 2);
    let bar = match line.thousandths {
        Some(_) if row.width >= MIN_COLUMNS_WITH_BAR => left / 2,
        _ => 0,
    };
    canvas.put_name(
        row.x,
        row.y,
        left.saturating_sub(bar + u16::from(bar > 0)),
        &line.name,
        Tone::Plain,
    );
    if let (Some(thousandths), true) = (line.thousandths, bar > 0) {
        let (full, empty) = glyphs::bar(thousandths, bar);
        // Amounts of several digits share a right edge, so the bars share a left one.
        let x = row.x + row.width.saturating_sub(12 + bar);
        let x = x.min(row.right().saturating_sub(figure + 2 + bar));
        let end = canvas.put(x, row.y, bar, &full, Ink::Accent);
        canvas.put(end, row.y, bar, &empty, Ink::Rule);
    }
}
