//! The error of a command: its kind, causes and hints, and the one place that decides exit codes.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use stack::LedgerError;
use stack::service::ServiceError;
use stack::service::teardown::TeardownError;

use crate::format::text::clean_lines;

/// The kind of an error, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// jiti tried and failed.
    Failed,
    /// The command line is invalid.
    Usage,
    /// A rule forbids it: the policy, a hold, read-only mode.
    Refused,
    /// A teardown left resources behind.
    Residue,
    /// The command line is empty where a command is required, so the text is the help.
    Help,
    /// The reader of the output closed the pipe, as in `jiti ls | head -1`. This is not a failure.
    BrokenPipe,
}

/// An error as the user sees it: what happened, why, and what to do next.
#[derive(Clone, Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    /// jiti tried and failed: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line is invalid: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The command line is empty where a command is required; `text` is the help. Exit code 2.
    pub(crate) fn help(text: impl Into<String>) -> Self {
        Self::new(Kind::Help, text)
    }

    /// A rule forbids it: exit code 3.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// A teardown left resources behind: exit code 4.
    pub(crate) fn residue(message: impl Into<String>) -> Self {
        Self::new(Kind::Residue, message)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Adds an error and its sources as causes.
    pub(crate) fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        self.causes.extend(chain(error).map(ToString::to_string));
        self
    }

    /// Adds a hint: what the user can do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The message and its causes, on one line.
    pub(crate) fn message(&self) -> String {
        let causes = self
            .causes
            .iter()
            .filter(|cause| !self.message.contains(cause.as_str()));
        std::iter::once(&self.message)
            .chain(causes)
            .cloned()
            .collect::<Vec<_>>()
            .join(": ")
    }

    /// The hints, on one line.
    pub(crate) fn advice(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Whether a rule forbids it, as opposed to a failure.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == Kind::Refused
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::BrokenPipe => 0,
            Kind::Failed => 1,
            Kind::Usage | Kind::Help => 2,
            Kind::Refused => 3,
            Kind::Residue => 4,
        })
    }

    /// The text for standard error; `None` if the reader of the output closed the pipe.
    pub(crate) fn report(&self) -> Option<String> {
        let label = match self.kind {
            Kind::BrokenPipe => return None,
            Kind::Help => return Some(self.message.trim_end().to_owned()),
            Kind::Refused => "Refused",
            Kind::Residue => "Residue",
            Kind::Failed | Kind::Usage => "Error",
        };
        let mut text = format!("{label}: {}", clean_lines(&self.message));
        // Many errors repeat their source's text, which is left out.
        let mut above = self.message.as_str();
        for cause in &self.causes {
            if !above.contains(cause.as_str()) {
                let _ = write!(text, "\n  because: {}", clean_lines(cause));
            }
            above = cause;
        }
        for hint in &self.hints {
            let _ = write!(text, "\nHint: {}", clean_lines(hint));
        }
        Some(text)
    }
}

/// An error and its sources, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl From<io::Error> for CommandError {
    /// From writing to standard output, the only place where commands use `?` on an I/O error.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::BrokenPipe, "the reader closed the output");
        }
        Self::failed("cannot write the output").because(&error)
    }
}

impl From<LedgerError> for CommandError {
    /// The ledger's messages already say what to do. Only the name of a command is missing.
    fn from(error: LedgerError) -> Self {
        let refused = error.is_refusal();
        let kind = if refused { Kind::Refused } else { Kind::Failed };
        let command_error = Self::new(kind, error.to_string());
        let command_error = match &error {
            LedgerError::ActionDenied { .. } => command_error
                .hint("`jiti iam look`, `apply` and `operate` print the policy of each role"),
            _ => command_error,
        };
        match error.source() {
            Some(cause) => command_error.because(cause),
            None => command_error,
        }
    }
}

impl From<ServiceError> for CommandError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Ledger(error) => error.into(),
            ServiceError::Refused { .. }
            | ServiceError::OwnerFull { .. }
            | ServiceError::Several { .. } => Self::refused(error.to_string()),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<TeardownError> for CommandError {
    fn from(error: TeardownError) -> Self {
        match error {
            TeardownError::Service(error) => error.into(),
            error if error.is_refusal() => Self::refused(error.to_string()),
            error => Self::failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: &CommandError) -> String {
        format!("{:?}", error.exit_code())
    }

    fn expected(code: u8) -> String {
        format!("{:?}", ExitCode::from(code))
    }

    /// Each kind of error has its exit code. A closed pipe is a success without a text.
    #[test]
    fn each_kind_has_its_code() {
        assert_eq!(code(&CommandError::failed("x")), expected(1));
        assert_eq!(code(&CommandError::usage("x")), expected(2));
        assert_eq!(code(&CommandError::refused("x")), expected(3));
        assert_eq!(code(&CommandError::residue("x")), expected(4));
        let broken_pipe = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(
            (code(&broken_pipe), broken_pipe.report()),
            (expected(0), None)
        );
        let full = CommandError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(code(&full), expected(1));
    }

    /// A ledger that the user cannot write is a refusal: 3. A missing ledger is a failure: 1.
    #[test]
    fn no_write_access_is_a_refusal() {
        let ledger = || "ledger.db".to_owned();
        let read_only = LedgerError::ReadOnly { ledger: ledger() };
        assert_eq!(code(&ServiceError::from(read_only).into()), expected(3));
        assert_eq!(
            code(&LedgerError::Missing { ledger: ledger() }.into()),
            expected(1)
        );
    }

    /// A repeated cause is shown once. Characters that would control a terminal are escaped.
    #[test]
    fn repeated_causes_are_shown_once() {
        let cause = io::Error::other("disk\u{1b}[2J");
        let error = CommandError::failed("it failed")
            .because(&cause)
            .hint("free some space");
        let expected = "Error: it failed\n  because: disk\\u{1b}[2J\nHint: free some space";
        assert_eq!(error.report().as_deref(), Some(expected));
        let repeated = CommandError::failed("it failed: disk\u{1b}[2J").because(&cause);
        assert_eq!(
            repeated.report().as_deref(),
            Some("Error: it failed: disk\\u{1b}[2J")
        );
    }
}
