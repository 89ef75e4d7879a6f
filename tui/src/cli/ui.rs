//! The way out: what commands say goes through here, with or without colour, as wide as the reader.

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::builder::StyledStr;

use crate::cli::output::table::Table;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::text::{clean, wrapped};

/// No text is broken into shorter lines than this.
const NARROWEST: usize = 20;

/// Standard output and standard error, and what is known about who reads them.
pub(crate) struct Ui {
    out: BufWriter<io::Stdout>,
    width: Option<usize>,
    colour: bool,
}

impl Ui {
    /// The process's own.
    pub(crate) fn of_process(environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            out: BufWriter::new(io::stdout()),
            width: environment
                .columns
                .or_else(|| terminal.then(terminal_width).flatten()),
            colour: wants_colour(environment, terminal),
        }
    }

    /// A text in a tone, if the reader wants colour.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour {
            tone.paint(text)
        } else {
            text.to_owned()
        }
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), CommandError> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Writes a sentence that holds text from data: made harmless, and broken where the line ends.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), CommandError> {
        wrapped(&clean(text), self.width)
            .iter()
            .try_for_each(|line| self.line(line))
    }

    /// The same behind a label of `columns` columns; the lines after the first are indented by as many.
    ///
    /// ```text
    /// the label   the text, which may be long,
    ///             and goes on below itself
    /// ```
    pub(crate) fn labelled(
        &mut self,
        label: &str,
        columns: usize,
        text: &str,
    ) -> Result<(), CommandError> {
        let room = self
            .width
            .map(|width| width.saturating_sub(columns).max(NARROWEST));
        for (place, line) in wrapped(&clean(text), room).iter().enumerate() {
            let before = if place == 0 {
                label.to_owned()
            } else {
                " ".repeat(columns)
            };
            self.line(&format!("{before}{line}"))?;
        }
        Ok(())
    }

    /// Writes a table.
    pub(crate) fn table(&mut self, table: &Table) -> Result<(), CommandError> {
        table
            .lines(self.width, self.colour)
            .iter()
            .try_for_each(|line| self.line(line))
    }

    /// Writes a help text.
    pub(crate) fn help(&mut self, text: &StyledStr) -> Result<(), CommandError> {
        let text = if self.colour {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        self.raw(text.as_bytes())
    }

    /// Writes bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Writes out what is still held back.
    pub(crate) fn finish(&mut self) -> Result<(), CommandError> {
        Ok(self.out.flush()?)
    }
}

/// Tells something beside the output: an error, or what a program that reads JSON must not get.
pub(crate) fn tell(text: &str) {
    // When nobody listens there either, nobody is left to be told.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Asks something at the terminal, beside the output.
pub(crate) fn ask(question: &str) {
    let _ = write!(io::stderr(), "{}", clean(question));
    let _ = io::stderr().flush();
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// `NO_COLOR` goes before `CLICOLOR_FORCE`, and both before what the terminal can do.
fn wants_colour(environment: &Environment, terminal: bool) -> bool {
    !environment.no_color && (environment.force_color || (terminal && !environment.dumb_terminal))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colour is for terminals, can be forced, and `NO_COLOR` has the last word.
    #[test]
    fn no_color_has_the_last_word() {
        let plain = Environment::default();
        assert!(wants_colour(&plain, true));
        assert!(!wants_colour(&plain, false));
        let dumb = Environment {
            dumb_terminal: true,
            ..Environment::default()
        };
        assert!(!wants_colour(&dumb, true));
        let forced = Environment {
            force_color: true,
            ..Environment::default()
        };
        assert!(wants_colour(&forced, false));
        let none = Environment {
            no_color: true,
            ..forced
        };
        assert!(!wants_colour(&none, true));
    }
}
