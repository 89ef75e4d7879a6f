//! Words of a command that a user copies into a shell.

/// The word, in quotes if a shell would read it differently without them.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        in_quotes(word)
    }
}

/// The word in quotes, whether it needs them or not.
#[must_use]
pub fn in_quotes(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what a shell reads differently is quoted, and a quote inside stays a quote.
    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expected) in [
            ("checkout-1.4.0", "checkout-1.4.0"),
            (
                "arn:aws:iam::1:role/a_b@c+d=e,f",
                "arn:aws:iam::1:role/a_b@c+d=e,f",
            ),
            ("my stack", "'my stack'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
        assert_eq!(in_quotes("/tmp"), "'/tmp'");
    }
}
