//! Standard output and standard error: every text of a command goes through here.

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::builder::StyledStr;
use clap::error::ErrorKind;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::table::Table;
use crate::format::text::{clean, wrapped};

/// The minimum width to which text is wrapped.
const MIN_TEXT_WIDTH: usize = 20;

/// Standard output, with the width and the colours of its reader.
pub(crate) struct Ui {
    out: BufWriter<io::Stdout>,
    width: Option<usize>,
    colour: bool,
}

impl Ui {
    /// The standard output of this process.
    pub(crate) fn of_process(environment: &Environment) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            out: BufWriter::new(io::stdout()),
            width: environment
                .columns
                .or_else(|| terminal.then(terminal_width).flatten()),
            colour: has_colour(environment, terminal),
        }
    }

    /// The text in a tone, if the output has colours.
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

    /// Writes a text that may contain data: escaped, and wrapped at the width.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), CommandError> {
        wrapped(&clean(text), self.width)
            .iter()
            .try_for_each(|line| self.line(line))
    }

    /// Writes a text after a label that is `columns` columns wide. Further lines are indented.
    ///
    /// ```text
    /// the label   the text, which may be long,
    ///             and continues on the next line
    /// ```
    pub(crate) fn labelled(
        &mut self,
        label: &str,
        columns: usize,
        text: &str,
    ) -> Result<(), CommandError> {
        let room = self
            .width
            .map(|width| width.saturating_sub(columns).max(MIN_TEXT_WIDTH));
        for (index, line) in wrapped(&clean(text), room).iter().enumerate() {
            let before = if index == 0 {
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

    /// Writes a help text from clap.
    pub(crate) fn help(&mut self, text: &StyledStr) -> Result<(), CommandError> {
        let text = if self.colour {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        self.raw(text.as_bytes())
    }

    /// Handles an error from clap: prints the help or the version if the user asked for it.
    ///
    /// # Errors
    ///
    /// With exit code 2 if the command line is invalid.
    pub(crate) fn clap_error(&mut self, error: &clap::Error) -> Result<(), CommandError> {
        if !error.use_stderr() {
            return self.help(&error.render());
        }
        let text = error.render().to_string();
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Err(CommandError::help(text));
        }
        let text = text.trim_end();
        Err(CommandError::usage(
            text.strip_prefix("error: ").unwrap_or(text),
        ))
    }

    /// Writes bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Flushes the output.
    pub(crate) fn finish(&mut self) -> Result<(), CommandError> {
        Ok(self.out.flush()?)
    }
}

/// Writes a line to standard error: an error, or a note that must not get into JSON output.
pub(crate) fn print_error(text: &str) {
    // If standard error is closed too, there is no one to report that to.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a question to standard error, without a line break.
pub(crate) fn prompt(question: &str) {
    let _ = write!(io::stderr(), "{}", clean(question));
    let _ = io::stderr().flush();
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// `NO_COLOR` overrides `CLICOLOR_FORCE`, and both override what the terminal supports.
fn has_colour(environment: &Environment, terminal: bool) -> bool {
    !environment.no_color && (environment.force_color || (terminal && !environment.dumb_terminal))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only terminals get colours; `CLICOLOR_FORCE` forces them, and `NO_COLOR` overrides it.
    #[test]
    fn no_color_overrides_everything() {
        let plain = Environment::default();
        assert!(has_colour(&plain, true));
        assert!(!has_colour(&plain, false));
        let dumb = Environment {
            dumb_terminal: true,
            ..Environment::default()
        };
        assert!(!has_colour(&dumb, true));
        let forced = Environment {
            force_color: true,
            ..Environment::default()
        };
        assert!(has_colour(&forced, false));
        let none = Environment {
            no_color: true,
            ..forced
        };
        assert!(!has_colour(&none, true));
    }
}
