//! The command line: the text, its completion, and the earlier commands.

mod command;
mod completion;

use tui_input::{Input, InputRequest};

pub(crate) use self::command::{CommandSpec, ListCommand, Surroundings};
pub(crate) use self::completion::{Candidate, Completion};

/// How many commands the user can get back.
const MAX_HISTORY: usize = 200;

/// The command line, open or closed.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    line: Option<OpenLine>,
    /// The commands so far, oldest first.
    history: Vec<String>,
}

/// An open command line.
#[derive(Debug, Default)]
pub(crate) struct OpenLine {
    /// The text field.
    pub(crate) input: Input,
    /// Why the command was rejected.
    pub(crate) problem: Option<String>,
    /// What the word at the cursor can become.
    pub(crate) completion: Completion,
    /// The place in the history of the command in the text field, and the text before that.
    recalled: Option<(usize, String)>,
}

impl CommandLine {
    /// Whether the command line is open.
    pub(crate) fn is_open(&self) -> bool {
        self.line.is_some()
    }

    /// The open command line.
    pub(crate) fn line(&self) -> Option<&OpenLine> {
        self.line.as_ref()
    }

    /// Opens an empty command line.
    pub(crate) fn open(&mut self, around: Surroundings<'_>) {
        let mut line = OpenLine::default();
        line.complete_again(around);
        self.line = Some(line);
    }

    /// Closes the command line.
    pub(crate) fn close(&mut self) {
        self.line = None;
    }

    /// Edits the text. Deleting in an empty line closes it.
    pub(crate) fn edit(&mut self, request: InputRequest, around: Surroundings<'_>) {
        let Some(line) = &mut self.line else { return };
        if line.input.value().is_empty() && request == InputRequest::DeletePrevChar {
            return self.close();
        }
        line.input.handle(request);
        line.problem = None;
        line.recalled = None;
        line.complete_again(around);
    }

    /// Replaces the word at the cursor by the next or the previous candidate. The only candidate
    /// completes the word.
    pub(crate) fn complete(&mut self, forward: bool, around: Surroundings<'_>) {
        let Some(line) = &mut self.line else { return };
        line.problem = None;
        let text = line.completion.turn(forward);
        if let Some((text, cursor)) = text {
            line.input = Input::new(text).with_cursor(cursor);
        }
        if line.completion.is_decided() {
            line.complete_again(around);
        }
    }

    /// Shows the command before or after the one in the text field, among those that begin like
    /// the text that the user typed.
    pub(crate) fn recall(&mut self, back: bool, around: Surroundings<'_>) {
        let Some(line) = &mut self.line else { return };
        let (at, typed) = match &line.recalled {
            Some((at, typed)) => (*at, typed.clone()),
            None => (self.history.len(), line.input.value().to_owned()),
        };
        let fits = |at: &usize| {
            let entry = self.history.get(*at);
            entry.is_some_and(|entry| entry.starts_with(&typed))
        };
        let found = if back {
            (0..at).rev().find(fits)
        } else {
            (at + 1..self.history.len()).find(fits)
        };
        let entry = found.and_then(|at| self.history.get(at));
        match (entry, back) {
            (Some(entry), _) => {
                line.input = Input::new(entry.clone());
                line.recalled = found.map(|at| (at, typed));
            }
            // After the last command comes what the user typed.
            (None, false) => {
                line.input = Input::new(typed);
                line.recalled = None;
            }
            (None, true) => return,
        }
        line.problem = None;
        line.complete_again(around);
    }

    /// Adds a command to the history and closes the command line.
    pub(crate) fn accept(&mut self, text: &str) {
        self.history.retain(|entry| entry != text);
        self.history.push(text.to_owned());
        if self.history.len() > MAX_HISTORY {
            self.history.remove(0);
        }
        self.close();
    }

    /// Says why the command is rejected. The text stays.
    pub(crate) fn reject(&mut self, problem: String) {
        if let Some(line) = &mut self.line {
            line.problem = Some(problem);
        }
    }
}

impl OpenLine {
    fn complete_again(&mut self, around: Surroundings<'_>) {
        self.completion = Completion::of(self.input.value(), self.input.cursor(), around);
    }
}
