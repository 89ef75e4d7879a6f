//! Popups, centred on the screen. Each has its own file.

mod batch;
mod combined;
mod explanation;
mod extend;
mod help;
mod hold;
mod log;
mod messages;
mod sleep;
mod sort;
mod teardown;
mod text_popup;

use ratatui::layout::Rect;
use stack::service::teardown::TeardownPlan;
use tui_input::Input;

use self::combined::ShownList;
use super::canvas::Canvas;
use super::page::Page;
use crate::dashboard::model::economics::explanation::Explanation;
use crate::dashboard::model::popup::{CombinedDialog, LogView, Popup};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &Popup, model: &Model) {
    match popup {
        Popup::Help(scroll) => help::render(canvas, area, *scroll, model),
        Popup::Log(log) => log::render(canvas, area, log, model),
        Popup::Messages(scroll) => messages::render(canvas, area, *scroll, model),
        Popup::Explanation(shown, scroll) => explanation::render(canvas, area, shown, *scroll),
        Popup::Sort(chosen) => sort::render(canvas, area, *chosen, model),
        Popup::Extend(extend) => extend::render(canvas, area, extend, model),
        Popup::Hold(hold) => hold::render(canvas, area, hold, model),
        Popup::Sleep(nap) => sleep::render(canvas, area, nap, model),
        Popup::Teardown(confirm) => teardown::render(canvas, area, confirm, model),
        Popup::Combined(combined) => combined::render(canvas, area, combined, model),
        Popup::Batch(scroll) => batch::render(canvas, area, *scroll, model),
    }
}

/// Returns the last useful scroll position of the messages.
pub(crate) fn max_messages_scroll(model: &Model) -> usize {
    messages::max_scroll(model)
}

/// Returns the last useful scroll position of the action on several stacks.
pub(crate) fn max_batch_scroll(model: &Model) -> usize {
    batch::max_scroll(model)
}

/// Returns which part of the plans of several stacks is on the screen.
pub(crate) fn combined_list(model: &Model, popup: &CombinedDialog) -> ShownList {
    combined::shown(popup, model)
}

/// Returns the last useful scroll position of the help.
pub(crate) fn max_help_scroll(model: &Model) -> usize {
    help::max_scroll(model)
}

/// Returns the last useful scroll position of a log.
pub(crate) fn max_log_scroll(log: &LogView, model: &Model) -> usize {
    log::max_scroll(log, model)
}

/// Returns the last useful scroll position of an explanation.
pub(crate) fn max_explanation_scroll(size: Size, shown: &Explanation) -> usize {
    explanation::max_scroll(size, shown)
}

/// Adds the resources of a teardown plan, one per line.
pub(super) fn plan_resources(page: &mut Page, plan: &TeardownPlan) {
    teardown::list(page, plan);
}

/// Summarises a teardown plan: the number of resources and the savings.
pub(super) fn plan_summary(plan: &TeardownPlan) -> String {
    teardown::plan_summary(plan)
}

/// Returns an area of the given size, centred in another and no larger than it.
fn middle(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (
        columns.min(area.width.saturating_sub(2)),
        rows.min(area.height),
    );
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// Returns the first of `count` lines to show in `room` lines, so that the chosen one is visible.
pub(super) fn first_shown(count: usize, room: usize, chosen: usize) -> usize {
    let last = count.saturating_sub(room);
    (chosen + 1).saturating_sub(room).min(last)
}

/// Draws a text field, scrolled so that its cursor is visible.
pub(super) fn line(
    canvas: &mut Canvas<'_>,
    x: u16,
    y: u16,
    columns: u16,
    input: &Input,
    focus: bool,
) {
    let room = usize::from(columns.saturating_sub(1));
    let skipped = input.visual_scroll(room);
    let shown: String = skip_columns(input.value(), skipped);
    canvas.put(x, y, columns, &shown, Tone::Plain);
    if focus {
        let at = input.visual_cursor().saturating_sub(skipped);
        let at = u16::try_from(at)
            .unwrap_or(0)
            .min(columns.saturating_sub(1));
        canvas.set_cursor(x + at, y);
    }
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut left = columns;
    text.chars()
        .skip_while(|c| {
            let wide = unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            let skips = left >= wide.max(1);
            left = left.saturating_sub(wide);
            skips
        })
        .collect()
}

/// Draws the key line of a popup: pairs of a key and a label.
pub(super) fn keys(canvas: &mut Canvas<'_>, x: u16, y: u16, columns: u16, pairs: &[(&str, &str)]) {
    let end = x + columns;
    let mut x = x;
    for (key, word) in pairs {
        x = canvas.put(x, y, end.saturating_sub(x), key, Ink::Accent);
        x = canvas.put(x + 1, y, end.saturating_sub(x + 1), word, Tone::Quiet) + 2;
    }
}
