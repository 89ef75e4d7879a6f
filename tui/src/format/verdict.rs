//! Verdicts in words, shared by the report's page and the dashboard.

use stack::economics::{Choice, Verdict};

/// In place of a verdict, if the history is too short.
pub(crate) const NOT_ENOUGH: &str = "not enough history";

/// The word for a choice.
pub(crate) const fn word(choice: Choice) -> &'static str {
    match choice {
        Choice::Rebuild => "rebuild",
        Choice::Sleep => "sleep",
        Choice::Keep => "keep",
    }
}

/// The evidence behind a verdict, or why there is none, as sentences.
pub(crate) fn evidence(verdict: &Verdict) -> Vec<String> {
    match &verdict.not_enough {
        Some(why) => vec![why.clone()],
        None => verdict.reasons.clone(),
    }
}
