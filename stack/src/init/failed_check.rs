//! Checks that had not passed when the readiness timeout passed.

use serde::{Deserialize, Serialize};

/// The maximum number of failed checks in an event.
const MAX_CHECKS: usize = 8;

/// The maximum length of an answer, in characters.
const MAX_ANSWER: usize = 200;

/// A check that had not passed, and its last answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// The name of the check, without secrets.
    #[serde(deserialize_with = "super::check_name::deserialize")]
    pub check: String,
    /// Its last answer, without secrets, in one line.
    pub answer: String,
}

impl FailedCheck {
    /// Limits what an event records: the number of checks, and the length and the characters of
    /// each answer. The caller has removed the secrets.
    #[must_use]
    pub fn limited(checks: Vec<Self>) -> Vec<Self> {
        let limited = checks.into_iter().take(MAX_CHECKS).map(|failed| Self {
            check: super::check_name::without_secrets(&failed.check),
            answer: one_line(&failed.answer),
        });
        limited.collect()
    }
}

/// The text in one line without control characters, cut after the maximum length.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_ANSWER) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer is one line of limited length, and the number of checks is limited.
    #[test]
    fn answers_are_limited() {
        let failed = |answer: &str| FailedCheck {
            check: "http http://user:secret@app/healthz?token=secret".to_owned(),
            answer: answer.to_owned(),
        };
        let limited = FailedCheck::limited(vec![failed("status 503:\n\u{1b}[31m no  database")]);
        assert_eq!(limited[0].check, "http http://app/healthz");
        assert_eq!(limited[0].answer, "status 503: [31m no database");
        let long = FailedCheck::limited(vec![failed(&"é".repeat(1000)); 20]);
        assert_eq!(long.len(), MAX_CHECKS);
        assert_eq!(long[0].answer.chars().count(), MAX_ANSWER + 1);
    }
}
