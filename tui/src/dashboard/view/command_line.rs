//! The command line at the foot of the screen, and the candidates above it.
//!
//! ```text
//! ╭ sort COLUMN [reverse] ─────────────────────────╮
//! │ idle     idle $/h, highest first               │
//! │ init     init, slowest first                   │
//! ╰────────────────────────────────────────────────╯
//! : sort i▏
//! ```

use ratatui::layout::Rect;

use super::canvas::{Canvas, width as text_width};
use super::popup;
use crate::dashboard::model::Model;
use crate::dashboard::model::command_line::{Candidate, CommandSpec, OpenLine};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};

/// The most candidates on the screen at once.
const MAX_ROWS: u16 = 8;

/// The most columns of the box.
const MAX_COLUMNS: u16 = 84;

/// The rows of the border.
const BORDER: u16 = 2;

pub(super) fn render(canvas: &mut Canvas<'_>, body: Rect, status: Rect, model: &Model) {
    let Some(line) = model.command_line.line() else {
        return;
    };
    let y = status.bottom().saturating_sub(1);
    let (x, columns) = (status.x + 1, status.width.saturating_sub(2));
    let x = canvas.put(x, y, columns, ": ", Ink::Accent);
    let room = columns.saturating_sub(x - status.x);
    popup::line(canvas, x, y, room, &line.input, true);
    above(canvas, body, line);
}

/// Draws the box: why the command is wrong, the candidates, or what the command does.
fn above(canvas: &mut Canvas<'_>, body: Rect, line: &OpenLine) {
    let text = line.input.value();
    let name = text.trim_start().split(' ').next().unwrap_or_default();
    let command = CommandSpec::named(name);
    let is_complete = text.trim_start().contains(' ');
    let width = MAX_COLUMNS.min(body.width);
    let inner = usize::from(width.saturating_sub(4));
    let problem = line.problem.as_deref().unwrap_or_default();
    let problem: Vec<String> = match line.problem {
        Some(_) => wrapped(&clean(problem), Some(inner)),
        None => Vec::new(),
    };
    let candidates = &line.completion.candidates;
    let (title, help) = match command.filter(|_| is_complete || candidates.is_empty()) {
        Some(command) => (
            format!("{} {}", command.name, command.arguments),
            command.help,
        ),
        None => ("Commands".to_owned(), ""),
    };
    let only_help = usize::from(candidates.is_empty() && problem.is_empty() && !help.is_empty());
    let wanted = problem.len() + candidates.len() + only_help;
    let most = MAX_ROWS.min(body.height.saturating_sub(BORDER));
    let rows = u16::try_from(wanted).unwrap_or(most).min(most);
    if rows == 0 {
        return;
    }
    let height = rows + BORDER;
    let area = Rect {
        x: body.x,
        y: body.bottom().saturating_sub(height),
        width,
        height,
    };
    let inside = canvas.boxed(area, title.trim_end());
    let mut y = inside.y;
    for text in problem.iter().take(rows.into()) {
        canvas.put(inside.x, y, inside.width, text, Tone::Alarm);
        y += 1;
    }
    if only_help > 0 {
        canvas.put(inside.x, y, inside.width, help, Tone::Quiet);
        return;
    }
    let rest = Rect {
        y,
        height: inside.bottom().saturating_sub(y),
        ..inside
    };
    list(canvas, rest, candidates, line.completion.chosen);
}

/// Draws the candidates, with the chosen one among them.
fn list(canvas: &mut Canvas<'_>, area: Rect, candidates: &[Candidate], chosen: Option<usize>) {
    let room = usize::from(area.height);
    let first = popup::first_shown(candidates.len(), room, chosen.unwrap_or(0));
    let widths = candidates.iter().map(|one| text_width(&clean(&one.text)));
    let widest = widths.max().unwrap_or(0).min(usize::from(area.width));
    let widest = u16::try_from(widest).unwrap_or(area.width);
    let shown = candidates.iter().enumerate().skip(first).take(room);
    for ((index, candidate), y) in shown.zip(area.y..) {
        canvas.put(area.x, y, area.width, &candidate.text, Tone::Plain);
        let gap = widest + 3;
        let rest = area.width.saturating_sub(gap);
        canvas.put(area.x + gap, y, rest, &candidate.help, Tone::Quiet);
        if chosen == Some(index) {
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            canvas.shade(line, Ink::Selected);
        }
    }
    let hidden = candidates.len().saturating_sub(first + room);
    if hidden > 0 && room > 0 {
        let text = format!(" {hidden} more ↓");
        canvas.put_right(area.x, area.bottom() - 1, area.width, &text, Tone::Quiet);
    }
}
