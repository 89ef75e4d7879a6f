//! Validators of attributes, for `validate = …` in `#[attribute(…)]`.
//!
//! ```
//! use tfplugin::validators::{between, length, matches, not, one_of};
//! use tfplugin::{Model, Value};
//!
//! /// A service.
//! #[derive(Model)]
//! #[model(exactly_one_of = ["image", "archive"], required_together = ["port", "protocol"])]
//! struct Service {
//!     /// The name.
//!     #[attribute(
//!         required,
//!         validate = length(1..=32),
//!         validate = matches("^[a-z0-9-]*$", "Use a-z, 0-9 and hyphens."),
//!         validate = not(one_of(["default"]), "This name is reserved.")
//!     )]
//!     name: Value<String>,
//!     /// The image.
//!     #[attribute(optional)]
//!     image: Value<String>,
//!     /// The archive.
//!     #[attribute(optional)]
//!     archive: Value<String>,
//!     /// The port.
//!     #[attribute(optional, validate = between(1..))]
//!     port: Value<u16>,
//!     /// The protocol: `tcp` or `udp`.
//!     #[attribute(optional, validate = one_of(["tcp", "udp"]))]
//!     protocol: Value<String>,
//! }
//! ```
//!
//! A value must pass every `validate` of its attribute. Any function of the value is a validator,
//! too. Rules about several attributes are options of the model: `conflicts`, `exactly_one_of`,
//! `at_least_one_of` and `required_together`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::ops::{Bound, RangeBounds};

use regex::Regex;

use crate::model::{Secret, Text, UnorderedSet};

/// What a validator returns: `Ok`, or what is wrong and how to fix it.
pub type Checked = Result<(), String>;

/// The length is in the range: the number of characters of a text, or of elements of a collection.
pub fn length<T: Length + ?Sized>(range: impl RangeBounds<usize>) -> impl Fn(&T) -> Checked {
    move |value| {
        let length = value.length();
        if range.contains(&length) {
            return Ok(());
        }
        Err(format!(
            "Its length is {length}; it must be {}.",
            describe(&range)
        ))
    }
}

/// The number is in the range.
pub fn between<T: PartialOrd + Display>(range: impl RangeBounds<T>) -> impl Fn(&T) -> Checked {
    move |value| {
        if range.contains(value) {
            return Ok(());
        }
        Err(format!("It is {value}; it must be {}.", describe(&range)))
    }
}

/// The value is one of these.
pub fn one_of<T, U, const N: usize>(allowed: [U; N]) -> impl Fn(&T) -> Checked
where
    T: PartialEq<U> + ?Sized,
    U: Debug,
{
    move |value| {
        if allowed.iter().any(|allowed| value == allowed) {
            return Ok(());
        }
        let allowed: Vec<_> = allowed.iter().map(|value| format!("{value:?}")).collect();
        Err(format!("It must be one of {}.", allowed.join(", ")))
    }
}

/// The text matches the regular expression. The advice says what to write, as a sentence.
pub fn matches<T: AsRef<str> + ?Sized>(pattern: &str, advice: &str) -> impl Fn(&T) -> Checked {
    let advice = advice.to_owned();
    let pattern = Regex::new(pattern);
    move |value| match &pattern {
        Ok(pattern) if pattern.is_match(value.as_ref()) => Ok(()),
        Ok(_) => Err(advice.clone()),
        Err(error) => Err(format!(
            "The provider cannot check it, which is a bug: {error}"
        )),
    }
}

/// The value passes both validators.
pub fn and<T: ?Sized, E: Display>(
    first: impl Fn(&T) -> Result<(), E>,
    second: impl Fn(&T) -> Result<(), E>,
) -> impl Fn(&T) -> Result<(), E> {
    move |value| first(value).and_then(|()| second(value))
}

/// The value passes one of the validators.
pub fn or<T: ?Sized, E: Display>(
    first: impl Fn(&T) -> Result<(), E>,
    second: impl Fn(&T) -> Result<(), E>,
) -> impl Fn(&T) -> Checked {
    move |value| {
        let Err(first) = first(value) else {
            return Ok(());
        };
        second(value).map_err(|second| format!("{first} Or: {second}"))
    }
}

/// The value does not pass the validator. The advice says what to write, as a sentence.
pub fn not<T: ?Sized, E>(
    check: impl Fn(&T) -> Result<(), E>,
    advice: &str,
) -> impl Fn(&T) -> Checked {
    let advice = advice.to_owned();
    move |value| match check(value) {
        Ok(()) => Err(advice.clone()),
        Err(_) => Ok(()),
    }
}

/// A type with a length.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length",
    note = "texts and collections have one; use `between` for numbers"
)]
pub trait Length {
    /// The number of characters of a text, or of elements of a collection.
    fn length(&self) -> usize;
}

impl Length for str {
    fn length(&self) -> usize {
        self.chars().count()
    }
}

impl Length for String {
    fn length(&self) -> usize {
        self.as_str().length()
    }
}

impl<T> Length for Text<T> {
    fn length(&self) -> usize {
        self.as_written().length()
    }
}

impl<T: Length> Length for Secret<T> {
    fn length(&self) -> usize {
        self.expose().length()
    }
}

impl<T> Length for Vec<T> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl<T> Length for UnorderedSet<T> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl<T> Length for BTreeSet<T> {
    fn length(&self) -> usize {
        self.len()
    }
}

impl<T> Length for BTreeMap<String, T> {
    fn length(&self) -> usize {
        self.len()
    }
}

/// The range in words: `from 1 to 32`, `at least 1`.
fn describe<T: Display>(range: &impl RangeBounds<T>) -> String {
    let below = |end: &T| format!("below {end}");
    match (range.start_bound(), range.end_bound()) {
        (Bound::Included(start), Bound::Included(end)) => format!("from {start} to {end}"),
        (Bound::Included(start), Bound::Excluded(end)) => {
            format!("at least {start} and {}", below(end))
        }
        (Bound::Included(start), Bound::Unbounded) => format!("at least {start}"),
        (Bound::Excluded(start), Bound::Unbounded) => format!("above {start}"),
        (Bound::Excluded(start), Bound::Included(end)) => {
            format!("above {start} and at most {end}")
        }
        (Bound::Excluded(start), Bound::Excluded(end)) => {
            format!("above {start} and {}", below(end))
        }
        (Bound::Unbounded, Bound::Included(end)) => format!("at most {end}"),
        (Bound::Unbounded, Bound::Excluded(end)) => below(end),
        (Bound::Unbounded, Bound::Unbounded) => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts which values pass, and what the error of the first other one is.
    #[track_caller]
    fn assert_checks<T: ?Sized, E: Display>(
        check: impl Fn(&T) -> Result<(), E>,
        valid: &[&T],
        (invalid, error): (&T, &str),
    ) {
        assert!(valid.iter().all(|value| check(value).is_ok()));
        let found = check(invalid).err().map(|reason| reason.to_string());
        assert_eq!(found.as_deref(), Some(error));
    }

    /// Each validator accepts the values that it describes and says what is wrong with others.
    #[test]
    fn validators_accept_and_explain() {
        let error = "Its length is 3; it must be from 1 to 2.";
        assert_checks(length::<str>(1..=2), &["a", "éé"], ("abc", error));
        let error = "Its length is 0; it must be at least 1.";
        assert_checks(length::<Vec<u8>>(1..), &[&vec![1]], (&Vec::new(), error));
        let error = "It is 0; it must be at least 1 and below 10.";
        assert_checks(between(1..10), &[&1, &9], (&0, error));
        assert_checks(
            between(..=0.5),
            &[&0.5],
            (&0.6, "It is 0.6; it must be at most 0.5."),
        );
        let error = "It must be one of \"tcp\", \"udp\".";
        let (tcp, icmp) = ("tcp".to_owned(), "icmp".to_owned());
        assert_checks(
            one_of::<String, _, 2>(["tcp", "udp"]),
            &[&tcp],
            (&icmp, error),
        );
        let lower = || matches::<str>("^[a-z]+$", "Use a-z.");
        assert_checks(lower(), &["abc"], ("aBc", "Use a-z."));
        assert!(matches::<str>("(", "")("a").is_err_and(|error| error.contains("bug")));
    }

    /// `and`, `or` and `not` combine validators.
    #[test]
    fn validators_combine() {
        let lower = || matches::<str>("^[a-z]+$", "Use a-z.");
        let short = || length::<str>(..3);
        let error = "Its length is 3; it must be below 3.";
        assert_checks(and(lower(), short()), &["ab"], ("abc", error));
        let error = "Use a-z. Or: Its length is 3; it must be below 3.";
        assert_checks(or(lower(), short()), &["abc", "AB"], ("ABC", error));
        assert_checks(not(lower(), "Use A-Z."), &["AB"], ("ab", "Use A-Z."));
    }
}
