//! What stands where the list would be when there is nothing to list: why, and how to begin.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::dashboard::model::Model;
use crate::dashboard::model::world::Reading;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};

/// The three commands to begin with, and what each does.
const BEGIN: [(&str, &str); 3] = [
    (
        "make quickstart",
        "a stack of local processes in a minute, from the sources",
    ),
    (
        "terraform apply",
        "in a configuration with a jiti_stack; examples/ has some",
    ),
    (
        "jiti demo",
        "a made-up world to look around in, without any account",
    ),
];

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let (x, width) = (area.x + 3, area.width.saturating_sub(6));
    let mut y = area.y + 1;
    let mut line = |canvas: &mut Canvas<'_>, text: &str, tone: Tone| {
        for part in wrapped(&clean(text), Some(width.into())) {
            if y < area.bottom() {
                canvas.put(x, y, width, &part, tone);
            }
            y += 1;
        }
    };
    match &model.world.reading {
        Reading::First => return line(canvas, "Reading the ledger…", Tone::Quiet),
        Reading::Failed(problem) => {
            line(canvas, "The ledger could not be read.", Tone::Heading);
            line(canvas, "", Tone::Plain);
            line(canvas, &problem.said, Tone::Alarm);
            line(canvas, "", Tone::Plain);
            line(
                canvas,
                "It is tried again as soon as the file changes; r tries it now.",
                Tone::Plain,
            );
            return;
        }
        Reading::Done => {}
    }
    line(canvas, "No stack lives here.", Tone::Heading);
    line(canvas, "", Tone::Plain);
    let why = if model.world.exists {
        format!(
            "Every stack in the ledger {} is gone; `jiti ls --all` shows them.",
            model.setting.place
        )
    } else {
        format!(
            "There is no ledger at {} yet: the first apply makes it.",
            model.setting.place
        )
    };
    line(canvas, &why, Tone::Plain);
    line(canvas, "", Tone::Plain);
    line(canvas, "To begin:", Tone::Plain);
    line(canvas, "", Tone::Plain);
    for (command, what) in BEGIN {
        if y < area.bottom() {
            canvas.put(x + 2, y, width, command, Ink::Accent);
            canvas.put(x + 21, y, width.saturating_sub(21), what, Tone::Quiet);
        }
        y += 1;
    }
    if y + 1 < area.bottom() {
        let text = "Whatever appears in the ledger is shown here by itself.";
        canvas.put(x, y + 1, width, text, Tone::Quiet);
    }
}
