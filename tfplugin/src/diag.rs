//! Diagnostics: what a person is told, in the order it was said, and where.

use std::fmt;

use crate::path::Path;

/// How serious a diagnostic is. An error stops the operation, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on.
    Warning,
}

/// One message to a person: a short summary, a detail that says what to do, and a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line, without a full stop.
    pub summary: String,
    /// Sentences: what happened, to what, and what to do next.
    pub detail: String,
    /// The attribute it is about; the root when it is about the whole.
    pub path: Path,
}

impl Diagnostic {
    /// An error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary, detail)
    }

    /// A warning about the whole object.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary, detail)
    }

    /// The same diagnostic, pointing at an attribute.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path = path.into();
        self
    }

    fn new(severity: Severity, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity,
            summary: summary.into(),
            detail: detail.into(),
            path: Path::root(),
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

/// Why an operation failed: one or more error diagnostics, in order.
///
/// It is not a `std::error::Error`, so that every such error turns into one with `?`. Warnings are
/// not kept here: they travel in the call's context (`Cx::warn`) and so survive both outcomes.
///
#[doc = include_str!("../docs/errors.md")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Vec<Diagnostic>);

/// What every fallible operation of a provider returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// One error about the whole object.
    pub fn new(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(vec![Diagnostic::error(summary, detail)])
    }

    /// The same failure, its diagnostics that have no place yet pointing at an attribute.
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

    /// The same failure, seen from further out: its paths begin with this one.
    #[must_use]
    pub fn under(mut self, outer: &Path) -> Self {
        for diagnostic in &mut self.0 {
            let steps = outer.steps().iter().chain(diagnostic.path.steps());
            diagnostic.path = Path::from(steps.cloned().collect::<Vec<_>>());
        }
        self
    }

    /// Both failures, this one first.
    #[must_use]
    pub fn and(mut self, other: Failure) -> Self {
        self.0.extend(other.0);
        self
    }

    /// A failure of these, or none when they hold no error.
    #[must_use]
    pub fn from_diagnostics(diagnostics: Vec<Diagnostic>) -> Option<Self> {
        let errors: Vec<_> = diagnostics
            .into_iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// The diagnostics, in the order they were said.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The diagnostics, in the order they were said.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Failure {
    /// A warning that is made a failure becomes an error: a failure always stops the operation.
    fn from(mut diagnostic: Diagnostic) -> Self {
        diagnostic.severity = Severity::Error;
        Self(vec![diagnostic])
    }
}

impl<E: std::error::Error> From<E> for Failure {
    /// The error's own words are the summary; the chain of its sources is the detail.
    fn from(error: E) -> Self {
        let mut detail = String::new();
        let mut source = error.source();
        while let Some(cause) = source {
            if !detail.is_empty() {
                detail.push('\n');
            }
            detail.push_str(&format!("Caused by: {cause}"));
            source = cause.source();
        }
        Self::new(error.to_string(), detail)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, diagnostic) in self.0.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}
