//! An action on several stacks: the plan of each, the fields, and the confirmation.
//!
//! ```text
//! ╭ Tear down 3 stacks ───────────────────────────────────────────────╮
//! │ 6 resources of 2 stacks will be destroyed, saving $0.84/h         │
//! │ 1 stack stays as it is                                            │
//! │                                                                   │
//! │ − shop-1  3 resources will be destroyed, saving $0.42/h           │
//! │ ✗ shop-2  being torn down                                         │
//! │ …                                                                 │
//! │                                                                   │
//! │ Type 2 to tear down 2 stacks: ▏                                   │
//! │ Enter tear down   ↓ ↑ scroll   Esc cancel                         │
//! ╰───────────────────────────────────────────────────────────────────╯
//! ```

mod plans;
mod question;
mod summary;

use ratatui::layout::Rect;

pub(super) use self::plans::hanging;
use super::{middle, teardown};
use crate::dashboard::model::popup::{CombinedDialog, Outlook};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 110;

/// In a small terminal the list keeps this many rows: every plan must be shown to be confirmed.
const MIN_LIST_ROWS: u16 = 3;

/// The part of the list that is on the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownList {
    /// The first line on the screen.
    pub(crate) top: usize,
    /// The number of lines on the screen.
    pub(crate) rows: usize,
    /// The number of lines with a plan. Lines with the resources follow.
    pub(crate) plan_lines: usize,
    /// The number of all lines.
    lines: usize,
}

impl ShownList {
    /// The last useful scroll position.
    pub(crate) fn last_top(self) -> usize {
        self.lines.saturating_sub(self.rows)
    }
}

/// The texts of the popup and their places.
struct Content {
    title: String,
    summary: Page,
    list: Page,
    plan_lines: usize,
    problem: Page,
    popup: Rect,
    summary_rows: u16,
    list_rows: u16,
    problem_rows: u16,
}

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &CombinedDialog, model: &Model) {
    let outlooks = popup.outlooks(&model.store);
    let content = content(area, popup, &outlooks, model);
    let inside = canvas.boxed(content.popup, &content.title);
    let row = |y, height| Rect {
        y,
        height,
        ..inside
    };
    let summary = row(inside.y, content.summary_rows);
    content.summary.draw(canvas, summary, 0);
    let list = row(summary.bottom(), content.list_rows);
    let last = content.list.len().saturating_sub(list.height.into());
    content.list.draw(canvas, list, popup.scroll.min(last));
    let foot = inside.bottom().saturating_sub(question::rows(popup));
    let problem = row(
        foot.saturating_sub(content.problem_rows),
        content.problem_rows,
    );
    content.problem.draw(canvas, problem, 0);
    question::render(canvas, row(foot, question::rows(popup)), popup, &outlooks);
}

/// The part of the list that the screen shows.
pub(super) fn shown(popup: &CombinedDialog, model: &Model) -> ShownList {
    let Size { columns, rows } = model.size;
    let area = Rect::new(0, 0, columns, rows);
    let outlooks = popup.outlooks(&model.store);
    let content = content(area, popup, &outlooks, model);
    let mut list = ShownList {
        top: 0,
        rows: content.list_rows.into(),
        plan_lines: content.plan_lines,
        lines: content.list.len(),
    };
    list.top = popup.scroll.min(list.last_top());
    list
}

/// Builds the texts and divides the rows. The list gives way first, down to a few rows, and then
/// the summary; the question is always visible.
fn content(area: Rect, popup: &CombinedDialog, outlooks: &[Outlook], model: &Model) -> Content {
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let summary = summary::summary(popup, outlooks, model, width);
    let (list, plan_lines) = plans::list(popup, outlooks, model, width);
    let mut problem = Page::new(width);
    if let Some(text) = &popup.problem {
        problem.text(text, Tone::Alarm);
    }
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let fixed = question::rows(popup) + rows(problem.len()) + 1;
    // The border takes two rows, and the popup leaves one free above and below.
    let room = area.height.saturating_sub(4);
    let wanted = rows(summary.len() + list.len()).saturating_add(fixed);
    let inside = wanted.min(room);
    let least = rows(list.len()).min(MIN_LIST_ROWS);
    let summary_rows = rows(summary.len()).min(inside.saturating_sub(fixed + least));
    let list_rows = inside.saturating_sub(fixed + summary_rows);
    let stacks = values::count(popup.entries.len(), "stack");
    Content {
        title: teardown::sentence_case(&popup.action.on(&stacks)),
        problem_rows: rows(problem.len()),
        summary,
        list,
        plan_lines,
        problem,
        popup: middle(area, COLUMNS, inside + 2),
        summary_rows,
        list_rows,
    }
}
