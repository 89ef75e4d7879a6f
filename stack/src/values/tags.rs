//! The tags and labels of a stack's resources, within the limits of AWS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::values::id::{AppName, AppVersion, Owner, StackName, unsafe_character};
use crate::values::ttl::Ttl;

/// The key of the tag with the stack's name.
pub const STACK: &str = "jiti:stack";
/// The key of the tag with the app.
pub const APP: &str = "jiti:app";
/// The key of the tag with the version.
pub const VERSION: &str = "jiti:version";
/// The key of the tag with the owner.
pub const OWNER: &str = "jiti:owner";
/// The key of the tag with the TTL as written.
pub const TTL: &str = "jiti:ttl";

/// The maximum number of tags on a resource.
const MAX_TAGS: usize = 50;
/// The number of jiti's own tags.
const OWN_TAGS: usize = 5;
const MAX_KEY_LENGTH: usize = 128;
const MAX_VALUE_LENGTH: usize = 256;

/// A label that AWS would refuse as a tag.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LabelError {
    /// The key is empty.
    #[error("a label has an empty key: give it a name")]
    EmptyKey,
    /// The key is too long.
    #[error("the key of the label {key:?} has {chars} characters, the limit is {MAX_KEY_LENGTH}")]
    LongKey {
        /// The label's key.
        key: String,
        /// The number of characters in the key.
        chars: usize,
    },
    /// The value is too long.
    #[error(
        "the value of the label {key:?} has {chars} characters, the limit is {MAX_VALUE_LENGTH}"
    )]
    LongValue {
        /// The label's key.
        key: String,
        /// The number of characters in the value.
        chars: usize,
    },
    /// The key or the value contains a character that some services refuse.
    #[error(
        "the {part} of the label {key:?} contains {character:?}, which some services refuse in \
         a tag: use letters, digits, spaces and _.:/=+@-"
    )]
    Character {
        /// `key` or `value`.
        part: &'static str,
        /// The label's key.
        key: String,
        /// The first invalid character.
        character: char,
    },
    /// The key or the value starts or ends with a space.
    #[error("the {part} of the label {key:?} starts or ends with a space: remove it")]
    Edge {
        /// `key` or `value`.
        part: &'static str,
        /// The label's key.
        key: String,
    },
    /// The key starts with a reserved prefix.
    #[error("the label {key:?} starts with {prefix:?}, which is {whose}: choose another key")]
    Reserved {
        /// The label's key.
        key: String,
        /// The prefix.
        prefix: &'static str,
        /// The owner of the prefix.
        whose: &'static str,
    },
    /// Two keys differ only in case.
    #[error(
        "the labels {first:?} and {key:?} differ only in case, and some services treat them as one \
         tag: rename or remove one of them"
    )]
    SameKey {
        /// The later key.
        key: String,
        /// The earlier key.
        first: String,
    },
    /// There are more labels than a resource has room for.
    #[error(
        "{count} labels and jiti's {OWN_TAGS} tags exceed the limit of {MAX_TAGS} tags on a \
         resource: remove at least {}", count + OWN_TAGS - MAX_TAGS
    )]
    TooMany {
        /// The number of labels.
        count: usize,
    },
}

impl LabelError {
    /// The key of the label with the error; `None` if the error concerns all labels.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::EmptyKey => Some(""),
            Self::LongKey { key, .. }
            | Self::LongValue { key, .. }
            | Self::Character { key, .. }
            | Self::Edge { key, .. }
            | Self::Reserved { key, .. }
            | Self::SameKey { key, .. } => Some(key),
            Self::TooMany { .. } => None,
        }
    }
}

/// The labels of a stack: at most 45 user-defined tags, each valid on AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Checks the labels.
    ///
    /// # Errors
    /// [`LabelError`] for the first invalid label, in the order of the keys.
    pub fn new(labels: BTreeMap<String, String>) -> Result<Self, LabelError> {
        let labels = Self::recorded(labels)?;
        check_distinct(&labels.0)?;
        Ok(labels)
    }

    /// Labels from a ledger. Earlier versions accepted keys that differ only in case, and a lease
    /// with such labels must stay readable.
    fn recorded(labels: BTreeMap<String, String>) -> Result<Self, LabelError> {
        labels
            .iter()
            .try_for_each(|(key, value)| check(key, value))?;
        if labels.len() + OWN_TAGS > MAX_TAGS {
            return Err(LabelError::TooMany {
                count: labels.len(),
            });
        }
        Ok(Self(labels))
    }

    /// The labels by key.
    #[must_use]
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Labels {
    type Error = LabelError;

    fn try_from(labels: BTreeMap<String, String>) -> Result<Self, LabelError> {
        Self::recorded(labels)
    }
}

impl From<Labels> for BTreeMap<String, String> {
    fn from(labels: Labels) -> Self {
        labels.0
    }
}

/// All tags of a stack's resources, by key. Each value is known at plan time, and none changes when
/// the lease is renewed, extended or held.
#[must_use]
pub fn tags(
    name: &StackName,
    app: &AppName,
    version: &AppVersion,
    owner: &Owner,
    ttl: &Ttl,
    labels: &Labels,
) -> BTreeMap<String, String> {
    let own = [
        (STACK, name.as_str()),
        (APP, app.as_str()),
        (VERSION, version.as_str()),
        (OWNER, owner.as_str()),
        (TTL, ttl.as_str()),
    ];
    let mut tags = labels.0.clone();
    tags.extend(own.map(|(key, value)| (key.to_owned(), value.to_owned())));
    tags
}

/// Checks that no two keys differ only in case.
fn check_distinct(labels: &BTreeMap<String, String>) -> Result<(), LabelError> {
    let mut by_lower_case = BTreeMap::new();
    for key in labels.keys() {
        if let Some(first) = by_lower_case.insert(key.to_ascii_lowercase(), key) {
            return Err(LabelError::SameKey {
                key: key.clone(),
                first: first.clone(),
            });
        }
    }
    Ok(())
}

fn check(key: &str, value: &str) -> Result<(), LabelError> {
    let owned = || key.to_owned();
    if key.is_empty() {
        return Err(LabelError::EmptyKey);
    }
    for (part, text) in [("key", key), ("value", value)] {
        if let Some(character) = unsafe_character(text) {
            return Err(LabelError::Character {
                part,
                key: owned(),
                character,
            });
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return Err(LabelError::Edge { part, key: owned() });
        }
    }
    // Every accepted character is one byte, so the length in bytes is the number of characters.
    if key.len() > MAX_KEY_LENGTH {
        return Err(LabelError::LongKey {
            key: owned(),
            chars: key.len(),
        });
    }
    if value.len() > MAX_VALUE_LENGTH {
        return Err(LabelError::LongValue {
            key: owned(),
            chars: value.len(),
        });
    }
    let lower = key.to_ascii_lowercase();
    for (prefix, whose) in [("aws:", "reserved by AWS"), ("jiti:", "reserved by jiti")] {
        if lower.starts_with(prefix) {
            return Err(LabelError::Reserved {
                key: owned(),
                prefix,
                whose,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: &[(&str, &str)]) -> Result<Labels, LabelError> {
        Labels::new(
            labels
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    /// The tags are jiti's five plus the labels, with the TTL as written.
    #[test]
    fn the_map_is_five_and_the_labels() {
        let tags = tags(
            &StackName::new("checkout-pr-412").expect("legal"),
            &AppName::new("checkout").expect("legal"),
            &AppVersion::new("8f3c").expect("legal"),
            &Owner::new("ana@example.com").expect("legal"),
            &"36h".parse().expect("a duration"),
            &labels(&[("cost-center", "42")]).expect("legal"),
        );
        let tags: Vec<_> = tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            tags,
            [
                "cost-center=42",
                "jiti:app=checkout",
                "jiti:owner=ana@example.com",
                "jiti:stack=checkout-pr-412",
                "jiti:ttl=36h",
                "jiti:version=8f3c",
            ]
        );
    }

    /// A label that AWS would refuse is refused by name.
    #[test]
    fn what_aws_refuses_is_refused() {
        let long = "k".repeat(129);
        let value = "v".repeat(257);
        for (key, value, says) in [
            ("", "x", "empty key"),
            (long.as_str(), "x", "129 characters, the limit is 128"),
            ("team", value.as_str(), "257 characters, the limit is 256"),
            ("te*m", "x", "the key of the label \"te*m\" contains '*'"),
            (
                "team",
                "a;b",
                "the value of the label \"team\" contains ';'",
            ),
            ("team", "a\nb", "'\\n'"),
            ("team", " a", "starts or ends with a space"),
            ("aws:team", "x", "reserved by AWS"),
            ("AWS:team", "x", "reserved by AWS"),
            ("jiti:owner", "x", "reserved by jiti"),
        ] {
            let error = labels(&[(key, value)]).expect_err(key);
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.key(), Some(key));
        }
        assert!(labels(&[(&"k".repeat(128), &"v".repeat(256)), ("empty", "")]).is_ok());
    }

    /// Keys that differ only in case are refused, because some services refuse them. A lease that
    /// an earlier version recorded with such labels stays readable.
    #[test]
    fn keys_that_differ_only_in_case_are_refused() {
        for (first, second) in [
            ("Team", "team"),
            ("COST-center", "cost-Center"),
            ("A:b", "a:B"),
        ] {
            let error = labels(&[(first, "x"), (second, "x")]).expect_err(first);
            let text = error.to_string();
            assert!(text.contains(first) && text.contains(second), "{text}");
            assert!(text.contains("differ only in case"), "{text}");
            let recorded = format!(r#"{{"{first}":"x","{second}":"x"}}"#);
            let read: Labels = serde_json::from_str(&recorded).expect("readable");
            assert_eq!(read.as_map().len(), 2);
        }
        assert!(labels(&[("team", "a"), ("teams", "A")]).is_ok());
    }

    /// The 46th label exceeds the limit, and the error says how many to remove.
    #[test]
    fn fifty_tags_and_no_more() {
        let many =
            |n: usize| Labels::new((0..n).map(|i| (format!("k{i}"), String::new())).collect());
        assert!(many(45).is_ok());
        let error = many(47).expect_err("two too many");
        assert!(error.to_string().ends_with("remove at least 2"), "{error}");
    }
}
