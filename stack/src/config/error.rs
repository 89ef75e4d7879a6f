//! What is wrong with a configuration file, where, and what to write instead.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A configuration that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file says something that it cannot mean.
    #[error("{}:{line}: {problem}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<ConfigProblem>,
    },
}

impl ConfigError {
    /// Whether there simply is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// What is wrong at one place of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigProblem {
    /// It is no TOML.
    #[error("{0}")]
    Syntax(String),
    /// There is no such key.
    #[error("there is no {key:?} in {section}{}", meant(nearest.as_deref(), known))]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        section: String,
        /// The key that was probably meant.
        nearest: Option<String>,
        /// All keys there are.
        known: Vec<&'static str>,
    },
    /// The value is of another type.
    #[error("{key} is {found}, expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// What was found.
        found: String,
        /// What was expected, with an example.
        expected: &'static str,
    },
    /// The value is of the right type but means nothing.
    #[error("{key}: {problem}")]
    Value {
        /// The key.
        key: String,
        /// Why.
        problem: String,
    },
    /// A key has to be there.
    #[error("{section} has no {key}: {expected}")]
    Missing {
        /// The key.
        key: &'static str,
        /// Where it is missing.
        section: String,
        /// What it says.
        expected: &'static str,
    },
}

fn meant(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!(": did you mean {nearest:?}?"),
        None => format!(": it knows {}", known.join(", ")),
    }
}
