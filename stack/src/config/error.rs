//! The errors of the config file, with their place and remedy.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A config file that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the config file {}: {source}", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The cause of the failure.
        source: io::Error,
    },
    /// The file has an invalid setting.
    #[error("{}:{line}: {problem}", path.display())]
    Wrong {
        /// The path of the file.
        path: PathBuf,
        /// The line number, from 1.
        line: usize,
        /// The problem on that line.
        problem: Box<ConfigProblem>,
    },
}

impl ConfigError {
    /// The line, if there is one, and the problem, without the path: for a text that is in no file.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::Read { source, .. } => source.to_string(),
            Self::Wrong { line, problem, .. } => format!("line {line}: {problem}"),
        }
    }

    /// Whether the file does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// A problem at one place of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigProblem {
    /// A TOML syntax error.
    #[error("{0}")]
    Syntax(String),
    /// The key is unknown.
    #[error("unknown key {key:?} in {section}{}", meant(nearest.as_deref(), known))]
    UnknownKey {
        /// The unknown key.
        key: String,
        /// The section that contains it.
        section: String,
        /// The most similar known key.
        nearest: Option<String>,
        /// All known keys of the section.
        known: Vec<&'static str>,
    },
    /// The value has the wrong type.
    #[error("{key} is {found}, expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// The type that was found.
        found: String,
        /// The expected type, with an example.
        expected: &'static str,
    },
    /// The value has the right type, but is invalid.
    #[error("{key}: {problem}")]
    Value {
        /// The key.
        key: String,
        /// Why it is invalid.
        problem: String,
    },
    /// A policy file has something beside its section.
    #[error("{0} is outside of [policy], the only section of a policy file: remove it")]
    OutsidePolicy(String),
    /// A required key is missing.
    #[error("{section} has no {key}: {expected}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The section that lacks it.
        section: String,
        /// What the key would set.
        expected: &'static str,
    },
}

fn meant(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!(": did you mean {nearest:?}?"),
        None => format!("; known keys: {}", known.join(", ")),
    }
}
