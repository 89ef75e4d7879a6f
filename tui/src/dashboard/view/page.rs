//! Scrollable text: built completely, then drawn from the scroll position.

use ratatui::layout::Rect;

use super::canvas::{Canvas, width};
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};

/// The width of field names.
const NAMES: usize = 16;

/// Lines of styled text.
pub(super) struct Page {
    columns: usize,
    lines: Vec<Vec<(String, Ink)>>,
}

impl Page {
    /// Makes an empty page with a width in columns.
    pub(super) fn new(columns: u16) -> Self {
        Self {
            columns: columns.into(),
            lines: Vec::new(),
        }
    }

    /// The number of lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The width in columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Adds a line of styled pieces.
    pub(super) fn line(&mut self, pieces: impl IntoIterator<Item = (String, Ink)>) {
        self.lines.push(pieces.into_iter().collect());
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.lines.push(Vec::new());
    }

    /// Adds a heading, after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.blank();
        }
        self.line([(text.to_owned(), Tone::Heading.into())]);
    }

    /// Adds wrapped text. Every line has the indentation of the text's first line.
    pub(super) fn text(&mut self, text: &str, ink: impl Into<Ink>) {
        let ink = ink.into();
        let indent = text.len() - text.trim_start_matches(' ').len();
        let room = self.columns.saturating_sub(indent).max(1);
        for line in wrapped(&clean(text), Some(room)) {
            self.line([(format!("{:indent$}{line}", ""), ink)]);
        }
    }

    /// Adds a field: a name, and a value that is wrapped in its own column.
    pub(super) fn field(&mut self, name: &str, text: &str, ink: impl Into<Ink>) {
        let ink = ink.into();
        let room = self.columns.saturating_sub(NAMES + 4).max(20);
        for (at, line) in wrapped(&clean(text), Some(room)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            self.line([
                (format!("  {name:<NAMES$}  "), Tone::Quiet.into()),
                (line, ink),
            ]);
        }
    }

    /// Draws the lines that fit, from `scroll` on.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, scroll: usize) {
        let shown = self.lines.iter().skip(scroll);
        for (y, line) in (area.y..area.bottom()).zip(shown) {
            let mut x = area.x;
            for (text, ink) in line {
                x = canvas.put(x, y, area.right().saturating_sub(x), text, *ink);
            }
        }
        let hidden = self.len().saturating_sub(scroll + usize::from(area.height));
        if hidden > 0 && area.height > 0 {
            let noun = if hidden == 1 { "line" } else { "lines" };
            let text = format!("  {hidden} more {noun} ↓ ");
            let columns = u16::try_from(width(&text)).unwrap_or(0);
            let x = area.right().saturating_sub(columns);
            canvas.put(x, area.bottom() - 1, columns, &text, Tone::Quiet);
        }
    }
}
