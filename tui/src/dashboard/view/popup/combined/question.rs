//! The foot of the popup of an action on several stacks: the fields, the confirmation and the keys.

use ratatui::layout::Rect;

use crate::dashboard::model::popup::{CombinedDialog, Outlook};
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::popup::teardown::sentence_case;
use crate::dashboard::view::popup::{keys, line};
use crate::format::style::Tone;

/// The column where the text of a field starts.
const LABEL_COLUMNS: u16 = 9;

/// The rows of the fields, of the confirmation and of the keys.
pub(super) fn rows(popup: &CombinedDialog) -> u16 {
    let fields = u16::try_from(popup.fields.len()).unwrap_or(0);
    if popup.is_text_focused() {
        fields + 2
    } else {
        1
    }
}

/// Draws the fields, the question and the keys.
pub(super) fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    popup: &CombinedDialog,
    outlooks: &[Outlook],
) {
    let last = area.bottom().saturating_sub(1);
    if !popup.is_text_focused() {
        return keys(canvas, area.x, last, area.width, &[("Esc", "close")]);
    }
    for ((index, field), y) in popup.fields.iter().enumerate().zip(area.y..) {
        let focus = popup.focus == index;
        let ink = if focus {
            Ink::Accent
        } else {
            Tone::Quiet.into()
        };
        canvas.put(area.x, y, LABEL_COLUMNS - 1, field.label, ink);
        let x = area.x + LABEL_COLUMNS;
        let room = area.right().saturating_sub(x);
        line(canvas, x, y, room, &field.input, focus);
        if field.input.value().is_empty() {
            canvas.put(x + 1, y, room.saturating_sub(1), &field.hint, Tone::Quiet);
        }
    }
    let y = last.saturating_sub(1);
    let ask = popup.ask(outlooks);
    let is_open = !popup.is_pending() && !ask.is_empty();
    let colon = if is_open { ": " } else { "." };
    let ask = if popup.is_pending() {
        "The confirmation follows when every plan is here.".to_owned()
    } else {
        sentence_case(&ask.sentence(popup.action)) + colon
    };
    let focus = popup.confirms() && is_open;
    let tone = if focus { Tone::Notice } else { Tone::Quiet };
    let x = canvas.put(area.x, y, area.width, &ask, tone);
    if is_open {
        let room = area.right().saturating_sub(x);
        line(canvas, x, y, room, &popup.confirmation, focus);
    }
    let enter = if popup.confirms() { "confirm" } else { "next" };
    let pairs: &[(&str, &str)] = if popup.is_pending() {
        &[("PgDn PgUp", "scroll"), ("Esc", "cancel")]
    } else if popup.fields.is_empty() {
        &[
            ("Enter", enter),
            ("↓ ↑ PgDn PgUp", "scroll"),
            ("Esc", "cancel"),
        ]
    } else {
        &[
            ("Enter", enter),
            ("↓ ↑", "switch field"),
            ("PgDn PgUp", "scroll"),
            ("Esc", "cancel"),
        ]
    };
    keys(canvas, area.x, last, area.width, pairs);
}
