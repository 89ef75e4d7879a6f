//! What a teardown would remove, and the question.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::model::Model;
use crate::model::popup::Confirm;
use crate::output::style::Tone;
use crate::view::canvas::Canvas;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, popup: &Confirm, _model: &Model) {
    let title = format!("Tear down {}", popup.stack);
    let inside = canvas.boxed(middle(area, 66, 6), &title);
    canvas.put(
        inside.x,
        inside.y,
        inside.width,
        "asking Terraform…",
        Tone::Quiet,
    );
    let foot = inside.bottom().saturating_sub(1);
    keys(canvas, inside.x, foot, inside.width, &[("Esc", "leave")]);
}
