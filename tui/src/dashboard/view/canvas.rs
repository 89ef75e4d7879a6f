//! The only door to the screen: every text is made harmless and stays in its cell.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthChar;

use crate::dashboard::theme::{Ink, Theme};
use crate::format::text::{Clean, clean};

/// A frame that is being drawn.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self {
            buffer,
            theme,
            cursor: None,
        }
    }

    /// Where the cursor of the terminal is to stand.
    pub(crate) fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Puts the cursor of the terminal somewhere.
    pub(crate) fn set_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some(Position { x, y });
    }

    /// Writes a text into at most so many columns, its end cut off if it has more; answers the column
    /// behind it.
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

    /// The same with the middle cut out: names differ at both ends.
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

    /// Writes a text at the right end of so many columns.
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

    /// Writes a line over a width: `────`.
    pub(crate) fn rule(&mut self, x: u16, y: u16, columns: u16) {
        let line = "─".repeat(columns.into());
        self.write(x, y, columns, &line, Ink::Rule);
    }

    /// Makes an area look like something, whatever is written there.
    pub(crate) fn shade(&mut self, area: Rect, ink: impl Into<Ink>) {
        let ink = ink.into();
        let style = self.theme.style(ink);
        let area = area.intersection(self.buffer.area);
        if ink == Ink::Selected {
            for place in area.positions() {
                if let Some(cell) = self.buffer.cell_mut(place) {
                    // Reversed colours of many kinds side by side are hard to read.
                    cell.set_style(ratatui::style::Style::reset());
                }
            }
        }
        self.buffer.set_style(area, style);
    }

    /// A box with a title, emptied of what was below it; answers the room inside.
    pub(crate) fn boxed(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        for place in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(place) {
                cell.reset();
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

    /// Writes clean text character by character, as terminals place it; answers the column behind it.
    fn write(&mut self, x: u16, y: u16, columns: u16, text: &str, ink: Ink) -> u16 {
        let style = self.theme.style(ink);
        let end = x.saturating_add(columns).min(self.buffer.area.right());
        let mut at = x;
        let mut last = None;
        for c in text.chars() {
            let wide = u16::try_from(c.width().unwrap_or(0)).unwrap_or(0);
            if wide == 0 {
                // A mark stands on the letter before it.
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

/// How many columns clean text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}
