//! Hold: until when, and why.

use ratatui::layout::Rect;

use super::{keys, line, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::popup::{HoldDialog, HoldField};
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};
use crate::format::values;

const COLUMNS: u16 = 66;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &HoldDialog, model: &Model) {
    let now = model.now();
    let width = usize::from(COLUMNS.min(area.width.saturating_sub(2)).saturating_sub(4));
    let problem = wrapped(
        &clean(popup.problem.as_deref().unwrap_or_default()),
        Some(width),
    );
    let rows = 2 + 2 + 2 + 2 + u16::try_from(problem.len()).unwrap_or(0) + 1;
    let title = format!("Hold {}", popup.stack);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &title);
    let text = match popup.before {
        Some(until) => format!("held until {}", values::moment(until, now)),
        None => "the reaper leaves the stack alone until then; costs continue".to_owned(),
    };
    canvas.put(inside.x, inside.y, inside.width, &text, Tone::Plain);
    for (field, name, input, y) in [
        (HoldField::Until, "until", &popup.until, inside.y + 2),
        (HoldField::Why, "why", &popup.why, inside.y + 3),
    ] {
        let focus = popup.field == field;
        let ink = if focus {
            Ink::Accent
        } else {
            Tone::Quiet.into()
        };
        canvas.put(inside.x, y, 6, name, ink);
        line(
            canvas,
            inside.x + 7,
            y,
            inside.width.saturating_sub(7),
            input,
            focus,
        );
    }
    let limit = match popup.longest {
        Some(max) => format!("6h, 1d12h or 2026-03-02T18:00:00Z; at most {max} (max_hold)"),
        None => "6h, 1d12h or 2026-03-02T18:00:00Z".to_owned(),
    };
    canvas.put(inside.x, inside.y + 5, inside.width, &limit, Tone::Quiet);
    for (text, y) in problem.iter().zip(inside.y + 6..) {
        canvas.put(inside.x, y, inside.width, text, Tone::Alarm);
    }
    let foot = inside.bottom().saturating_sub(1);
    let pairs = [
        ("Enter", "hold"),
        ("↓ ↑", "switch field"),
        ("Esc", "cancel"),
    ];
    keys(canvas, inside.x, foot, inside.width, &pairs);
}
