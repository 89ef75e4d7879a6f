//! How a command ends when it does not end well: kinds of failure, hints, and the one place that
//! decides exit codes.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use stack::LedgerError;
use stack::service::ServiceError;
use stack::service::teardown::TeardownError;

use crate::cli::ui::Ui;
use crate::format::text::clean_lines;

/// What kind of failure it is, hence the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It was tried and did not work.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// A rule forbids it: the policy, a hold, read-only.
    Refused,
    /// A teardown left something behind.
    Residue,
    /// The command line says nothing: the help is the answer.
    Help,
    /// Nobody reads the output any more, as with `jiti ls | head -1`: that is no failure.
    ReaderGone,
}

/// A failure, as its user is told about it: what happened, why, and what to do.
#[derive(Clone, Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    /// It was tried and did not work: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line makes no sense: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A rule forbids it: exit code 3.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// A teardown left something behind: exit code 4.
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

    /// With this error, and those below it, as the reason.
    pub(crate) fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// With something to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What happened, with its causes, on one line.
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

    /// What to do about it, as far as it is known apart from what happened.
    pub(crate) fn advice(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Whether a rule forbids it, rather than that it did not work.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == Kind::Refused
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::ReaderGone => 0,
            Kind::Failed => 1,
            Kind::Usage | Kind::Help => 2,
            Kind::Refused => 3,
            Kind::Residue => 4,
        })
    }

    /// What is told, if there is anything to tell and anybody to tell it to.
    pub(crate) fn told(&self) -> Option<String> {
        let label = match self.kind {
            Kind::ReaderGone => return None,
            Kind::Help => return Some(self.message.trim_end().to_owned()),
            Kind::Refused => "Refused",
            Kind::Residue => "Residue",
            Kind::Failed | Kind::Usage => "Error",
        };
        let mut text = format!("{label}: {}", clean_lines(&self.message));
        // An error that repeats the one above it says nothing new.
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

impl From<io::Error> for CommandError {
    /// From writing to standard output, the only bare input and output that commands do.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::ReaderGone, "nobody reads the output any more");
        }
        Self::failed("the output could not be written").because(&error)
    }
}

impl From<LedgerError> for CommandError {
    /// The ledger's messages say already what to do; here they only get their kind.
    fn from(error: LedgerError) -> Self {
        let refused = matches!(error, LedgerError::ReadOnly { .. });
        let kind = if refused { Kind::Refused } else { Kind::Failed };
        let told = Self::new(kind, error.to_string());
        match error.source() {
            Some(cause) => told.because(cause),
            None => told,
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

/// A command line that clap did not take, or one that asked for help or the version.
pub(crate) fn command_line(error: &clap::Error, ui: &mut Ui) -> Result<(), CommandError> {
    if !error.use_stderr() {
        return ui.help(&error.render());
    }
    let text = error.render().to_string();
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(CommandError::new(Kind::Help, text));
    }
    let text = text.trim_end();
    Err(CommandError::usage(
        text.strip_prefix("error: ").unwrap_or(text),
    ))
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

    /// Each kind of failure has its exit code; a reader that has gone is no failure and is told nothing.
    #[test]
    fn each_kind_has_its_code() {
        assert_eq!(code(&CommandError::failed("x")), expected(1));
        assert_eq!(code(&CommandError::usage("x")), expected(2));
        assert_eq!(code(&CommandError::refused("x")), expected(3));
        assert_eq!(code(&CommandError::residue("x")), expected(4));
        let gone = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((code(&gone), gone.told()), (expected(0), None));
        let full = CommandError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(code(&full), expected(1));
    }

    /// A ledger that this user may not write refuses: 3. One that is missing has failed: 1.
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

    /// What a cause repeats is said once; what is in it that would act on a terminal is shown.
    #[test]
    fn causes_are_said_once() {
        let cause = io::Error::other("disk\u{1b}[2J");
        let error = CommandError::failed("it failed")
            .because(&cause)
            .hint("free some space");
        let told = "Error: it failed\n  because: disk\\u{1b}[2J\nHint: free some space";
        assert_eq!(error.told().as_deref(), Some(told));
        let repeated = CommandError::failed("it failed: disk\u{1b}[2J").because(&cause);
        assert_eq!(
            repeated.told().as_deref(),
            Some("Error: it failed: disk\\u{1b}[2J")
        );
    }
}
