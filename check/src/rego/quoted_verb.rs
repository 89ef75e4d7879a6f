//! The verb `%q` of `sprintf`, which OPA has and the engine does not: a text in quotes.

use std::borrow::Cow;

/// The call whose first argument is a format.
const CALL: &str = "sprintf(";

/// Where a character of a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    Comment,
    /// In a text, with its delimiter. `true` if it is a format.
    Text(char, bool),
}

/// The rules with `"%v"` in place of each `%q` of a format. The lines stay the same.
pub(super) fn replaced(rules: &str) -> Cow<'_, str> {
    if !rules.contains("%q") {
        return Cow::Borrowed(rules);
    }
    let (mut text, mut place) = (String::with_capacity(rules.len()), Place::Code);
    let mut chars = rules.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (place, c) {
            (Place::Code, '"' | '`') => {
                place = Place::Text(c, text.trim_end().ends_with(CALL));
            }
            (Place::Code, '#') => place = Place::Comment,
            (Place::Comment, '\n') => place = Place::Code,
            (Place::Text(delimiter, _), c) if c == delimiter => place = Place::Code,
            (Place::Text('"', _), '\\') | (Place::Text(_, true), '%')
                if next == Some('%') || c == '\\' =>
            {
                text.push(c);
                text.extend(chars.next());
                continue;
            }
            (Place::Text(delimiter, true), '%') if next == Some('q') => {
                chars.next();
                text.push_str(if delimiter == '"' {
                    r#"\"%v\""#
                } else {
                    "\"%v\""
                });
                continue;
            }
            _ => {}
        }
        text.push(c);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only formats are changed: no other text, no comment, and no `%%q`.
    #[test]
    fn formats_are_changed() {
        for (rules, expected) in [
            (r#"sprintf("a %q", [x])"#, r#"sprintf("a \"%v\"", [x])"#),
            ("sprintf( `%q`, [x])", "sprintf( `\"%v\"`, [x])"),
            (
                r#"sprintf("100%%q \" %q", [x])"#,
                r#"sprintf("100%%q \" \"%v\"", [x])"#,
            ),
            (
                r#"x == "%q" # sprintf("%q")"#,
                r#"x == "%q" # sprintf("%q")"#,
            ),
            (
                "# \"\nsprintf(\"%q\", [x])",
                "# \"\nsprintf(\"\\\"%v\\\"\", [x])",
            ),
            ("no verb", "no verb"),
        ] {
            assert_eq!(replaced(rules), expected);
        }
    }
}
