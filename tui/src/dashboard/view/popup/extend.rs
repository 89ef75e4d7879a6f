//! Extend: one text field, and presets that fill it.
//!
//! ```text
//! ╭ Extend checkout-1.4.0 ────────────────────╮
//! │ expires 2026-03-02 16:47 UTC, in 4 h      │
//! │                                           │
//! │ by 1h▏          until 2026-03-02 17:47 UTC│
//! │                                           │
//! │ +1 h            until 2026-03-02 17:47 UTC│
//! │ +4 d, maximum   until …                   │
//! │                                           │
//! │ latest possible 2026-03-09 … (max_ttl 7d) │
//! │ Enter extend   ↓ ↑ presets   Esc cancel   │
//! ╰───────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::{first_shown, keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{ExtendDialog, Preset};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};
use crate::format::values;

const COLUMNS: u16 = 66;

/// The width of `until 2026-03-02 17:47 UTC`.
const UNTIL_COLUMNS: u16 = 27;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &ExtendDialog, model: &Model) {
    let now = model.now();
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let problem = popup.problem.as_deref().unwrap_or_default();
    let problem = wrapped(&clean(problem), Some(width.into()));
    let problems = u16::try_from(problem.len()).unwrap_or(0).max(1);
    let presets = u16::try_from(popup.presets.len()).unwrap_or(0).max(1);
    let rows = 2 + 3 + problems + presets + 3;
    let title = format!("Extend {}", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    let passed = if popup.expires_at <= now {
        "expired"
    } else {
        "expires"
    };
    let text = format!("{passed} {}", values::moment(popup.expires_at, now));
    canvas.put(inside.x, inside.y, inside.width, &text, Tone::Plain);
    let foot = inside.bottom().saturating_sub(1);
    let latest = match popup.latest {
        Some((at, max)) => format!(
            "latest possible: {} UTC (max_ttl {max})",
            values::minute(at)
        ),
        None => "no limit: the policy has no max_ttl".to_owned(),
    };
    canvas.put(
        inside.x,
        foot.saturating_sub(1),
        inside.width,
        &latest,
        Tone::Quiet,
    );
    if popup.presets.is_empty() {
        let text = "Cannot extend: the lease is at the policy's max_ttl.";
        canvas.put(inside.x, inside.y + 2, inside.width, text, Tone::Notice);
        return keys(canvas, inside.x, foot, inside.width, &[("Esc", "close")]);
    }
    field(canvas, inside, inside.y + 2, popup, model);
    for (text, y) in problem.iter().zip(inside.y + 3..foot.saturating_sub(1)) {
        canvas.put(inside.x, y, inside.width, text, Tone::Alarm);
    }
    let top = inside.y + 3 + problems;
    let room = usize::from(foot.saturating_sub(top + 1));
    let first = first_shown(popup.presets.len(), room, popup.chosen.unwrap_or(0));
    let shown = popup.presets.iter().enumerate().skip(first).take(room);
    for ((index, preset), y) in shown.zip(top..) {
        let row = Rect {
            y,
            height: 1,
            ..inside
        };
        line_of_preset(canvas, row, *preset, popup.chosen == Some(index));
    }
    let pairs = [("Enter", "extend"), ("↓ ↑", "presets"), ("Esc", "cancel")];
    keys(canvas, inside.x, foot, inside.width, &pairs);
}

/// Draws the text field, and what its text means.
fn field(canvas: &mut Canvas<'_>, inside: Rect, y: u16, popup: &ExtendDialog, model: &Model) {
    let x = canvas.put(inside.x, y, inside.width, "by ", Ink::Accent);
    let room = inside.right().saturating_sub(x + UNTIL_COLUMNS + 1);
    line(canvas, x, y, room, &popup.input, true);
    let stack = model.store.stack(&(&popup.stack).into());
    let (text, tone) = match stack.and_then(StackRow::lease) {
        None => ("the stack is gone".to_owned(), Tone::Notice),
        Some(lease) => match popup.read(lease, model.policy(), model.now()) {
            Ok((_, until)) => (
                format!("until {} UTC", values::minute(until)),
                Tone::Heading,
            ),
            Err(_) => ("such as 90m, 8h or 1d12h".to_owned(), Tone::Quiet),
        },
    };
    let right = inside.right().saturating_sub(UNTIL_COLUMNS);
    canvas.put_right(right, y, UNTIL_COLUMNS, &text, tone);
}

fn line_of_preset(canvas: &mut Canvas<'_>, row: Rect, preset: Preset, is_chosen: bool) {
    let what = if preset.is_latest {
        format!("+{}, maximum", values::span(preset.by))
    } else {
        format!("+{}", values::span(preset.by))
    };
    canvas.put(row.x, row.y, row.width, &what, Tone::Plain);
    let until = format!("until {} UTC", values::minute(preset.until));
    canvas.put_right(row.x, row.y, row.width, &until, Tone::Plain);
    if is_chosen {
        canvas.shade(row, Ink::Selected);
    }
}
