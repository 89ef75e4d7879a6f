//! Values of variables as Terraform's option `-var` takes them.
//!
//! Terraform takes the text as it is for a variable of type string, number, bool or no type. For
//! any other type it reads the text as an expression, in which `${` and `%{` begin a template. jiti
//! does not know the type. It writes JSON so that it means the same as an expression, and checks in
//! the plan whether Terraform took a value as text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::lease::TeardownInputs;

/// The texts to pass, by name. Those of `verbatim` are passed as they were written.
pub(super) fn arguments(
    variables: &BTreeMap<String, String>,
    verbatim: &BTreeSet<String>,
) -> BTreeMap<String, String> {
    let argument = |(name, text): (&String, &String)| {
        let expression = expression(text).filter(|_| !verbatim.contains(name));
        (name.clone(), expression.unwrap_or_else(|| text.clone()))
    };
    variables.iter().map(argument).collect()
}

/// The variables whose text [`arguments`] changes.
pub(super) fn changed(variables: &BTreeMap<String, String>) -> BTreeSet<String> {
    let changed = variables
        .iter()
        .filter(|(_, text)| expression(text).is_some());
    changed.map(|(name, _)| name.clone()).collect()
}

/// Whether Terraform took each of these variables as text, exactly as it was written.
pub(super) fn all_are_text(
    inputs: &TeardownInputs,
    names: &BTreeSet<String>,
    planned: &BTreeMap<String, Value>,
) -> bool {
    names.iter().all(|name| {
        let written = inputs.variables.get(name).map(String::as_str);
        written.is_some() && planned.get(name).and_then(Value::as_str) == written
    })
}

/// The variables whose text was changed by [`arguments`], and that Terraform took as text.
/// `planned` is the value of each variable in the plan.
pub(super) fn taken_as_text(
    variables: &BTreeMap<String, String>,
    planned: &BTreeMap<String, Value>,
) -> BTreeSet<String> {
    let changed = variables
        .iter()
        .filter_map(|(name, text)| Some((name, expression(text)?)));
    let as_text = changed.filter(|(name, expression)| {
        planned.get(*name).and_then(Value::as_str) == Some(expression.as_str())
    });
    as_text.map(|(name, _)| name.clone()).collect()
}

/// JSON as an expression with the same meaning; `None` if the text is no JSON, or means the same as
/// it is.
fn expression(text: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut expression = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (meant, length) = match char {
            '\\' => escape(rest),
            // Outside of a string, JSON has neither.
            '$' if rest.starts_with("${") => ("\\u0024".to_owned(), 1),
            '%' if rest.starts_with("%{") => ("\\u0025".to_owned(), 1),
            char => (char.to_string(), char.len_utf8()),
        };
        expression.push_str(&meant);
        rest = &rest[length..];
    }
    (expression != text).then_some(expression)
}

/// The escape at the start as an expression writes it, and its length in JSON.
fn escape(rest: &str) -> (String, usize) {
    let code = |at: usize| {
        let digits = rest.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    match rest.chars().nth(1) {
        Some('/') => ("/".to_owned(), 2),
        Some('b') => ("\\u0008".to_owned(), 2),
        Some('f') => ("\\u000c".to_owned(), 2),
        Some('u') => {
            // JSON writes a character beyond U+FFFF as two escapes, an expression writes it as one.
            let pair = code(0).zip(code(6)).map(|(high, low)| [high, low]);
            let char = pair.and_then(|pair| {
                let mut chars = char::decode_utf16(pair);
                let char = chars.next()?.ok()?;
                chars.next().is_none().then_some(char)
            });
            match char {
                Some(char) => (char.to_string(), 12),
                None => (rest.get(..6).unwrap_or(rest).to_owned(), 6.min(rest.len())),
            }
        }
        Some(char) => (format!("\\{char}"), 1 + char.len_utf8()),
        None => (rest.to_owned(), rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// JSON with template markers becomes an expression with the same meaning, and everything else
    /// stays as it was written.
    #[test]
    fn json_becomes_an_expression() {
        for (text, expected) in [
            (
                r#"{"a":"${b}","%{if}":["$","%","$${c}"]}"#,
                Some(r#"{"a":"\u0024{b}","\u0025{if}":["$","%","$\u0024{c}"]}"#),
            ),
            (r#""x${y}""#, Some(r#""x\u0024{y}""#)),
            (
                r#"["\/\b\f\n\\\"\u00e9\ud83d\ude00"]"#,
                Some("[\"/\\u0008\\u000c\\n\\\\\\\"\\u00e9😀\"]"),
            ),
            (r#"["\\${a}"]"#, Some(r#"["\\\u0024{a}"]"#)),
            (r#"{"a":[1,2.50,true,null]}"#, None),
            ("plain ${text}", None),
            ("${text}", None),
            ("12", None),
        ] {
            assert_eq!(expression(text).as_deref(), expected, "{text}");
        }
    }

    /// A value that Terraform took as text is passed as it was written.
    #[test]
    fn a_value_taken_as_text_is_recognised() {
        let text = r#"{"a":"${b}"}"#.to_owned();
        let variables: BTreeMap<_, _> = ["text", "object"]
            .map(|name| (name.to_owned(), text.clone()))
            .into();
        let first = arguments(&variables, &BTreeSet::new());
        let planned = BTreeMap::from([
            ("text".to_owned(), json!(first["text"])),
            ("object".to_owned(), json!({"a": "${b}"})),
        ]);
        let verbatim = taken_as_text(&variables, &planned);
        assert_eq!(verbatim, BTreeSet::from(["text".to_owned()]));
        let second = arguments(&variables, &verbatim);
        assert_eq!(second["text"], text);
        assert_eq!(second["object"], first["object"]);
    }
}
