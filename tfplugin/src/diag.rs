//! Diagnostics: the errors and warnings that Terraform shows to its user.

use std::fmt;

use crate::path::Path;

/// The severity of a diagnostic. An error stops the operation, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation continues.
    Warning,
}

/// A message for Terraform's user: a short summary, a detail that says what to do, and the
/// attribute that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line, without a full stop.
    pub summary: String,
    /// Full sentences: what happened, to what, and what to do next.
    pub detail: String,
    /// The attribute that it is about; the root path when it is about the whole object.
    pub path: Path,
    /// Whether it only says that a value is unknown, so that it can wait until the value is known.
    waits: bool,
}

impl Diagnostic {
    /// Creates an error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary, detail)
    }

    /// Creates a warning about the whole object.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary, detail)
    }

    /// Sets the attribute that the diagnostic is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path = path.into();
        self
    }

    /// Marks an error that only says that a value is unknown.
    pub(crate) fn about_unknown(mut self) -> Self {
        self.waits = true;
        self
    }

    /// The detail with the location. Terraform shows the line of a nested value, but not in which
    /// element it is.
    pub(crate) fn located_detail(&self) -> String {
        let path = self.path.to_string();
        let location = format!("This is at {path}.");
        match self.detail.as_str() {
            detail if self.path.steps().len() < 2 || detail.contains(&path) => detail.to_owned(),
            "" => location,
            detail => format!("{detail}\n\n{location}"),
        }
    }

    fn new(severity: Severity, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity,
            summary: summary.into(),
            detail: detail.into(),
            path: Path::root(),
            waits: false,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.summary)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// The error type of provider operations: one or more error diagnostics, in order.
///
/// It does not implement `std::error::Error`, so that `?` converts every such error into a
/// `Failure`. It holds no warnings: those go to [`Context::warn`](crate::Context::warn) and are
/// shown whether the call succeeds or fails.
///
#[doc = include_str!("../docs/errors.md")]
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(Vec<Diagnostic>);

/// The result of a provider operation.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// Creates a failure with one error about the whole object.
    pub fn new(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(vec![Diagnostic::error(summary, detail)])
    }

    /// Sets the attribute of each diagnostic that has none yet.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        let path = path.into();
        for diagnostic in &mut self.0 {
            if diagnostic.path.is_root() {
                diagnostic.path = path.clone();
            }
        }
        self
    }

    /// Puts a path in front of the path of each diagnostic.
    #[must_use]
    pub fn under(mut self, outer: &Path) -> Self {
        for diagnostic in &mut self.0 {
            let steps = outer.steps().iter().chain(diagnostic.path.steps());
            diagnostic.path = Path::from(steps.cloned().collect::<Vec<_>>());
        }
        self
    }

    /// Appends the diagnostics of another failure.
    #[must_use]
    pub fn and(mut self, other: Failure) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Creates a failure from the errors among the diagnostics; `None` when there are none.
    #[must_use]
    pub fn from_diagnostics(diagnostics: Vec<Diagnostic>) -> Option<Self> {
        let errors: Vec<_> = diagnostics
            .into_iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The failure with the same detail for every error.
    pub(crate) fn with_detail(mut self, detail: &str) -> Self {
        for diagnostic in &mut self.0 {
            detail.clone_into(&mut diagnostic.detail);
        }
        self
    }

    /// The failure without the errors that only say that a value is unknown; `None` when there is
    /// no other.
    pub(crate) fn without_unknowns(mut self) -> Option<Self> {
        self.0.retain(|diagnostic| !diagnostic.waits);
        (!self.0.is_empty()).then_some(self)
    }

    /// The diagnostics, in the order in which they were added.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// Converts the failure into its diagnostics, in the order in which they were added.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Failure {
    /// A warning becomes an error, because a failure always stops the operation.
    fn from(mut diagnostic: Diagnostic) -> Self {
        diagnostic.severity = Severity::Error;
        Self(vec![diagnostic])
    }
}

impl<E: std::error::Error> From<E> for Failure {
    /// The error's message becomes the summary, and its chain of sources the detail.
    fn from(error: E) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        let lines: Vec<_> = causes.map(|cause| format!("Caused by: {cause}")).collect();
        Self::new(error.to_string(), lines.join("\n"))
    }
}

impl fmt::Debug for Failure {
    /// The same text as `Display`: it is what a test that returns a failure prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test that returns a failure prints text, and not the fields of a struct.
    #[test]
    fn debug_prints_the_text() {
        let failure = Failure::new("No books", "Buy one.").at("title");
        let failure = failure.and(Failure::new("No shelves", ""));
        assert_eq!(
            format!("{failure:?}"),
            "title: No books: Buy one.\nNo shelves"
        );
    }
}
