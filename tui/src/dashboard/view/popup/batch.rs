//! The last action on several stacks: its progress and its result on each of them.
//!
//! ```text
//! ╭ Tear down 12 stacks ─────────────────────────────────────╮
//! │ 4 running, 5 waiting; 2 of 12 torn down, 1 refused       │
//! │                                                          │
//! │ ○ shop-1  gone: 3 resources deleted                      │
//! │ ▼ shop-2  1 of 3 destroyed                               │
//! │ · shop-3  waiting                                        │
//! │ ✗ prod-1  protected, and its name was not typed          │
//! │                                                          │
//! │ ↓ ↑ scroll   Esc close; it continues                     │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::text_popup::{TextPopup, max_scroll as max_scroll_of, text_columns};
use super::{combined, teardown};
use crate::dashboard::model::batch::{Batch, BatchState};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::msg::Msg;
use crate::dashboard::view::batch_progress;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 100;

/// The widest name that is aligned with the others.
const MAX_NAME_COLUMNS: usize = 36;

/// The rows of the screen that stay visible above and below the popup.
const MARGIN_ROWS: u16 = 1;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, model: &Model) {
    let Some(batch) = &model.batch else { return };
    let stacks = values::count(batch.entries().len(), "stack");
    let again = model.settings.keymap.key(Msg::Results);
    let esc = if batch.is_running() {
        format!("close; it continues, and {again} shows it again")
    } else {
        format!("close; {again} shows it again")
    };
    let popup = TextPopup {
        columns: COLUMNS,
        title: &teardown::sentence_case(&batch.action.on(&stacks)),
        page: &page(batch, model, text_columns(COLUMNS, area.width)),
        more_keys: &[],
        esc: &esc,
    };
    let area = Rect {
        y: area.y.saturating_add(MARGIN_ROWS),
        height: area.height.saturating_sub(2 * MARGIN_ROWS),
        ..area
    };
    popup.render(canvas, area, Some(scroll));
}

/// The last useful scroll position.
pub(super) fn max_scroll(model: &Model) -> usize {
    let Size { columns, rows } = model.size;
    let rows = rows.saturating_sub(2 * MARGIN_ROWS);
    model.batch.as_ref().map_or(0, |batch| {
        max_scroll_of(&page(batch, model, text_columns(COLUMNS, columns)), rows)
    })
}

fn page(batch: &Batch, model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    page.text(&headline(batch, model), Tone::Heading);
    page.blank();
    let names = batch
        .entries()
        .iter()
        .map(|entry| entry.stack.as_str().len());
    let name_columns = names.max().unwrap_or(0).min(MAX_NAME_COLUMNS);
    for entry in batch.entries() {
        let name = entry.stack.as_str();
        let (glyph, text, tone) = match &entry.state {
            BatchState::Pending => batch_progress::pending(model, batch, &entry.stack),
            BatchState::Done(text) => ("○", text.clone(), Tone::Good),
            BatchState::Refused(reason) => ("✗", format!("refused: {reason}"), Tone::Notice),
            BatchState::Failed(reason) => ("✗", format!("failed: {reason}"), Tone::Alarm),
            BatchState::Residue(text) => ("✗", text.clone(), Tone::Alarm),
        };
        combined::hanging(&mut page, glyph, name, name_columns, &text, tone);
    }
    page
}

/// How many stacks wait, are in progress, and have ended.
fn headline(batch: &Batch, model: &Model) -> String {
    let pending = batch
        .entries()
        .iter()
        .filter(|entry| entry.state == BatchState::Pending);
    let (waiting, running): (Vec<_>, Vec<_>) =
        pending.partition(|entry| batch_progress::waits(model, batch, &entry.stack));
    let mut text = String::new();
    for (count, word) in [(running.len(), "running"), (waiting.len(), "waiting")] {
        if count > 0 {
            text.push_str(&format!("{count} {word}, "));
        }
    }
    text + &batch.results()
}
