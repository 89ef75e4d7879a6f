//! Addresses of resources in one form: the one in which Terraform quotes instance keys.
//!
//! A state lists keys as plain text, and plans and progress lines list whole addresses. jiti
//! compares them, so it brings every address that it reads into the same form.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

/// The characters that Terraform prints as they are. It escapes all others: control characters,
/// every space except U+0020, and zero-width characters.
static PRINTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").ok());

/// The address with every instance key quoted in the same way, however it was escaped before.
pub(super) fn normalised(address: &str) -> String {
    let mut result = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(start) = rest.find('"') {
        let (before, key) = rest.split_at(start);
        let length = quoted_length(key);
        let (key, after) = key.split_at(length);
        result.push_str(before);
        result.push_str(&quoted(&unquoted(key)));
        rest = after;
    }
    result.push_str(rest);
    result
}

/// A text as Terraform quotes it in an address.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '$' | '%' if chars.peek() == Some(&'{') => quoted.extend([char, char]),
            char if is_printed(char) => quoted.push(char),
            char => escape(&mut quoted, char),
        }
    }
    quoted.push('"');
    quoted
}

/// The type in an address such as `module.a["k"].aws_x.y[0]`: the first of its last two names.
pub(crate) fn resource_type(address: &str) -> String {
    let mut outside = String::new();
    let (mut rest, mut depth) = (address, 0_u32);
    while let Some(char) = rest.chars().next() {
        let length = match char {
            '"' => quoted_length(rest),
            char => char.len_utf8(),
        };
        match char {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '"' => {}
            char if depth == 0 => outside.push(char),
            _ => {}
        }
        rest = &rest[length..];
    }
    outside.rsplit('.').nth(1).unwrap_or_default().to_owned()
}

/// The length of the quoted text at the start, with both quotes.
fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text in quotes, without its escapes.
fn unquoted(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(char) = rest.chars().next() {
        let (meant, length) = match char {
            '\\' => unescaped(rest),
            '$' | '%' if rest[1..].starts_with([char]) && rest[2..].starts_with('{') => (char, 2),
            char => (char, char.len_utf8()),
        };
        text.push(meant);
        rest = &rest[length..];
    }
    text
}

/// The character that an escape at the start means, and the length of the escape.
fn unescaped(escape: &str) -> (char, usize) {
    let code = |digits: usize| {
        let hexadecimal = escape.get(2..2 + digits)?;
        let code = u32::from_str_radix(hexadecimal, 16).ok()?;
        Some((char::from_u32(code)?, 2 + digits))
    };
    let meant = match escape.chars().nth(1) {
        Some('n') => Some(('\n', 2)),
        Some('r') => Some(('\r', 2)),
        Some('t') => Some(('\t', 2)),
        Some('u') => code(4),
        Some('U') => code(8),
        Some(char) => Some((char, 1 + char.len_utf8())),
        None => None,
    };
    meant.unwrap_or(('\\', 1))
}

fn is_printed(char: char) -> bool {
    let mut buffer = [0; 4];
    let text = char.encode_utf8(&mut buffer);
    PRINTED
        .as_ref()
        .is_some_and(|printed| printed.is_match(text))
}

fn escape(to: &mut String, char: char) {
    let code = u32::from(char);
    // Writing to a text cannot fail.
    let _ = if code < 0x1_0000 {
        write!(to, "\\u{code:04x}")
    } else {
        write!(to, "\\U{code:08x}")
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Keys are quoted as Terraform quotes them: spaces other than U+0020, zero-width characters
    /// and control characters are escaped, and template markers are doubled.
    #[test]
    fn keys_are_quoted_as_terraform_quotes_them() {
        for (key, expected) in [
            ("plain key", r#""plain key""#),
            ("é ü 日本 €", r#""é ü 日本 €""#),
            ("a\u{a0}b", r#""a\u00a0b""#),
            ("a\u{3000}b", r#""a\u3000b""#),
            ("a\u{200b}b\u{feff}", r#""a\u200bb\ufeff""#),
            ("a\u{7}b\u{1b}[0m", r#""a\u0007b\u001b[0m""#),
            ("\u{e0001}", r#""\U000e0001""#),
            ("a\nb\rc\td", r#""a\nb\rc\td""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("${a} %{b} $c %d", r#""$${a} %%{b} $c %d""#),
        ] {
            assert_eq!(quoted(key), expected);
        }
    }

    /// Two spellings of one address are equal after normalisation; the rest of it stays as it is.
    #[test]
    fn spellings_of_one_address_are_equal() {
        for (read, expected) in [
            ("aws_x.y[0]", "aws_x.y[0]"),
            (
                "module.a[\"k\u{a0}\"].aws_x.y[\"\u{200b}\"]",
                r#"module.a["k\u00a0"].aws_x.y["\u200b"]"#,
            ),
            (r#"aws_x.y["\u00e9"]"#, r#"aws_x.y["é"]"#),
            (r#"aws_x.y["a]\"[b"].z"#, r#"aws_x.y["a]\"[b"].z"#),
        ] {
            assert_eq!(normalised(read), expected);
            assert_eq!(normalised(expected), expected);
        }
    }

    /// The type is found whatever the keys contain.
    #[test]
    fn the_type_of_an_address_is_found() {
        for (address, expected) in [
            ("aws_x.y", "aws_x"),
            ("module.a[\"k.l\"].aws_x.y[0]", "aws_x"),
            (r#"module.a["[\"."].aws_x.y["].b.c"]"#, "aws_x"),
        ] {
            assert_eq!(resource_type(address), expected, "{address}");
        }
    }

    proptest! {
        /// Any key survives quoting, and an address with it is already in the one form.
        #[test]
        fn quoting_loses_nothing(key in any::<String>()) {
            prop_assert_eq!(unquoted(&quoted(&key)), key.clone());
            let address = format!("a.b[{}]", quoted(&key));
            prop_assert_eq!(normalised(&address), address);
        }
    }
}
