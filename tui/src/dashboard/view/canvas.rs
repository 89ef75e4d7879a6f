//! The drawing surface. All text goes through it: control characters are removed, and text stays
//! within its columns.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthChar;

use crate::dashboard::theme::{Ink, Theme};
use crate::format::text::{Clean, clean};

/// The frame that is being drawn.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        buffer.set_style(buffer.area, theme.base());
        Self {
            buffer,
            theme,
            cursor: None,
        }
    }

    /// The position of the terminal's cursor, if it is visible.
    pub(crate) fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Shows the terminal's cursor at a position.
    pub(crate) fn set_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some(Position { x, y });
    }

    /// Writes a text into at most `columns` columns and cuts off its end if it is longer. Returns
    /// the column after it.
    pub(crate) fn put(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: &str,
        ink: impl Into<Ink>,
    ) -> u16 {
        let text = clean(text);
        let fits = width(&text) <= usize::from(columns);
        let room = if fits {
            columns
        } else {
            columns.saturating_sub(1)
        };
        let end = self.write(x, y, room, &text, ink.into());
        if fits || columns == 0 {
            end
        } else {
            self.write(end, y, 1, "…", Ink::Rule)
        }
    }

    /// Like [`Canvas::put`], but cuts out the middle of a long text: names differ at both ends.
    pub(crate) fn put_name(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: &str,
        ink: impl Into<Ink>,
    ) -> u16 {
        let text = Clean::new(text).shortened(columns.into());
        self.write(x, y, columns, text.as_str(), ink.into())
    }

    /// Writes a text, aligned to the right end of `columns` columns.
    pub(crate) fn put_right(
        &mut self,
        x: u16,
        y: u16,
        columns: u16,
        text: &str,
        ink: impl Into<Ink>,
    ) {
        let text = Clean::new(text).shortened(columns.into());
        let taken = u16::try_from(text.width()).unwrap_or(columns);
        self.write(
            x + columns.saturating_sub(taken),
            y,
            taken,
            text.as_str(),
            ink.into(),
        );
    }

    /// Draws a horizontal rule.
    pub(crate) fn rule(&mut self, x: u16, y: u16, columns: u16) {
        let line = "─".repeat(columns.into());
        self.write(x, y, columns, &line, Ink::Rule);
    }

    /// Restyles an area and keeps its text.
    pub(crate) fn shade(&mut self, area: Rect, ink: impl Into<Ink>) {
        let ink = ink.into();
        let style = self.theme.style(ink);
        let area = area.intersection(self.buffer.area);
        if ink == Ink::Selected {
            for place in area.positions() {
                if let Some(cell) = self.buffer.cell_mut(place) {
                    // Several reversed colours next to each other are hard to read, so reset them
                    // first.
                    cell.set_style(ratatui::style::Style::reset());
                }
            }
        }
        self.buffer.set_style(area, style);
    }

    /// Marks every place in a row of cells where they show a text, in any letter case. `wanted` is
    /// in lower case.
    pub(crate) fn highlight(&mut self, x: u16, y: u16, columns: u16, wanted: &str) {
        let mut shown = String::new();
        // The column of each byte of the text.
        let mut places = Vec::new();
        for x in x..x.saturating_add(columns).min(self.buffer.area.right()) {
            if let Some(cell) = self.buffer.cell(Position { x, y }) {
                let symbol = cell.symbol().to_lowercase();
                places.extend(std::iter::repeat_n(x, symbol.len()));
                shown.push_str(&symbol);
            }
        }
        let found: Vec<usize> = shown.match_indices(wanted).map(|(at, _)| at).collect();
        let style = self.theme.style(Ink::Match);
        for at in found {
            for x in places.iter().skip(at).take(wanted.len()) {
                if let Some(cell) = self.buffer.cell_mut(Position { x: *x, y }) {
                    cell.set_style(style);
                }
            }
        }
    }

    /// Draws a box with a title and clears its inside. Returns the area inside.
    pub(crate) fn boxed(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        for place in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(place) {
                cell.reset();
                cell.set_style(self.theme.base());
            }
        }
        let (right, bottom) = (
            area.right().saturating_sub(1),
            area.bottom().saturating_sub(1),
        );
        self.rule(area.x + 1, area.y, area.width.saturating_sub(2));
        self.rule(area.x + 1, bottom, area.width.saturating_sub(2));
        for y in area.y + 1..bottom {
            self.write(area.x, y, 1, "│", Ink::Rule);
            self.write(right, y, 1, "│", Ink::Rule);
        }
        for (x, y, corner) in [
            (area.x, area.y, "╭"),
            (right, area.y, "╮"),
            (area.x, bottom, "╰"),
            (right, bottom, "╯"),
        ] {
            self.write(x, y, 1, corner, Ink::Rule);
        }
        let title = format!(" {title} ");
        self.put(
            area.x + 2,
            area.y,
            area.width.saturating_sub(4),
            &title,
            crate::format::style::Tone::Heading,
        );
        Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        }
    }

    /// Writes cleaned text cell by cell. Returns the column after it.
    fn write(&mut self, x: u16, y: u16, columns: u16, text: &str, ink: Ink) -> u16 {
        let style = self.theme.style(ink);
        let end = x.saturating_add(columns).min(self.buffer.area.right());
        let mut at = x;
        let mut last = None;
        for c in text.chars() {
            let wide = u16::try_from(c.width().unwrap_or(0)).unwrap_or(0);
            if wide == 0 {
                // A combining mark belongs to the character before it.
                if let Some(cell) = last.and_then(|place: Position| self.buffer.cell_mut(place)) {
                    let whole = format!("{}{c}", cell.symbol());
                    cell.set_symbol(&whole);
                }
                continue;
            }
            if at + wide > end {
                break;
            }
            for x in at + 1..at + wide {
                if let Some(cell) = self.buffer.cell_mut(Position { x, y }) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
            let place = Position { x: at, y };
            if let Some(cell) = self.buffer.cell_mut(place) {
                cell.set_char(c);
                cell.set_style(style);
            }
            last = Some(place);
            at += wide;
        }
        at
    }
}

/// The width of cleaned text in columns.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}
