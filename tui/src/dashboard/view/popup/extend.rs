//! Extend: the durations that the policy allows.
//!
//! ```text
//! ╭ Extend checkout-1.4.0 ────────────────────╮
//! │ expires 2026-03-02 16:47 UTC, in 4 h      │
//! │                                           │
//! │ 1  +1h    until 2026-03-02 17:47 UTC      │
//! │ 2  +4d, maximum            until …        │
//! │ 3  other, such as 90m: 90m▏               │
//! │                                           │
//! │ latest possible 2026-03-09 … (max_ttl 7d) │
//! ╰───────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{ExtendDialog, ExtendOption};
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};
use crate::format::values;

const COLUMNS: u16 = 66;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &ExtendDialog, model: &Model) {
    let now = model.now();
    let width = COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4);
    let problem = popup.problem.as_deref().unwrap_or_default();
    let problem = wrapped(&clean(problem), Some(width.into()));
    let choices = u16::try_from(popup.choices.len()).unwrap_or(0).max(1);
    let problems = u16::try_from(problem.len()).unwrap_or(0);
    let rows = 2 + 2 + choices + 2 + problems + 1;
    let title = format!("Extend {}", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    let passed = if popup.expires_at <= now {
        "expired"
    } else {
        "expires"
    };
    let text = format!("{passed} {}", values::moment(popup.expires_at, now));
    canvas.put(inside.x, inside.y, inside.width, &text, Tone::Plain);
    let mut y = inside.y + 2;
    if popup.choices.is_empty() {
        canvas.put(
            inside.x,
            y,
            inside.width,
            "Cannot extend: the lease is at the policy's max_ttl.",
            Tone::Notice,
        );
        y += 1;
    }
    for (at, choice) in popup.choices.iter().enumerate() {
        let row = Rect {
            y,
            height: 1,
            ..inside
        };
        one(canvas, row, at, *choice, popup);
        y += 1;
    }
    let latest = match popup.latest {
        Some((at, max)) => format!(
            "latest possible: {} UTC (max_ttl {max})",
            values::minute(at)
        ),
        None => "no limit: the policy has no max_ttl".to_owned(),
    };
    canvas.put(inside.x, y + 1, inside.width, &latest, Tone::Quiet);
    for (text, y) in problem.iter().zip(y + 2..) {
        canvas.put(inside.x, y, inside.width, text, Tone::Alarm);
    }
    let foot = inside.bottom().saturating_sub(1);
    keys(
        canvas,
        inside.x,
        foot,
        inside.width,
        &[("Enter", "extend"), ("Esc", "cancel")],
    );
}

fn one(canvas: &mut Canvas<'_>, row: Rect, at: usize, choice: ExtendOption, popup: &ExtendDialog) {
    let chosen = at == popup.chosen;
    let (x, y) = (row.x, row.y);
    canvas.put(x, y, 2, &(at + 1).to_string(), Tone::Quiet);
    let (what, until) = match choice {
        ExtendOption::By { by, until } => (format!("+{}", values::span(by)), Some(until)),
        ExtendOption::Latest { by, until } => {
            (format!("+{}, maximum", values::span(by)), Some(until))
        }
        ExtendOption::Written => ("other, such as 90m:".to_owned(), None),
    };
    let end = canvas.put(x + 3, y, row.width, &what, Tone::Plain);
    if let Some(until) = until {
        let text = format!("until {} UTC", values::minute(until));
        canvas.put_right(x, y, row.width, &text, Tone::Plain);
    }
    if chosen && choice != ExtendOption::Written {
        canvas.shade(row, Ink::Selected);
    }
    if choice == ExtendOption::Written {
        let columns = row.right().saturating_sub(end + 1);
        line(canvas, end + 1, y, columns, &popup.input, chosen);
        if chosen {
            canvas.put(x, y, 2, "▌", Ink::Accent);
        }
    }
}
