//! Shown instead of an empty list: why it is empty, and how to start.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::dashboard::model::Model;
use crate::dashboard::model::store::LoadState;
use crate::dashboard::msg::Msg;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};
use crate::format::values;

/// Three commands to start with, and what each does.
const BEGIN: [(&str, &str); 3] = [
    (
        "make quickstart",
        "create a stack of local processes (from the sources)",
    ),
    (
        "terraform apply",
        "create a stack; examples/ has configurations",
    ),
    ("jiti demo", "explore made-up stacks without an account"),
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
    if let Some((done, count)) = model.preparing {
        let text = format!(
            "Preparing {} in a temporary ledger: {} so far.",
            values::count(count, "demo stack"),
            values::thousands(done)
        );
        line(canvas, &text, Tone::Heading);
        return line(
            canvas,
            "They appear here in a moment. q quits.",
            Tone::Quiet,
        );
    }
    match &model.store.load_state {
        LoadState::Pending => return line(canvas, "Reading the ledger…", Tone::Quiet),
        LoadState::Failed(problem) => {
            line(canvas, "Cannot read the ledger.", Tone::Heading);
            line(canvas, "", Tone::Plain);
            line(canvas, &problem.message, Tone::Alarm);
            line(canvas, "", Tone::Plain);
            let refresh = model.settings.keymap.key(Msg::Refresh);
            let text = format!("jiti retries when the file changes; press {refresh} to retry now.");
            line(canvas, &text, Tone::Plain);
            return;
        }
        LoadState::Done => {}
    }
    line(canvas, "No stacks", Tone::Heading);
    line(canvas, "", Tone::Plain);
    let why = if model.settings.demo {
        "The demo's ledger is empty. `jiti demo` without --stacks 0 fills it.".to_owned()
    } else if model.store.exists {
        format!(
            "Every stack in the ledger {} is gone; `jiti ls --all` lists them.",
            model.settings.ledger
        )
    } else {
        format!(
            "There is no ledger at {} yet; the first apply creates it.",
            model.settings.ledger
        )
    };
    line(canvas, &why, Tone::Plain);
    line(canvas, "", Tone::Plain);
    line(canvas, "To start:", Tone::Plain);
    line(canvas, "", Tone::Plain);
    for (command, what) in BEGIN {
        if y < area.bottom() {
            canvas.put(x + 2, y, width, command, Ink::Accent);
            canvas.put(x + 21, y, width.saturating_sub(21), what, Tone::Quiet);
        }
        y += 1;
    }
    if y + 1 < area.bottom() {
        let text = "New stacks appear here automatically.";
        canvas.put(x, y + 1, width, text, Tone::Quiet);
    }
}
