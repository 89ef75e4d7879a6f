//! Draws the screen. Each region has a file with one `render` function. No view changes the model.
//!
//! ```text
//! ┌──────────────────────────────┐
//! │ header                       │  figures, the reaper, the clock
//! ├──────────────────────────────┤
//! │ list, or one stack's page    │
//! │        ┌─────────┐           │
//! │        │ popup   │           │
//! │        └─────────┘           │
//! ├──────────────────────────────┤
//! │ status                       │  last message, or the filter and the sort order
//! │ keys                         │
//! └──────────────────────────────┘
//! ```

mod batch_progress;
mod canvas;
mod command_line;
mod detail;
mod economics;
mod empty;
mod glyphs;
mod header;
mod keys;
pub(crate) mod layout;
mod list;
mod page;
mod popup;
mod row;
mod status;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use self::canvas::Canvas;
use crate::dashboard::model::{Model, Screen, Size};
use crate::dashboard::theme::Theme;
use crate::format::style::Tone;

/// Draws the whole screen.
pub(crate) fn view(frame: &mut Frame<'_>, model: &Model) {
    let theme = Theme::new(model.theme, model.settings.colour);
    let mut canvas = Canvas::new(frame.buffer_mut(), theme);
    if !model.size.is_enough() {
        too_small(&mut canvas, model);
        return;
    }
    let areas = layout::areas(model.size);
    header::render(&mut canvas, areas.header, model);
    match &model.screen {
        Screen::Detail(detail) => detail::render(&mut canvas, areas.body, detail, model),
        Screen::Economics(screen) => economics::render(&mut canvas, areas.body, screen, model),
        Screen::List if model.store.stacks().is_empty() => {
            empty::render(&mut canvas, areas.body, model);
        }
        Screen::List => list::render(&mut canvas, areas.body, model),
    }
    status::render(&mut canvas, areas.status, model);
    keys::render(&mut canvas, areas.keys, model);
    command_line::render(&mut canvas, areas.body, areas.status, model);
    if let Some(shown) = &model.popup {
        popup::render(&mut canvas, areas.whole, shown, model);
    }
    if let Some(at) = canvas.cursor() {
        frame.set_cursor_position(at);
    }
}

pub(crate) use self::detail::{max_scroll, tab_at};
pub(crate) use self::popup::{
    combined_list, max_batch_scroll, max_explanation_scroll, max_help_scroll, max_log_scroll,
    max_messages_scroll,
};

/// Returns the screen as text, one line per row, without trailing blanks.
pub(crate) fn screen_text(buffer: &Buffer) -> String {
    let columns = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    for row in buffer.content().chunks(columns) {
        let mut covered = 0;
        let mut line = String::new();
        for cell in row {
            // A wide character also covers the next cell.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = canvas::width(cell.symbol()).saturating_sub(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn too_small(canvas: &mut Canvas<'_>, model: &Model) {
    let Size { columns, rows } = model.size;
    let needed = Size::SMALLEST;
    let lines = [
        "This terminal is too small for the dashboard.".to_owned(),
        format!(
            "Current size: {columns}×{rows}. Minimum: {}×{}.",
            needed.columns, needed.rows
        ),
        "Press q to quit; `jiti ls` works at any size.".to_owned(),
    ];
    for (y, line) in (0..rows).zip(lines) {
        canvas.put(0, y, columns, &line, Tone::Plain);
    }
}
