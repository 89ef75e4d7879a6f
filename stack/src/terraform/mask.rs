//! Masks Terraform's text before it reaches the ledger or a screen: without secrets, on one line,
//! bounded.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// The replacement of a hidden text.
const HIDDEN: &str = "(hidden)";

/// Shorter values are not hidden within other words: that would make every text unreadable.
const SHORTEST: usize = 4;

/// The maximum length of a reason, in characters.
const LONGEST: usize = 300;

/// Texts that look like secrets: `password=…`, an `Authorization` header, an access key, a user in
/// a URL, a private key, a JSON web token.
static LOOKS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let patterns = [
        (
            r"(?is)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
            HIDDEN,
        ),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", HIDDEN),
        (r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", HIDDEN),
        (r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}", "$1 (hidden)"),
        (r"(?i)([a-z][a-z0-9+.-]*://)[^\s/@]+@", "$1(hidden)@"),
        (
            r#"(?i)([\w.-]*(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|auth)[\w.-]*["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)"#,
            "${1}(hidden)",
        ),
    ];
    // An invalid pattern would hide nothing; a test checks that all compile.
    patterns
        .into_iter()
        .filter_map(|(pattern, to)| Some((Regex::new(pattern).ok()?, to)))
        .collect()
});

/// The values to hide, besides what looks like a secret.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    values: BTreeSet<String>,
    /// Short values that are known to be secret: hidden where they stand as a word.
    words: BTreeSet<String>,
}

impl Mask {
    /// Hides a value from now on.
    pub fn hide(&mut self, value: &str) {
        // Terraform prints some values line by line, so each line is hidden.
        for part in std::iter::once(value).chain(value.lines()) {
            let part = part.trim();
            if part.chars().count() >= SHORTEST {
                self.values.insert(part.to_owned());
                // Programs often print a value as a JSON text.
                let escaped = Value::from(part).to_string();
                self.values.insert(escaped.trim_matches('"').to_owned());
            }
        }
    }

    /// Hides every text and number in a value.
    pub(crate) fn hide_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.hide(text),
            Value::Number(number) => self.hide(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.hide_all(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.hide_all(field)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Hides what a mask of the same shape marks with `true`, as `before_sensitive` does.
    pub(crate) fn hide_marked(&mut self, value: &Value, marks: &Value) {
        match (value, marks) {
            (value, Value::Bool(true)) => {
                self.hide_all(value);
                self.hide_words(value);
            }
            (Value::Object(fields), Value::Object(marks)) => {
                for (name, marks) in marks {
                    if let Some(field) = fields.get(name) {
                        self.hide_marked(field, marks);
                    }
                }
            }
            (Value::Array(items), Value::Array(marks)) => {
                for (item, marks) in items.iter().zip(marks) {
                    self.hide_marked(item, marks);
                }
            }
            _ => {}
        }
    }

    /// Hides the short texts in a value where they stand as a word.
    fn hide_words(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let length = text.chars().count();
                if (1..SHORTEST).contains(&length) && text.chars().all(char::is_alphanumeric) {
                    self.words.insert(text.clone());
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.hide_words(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.hide_words(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Hides what another mask hides as well.
    pub(crate) fn add(&mut self, other: Self) {
        self.values.extend(other.values);
        self.words.extend(other.words);
    }

    /// The text with secrets hidden, on one line, cut to 300 characters.
    #[must_use]
    pub fn reason(&self, text: &str) -> String {
        let line = self.line(text);
        if line.chars().count() <= LONGEST {
            return line;
        }
        let mut cut: String = line.chars().take(LONGEST - 1).collect();
        cut.push('…');
        cut
    }

    /// The text with secrets hidden, on one line, at full length.
    pub(crate) fn line(&self, text: &str) -> String {
        let text = self.text(text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text with secrets hidden, in its own lines.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first, because one value may be part of another.
        let mut values: Vec<&String> = self.values.iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            text = text.replace(value.as_str(), HIDDEN);
        }
        for word in &self.words {
            text = without_word(&text, word);
        }
        for (pattern, to) in LOOKS.iter() {
            text = pattern.replace_all(&text, *to).into_owned();
        }
        text
    }
}

/// The text with a word hidden, but not where it is a part of a longer word.
fn without_word(text: &str, word: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut end = 0;
    for (at, found) in text.match_indices(word) {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let is_part = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        if !is_part(before) && !is_part(after) {
            hidden.push_str(&text[end..at]);
            hidden.push_str(HIDDEN);
            end = at + found.len();
        }
    }
    hidden.push_str(&text[end..]);
    hidden
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A named value is hidden wherever it appears; one that is part of another leaves nothing of
    /// it.
    #[test]
    fn named_values_are_hidden() {
        let mut mask = Mask::default();
        mask.hide("hunter2");
        mask.hide("hunter2-and-more");
        mask.hide("eu");
        assert_eq!(
            mask.reason("no hunter2-and-more, xhunter2x in eu"),
            "no (hidden), x(hidden)x in eu"
        );
    }

    /// Marked values are hidden at any depth, and nothing else is.
    #[test]
    fn marked_values_are_hidden() {
        let mut mask = Mask::default();
        mask.hide_marked(
            &json!({"name": "shown", "deep": [{"key": "covered", "pin": 123_456}], "all": {"x": "within"}}),
            &json!({"deep": [{"key": true, "pin": true}], "all": true}),
        );
        assert_eq!(
            mask.reason("shown covered 123456 within"),
            "shown (hidden) (hidden) (hidden)"
        );
    }

    /// A short secret is hidden as a word, in its own lines, and a JSON text of a secret as well.
    #[test]
    fn short_and_quoted_secrets_are_hidden() {
        let mut mask = Mask::default();
        mask.hide_marked(
            &json!({"pin": "x7", "key": "a\"b\\c", "port": 1}),
            &json!({"pin": true, "key": true, "port": true}),
        );
        assert_eq!(
            mask.text("pin=x7, x7: 1\nx77 ax7 {\"k\":\"a\\\"b\\\\c\"}"),
            "pin=(hidden), (hidden): 1\nx77 ax7 {\"k\":\"(hidden)\"}"
        );
    }

    /// What looks like a secret is hidden without being named.
    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        assert_eq!(LOOKS.len(), 6, "every pattern compiles");
        let mask = Mask::default();
        for (said, shown) in [
            ("PGPASSWORD=abc psql", "PGPASSWORD=(hidden) psql"),
            (
                r#"{"api_key": "a b c", "x": 1}"#,
                r#"{"api_key": (hidden), "x": 1}"#,
            ),
            ("db_password: 'a b'", "db_password: (hidden)"),
            (
                "Authorization: Bearer abcdef.ghi",
                "Authorization: (hidden) (hidden)",
            ),
            ("postgres://u:p@host/db", "postgres://(hidden)@host/db"),
            ("key AKIAIOSFODNN7EXAMPLE is wrong", "key (hidden) is wrong"),
            (
                "DependencyViolation: sg-1 has a dependent",
                "DependencyViolation: sg-1 has a dependent",
            ),
        ] {
            let reason = mask.reason(said);
            if said.starts_with("Authorization") {
                assert!(!reason.contains("abcdef"), "{reason}");
            } else {
                assert_eq!(reason, shown);
            }
        }
    }

    /// A reason is one line of a bounded length.
    #[test]
    fn a_reason_is_one_bounded_line() {
        let mask = Mask::default();
        assert_eq!(mask.reason("one\n  two\r\nthree "), "one two three");
        assert_eq!(mask.reason(&"x".repeat(5000)).chars().count(), LONGEST);
    }
}
