//! The economics of all stacks: totals, spend by day, and lists.
//!
//! ```text
//!  30 d until 2026-03-02 12:00 UTC
//!  ESTIMATE   BILLED   WASTED   INIT     SUCCESS  SAVED
//!  $48.00     –        $4.20    $2.05    96 %     $48.00
//!  spend by day, idle share
//!  ▂▂ ▄▄ ▇▇ ██                     $3
//!  ──╮╭────╯                     100 %
//!  SPEND BY APP             SPEND BY OWNER
//!  checkout  ━━━━━  $31.50  ana@example.com  ━━━━  $20
//!  TOP WASTERS              STARTS AND FAILURES
//!  search-pr-7      $2.10   checkout@1.4.0   48 of 50
//! ```

mod days;
mod lists;
mod tiles;

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::dashboard::model::Model;
use crate::dashboard::model::economics::{EconomicsData, EconomicsScreen, ReportState};
use crate::format::style::Tone;
use crate::format::values;

/// The rows of the title and the totals.
const HEAD_ROWS: u16 = 3;

/// The least rows of a list: its title and three lines.
const MIN_LIST_ROWS: u16 = 4;

/// The regions of the screen.
struct Regions {
    title: Rect,
    tiles: Rect,
    days: Rect,
    upper: Rect,
    lower: Rect,
}

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, screen: &EconomicsScreen, model: &Model) {
    let inside = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let economics = &model.economics;
    let data = match &economics.state {
        ReportState::Absent | ReportState::Loading => {
            let text = format!(
                "computing the report on {}…",
                values::span(economics.period)
            );
            canvas.put(inside.x, inside.y, inside.width, &text, Tone::Quiet);
            return;
        }
        ReportState::Failed(problem) => {
            canvas.put(
                inside.x,
                inside.y,
                inside.width,
                &format!("✗ {}", problem.message),
                Tone::Alarm,
            );
            return;
        }
        ReportState::Loaded(data) => data,
    };
    let regions = regions(inside);
    title(canvas, regions.title, data, model);
    tiles::render(canvas, regions.tiles, screen.selected, data);
    days::render(canvas, regions.days, screen.selected, data);
    lists::render(
        canvas,
        [regions.upper, regions.lower],
        screen.selected,
        data,
    );
}

/// Divides the screen: the chart of the days grows first, then the lists.
fn regions(area: Rect) -> Regions {
    let row = |y: u16, height: u16| Rect {
        y: area.y + y.min(area.height),
        height: height.min(area.height.saturating_sub(y)),
        ..area
    };
    let rest = area.height.saturating_sub(HEAD_ROWS);
    let days = rest.saturating_sub(2 * MIN_LIST_ROWS).min(rest / 2).max(4);
    let lists = rest.saturating_sub(days);
    let upper = lists.div_ceil(2);
    Regions {
        title: row(0, 1),
        tiles: row(1, 2),
        days: row(HEAD_ROWS, days),
        upper: row(HEAD_ROWS + days, upper),
        lower: row(HEAD_ROWS + days + upper, lists.saturating_sub(upper)),
    }
}

fn title(canvas: &mut Canvas<'_>, area: Rect, data: &EconomicsData, model: &Model) {
    let report = &data.report.by_app;
    let x = canvas.put(area.x, area.y, area.width, "Economics", Tone::Heading);
    let mut text = format!(
        "{} until {} UTC, {}",
        values::span(model.economics.period),
        values::minute(report.until),
        values::count(report.total.stacks, "stack")
    );
    if model.economics.is_loading {
        text.push_str(", computing…");
    }
    let room = area.right().saturating_sub(x + 2);
    canvas.put(x + 2, area.y, room, &text, Tone::Quiet);
}
