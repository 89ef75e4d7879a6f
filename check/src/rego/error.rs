//! The errors of rules in Rego: never a pass, and with the file and the line.

use std::time::Duration;

use thiserror::Error;

/// Rules in Rego that do not compile, fail, or take too long.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RegoError {
    /// A rule does not compile, or fails.
    #[error("{path}:{line}:{column}: {problem}")]
    At {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A rule fails, and the engine does not say where.
    #[error("the rules in Rego failed: {problem}")]
    Failed {
        /// What is wrong.
        problem: String,
    },
    /// No file has rules that count.
    #[error(
        "{path}:1: no file has the package jiti (or main, terraform.analysis or terraform.module), so no rule would count"
    )]
    NoPackage {
        /// The first file.
        path: String,
    },
    /// The rules take too long.
    #[error("{}:1: the rules took longer than {} s: {}", paths.first().map_or("", String::as_str), limit.as_secs_f32(), slow_files(paths))]
    TooSlow {
        /// The files.
        paths: Vec<String>,
        /// The time limit.
        limit: Duration,
    },
    /// The engine stopped without an answer.
    #[error("the engine of the rules stopped without an answer")]
    Crashed,
}

impl RegoError {
    /// Reads an error of the engine: `--> FILE:LINE:COLUMN`, the line, and `error: PROBLEM`.
    pub(super) fn read(text: &str, path: &str) -> Self {
        let problem = text
            .rsplit_once("error: ")
            .map_or(text, |(_, problem)| problem);
        let problem = problem.trim().to_owned();
        let place = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("--> "));
        let parts = place.and_then(|place| {
            let (rest, column) = place.rsplit_once(':')?;
            let (path, line) = rest.rsplit_once(':')?;
            Some((path.to_owned(), line.parse().ok()?, column.parse().ok()?))
        });
        match parts {
            Some((path, line, column)) => Self::At {
                path,
                line,
                column,
                problem,
            },
            None if path.is_empty() => Self::Failed { problem },
            None => Self::At {
                path: path.to_owned(),
                line: 1,
                column: 1,
                problem,
            },
        }
    }
}

fn slow_files(paths: &[String]) -> String {
    format!(
        "simplify the rules in {}, or raise timeout under [check]",
        paths.join(", ")
    )
}
