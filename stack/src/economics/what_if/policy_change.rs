//! The values that a what-if replaces, as a user writes them.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::economics::timeline::TermsChange;
use crate::values::ttl::{Span, SpanError};

/// The terms that another policy sets for every stack. Read as `ttl=4h,idle_after=30m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyChange {
    /// How long a stack may live after a renewal.
    #[serde(serialize_with = "in_seconds")]
    pub ttl: Option<Span>,
    /// The maximum total lifetime.
    #[serde(serialize_with = "in_seconds")]
    pub max_ttl: Option<Span>,
    /// How long a stack may be idle before it is due.
    #[serde(serialize_with = "in_seconds")]
    pub idle_after: Option<Span>,
    /// The time within which a stack has to be ready. It applies to stacks that declare readiness.
    #[serde(serialize_with = "in_seconds")]
    pub ready_timeout: Option<Span>,
    /// The time between a cause and the moment when a stack is due.
    #[serde(serialize_with = "in_seconds")]
    pub grace: Option<Span>,
}

/// A text that is not a policy of a what-if.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PolicyChangeError {
    /// A part is not a key and a value.
    #[error("invalid part {part:?}: write a key and a duration, such as ttl=4h")]
    NoValue {
        /// The part.
        part: String,
    },
    /// The key is unknown.
    #[error("unknown key {key:?}: use ttl, max_ttl, idle_after, ready_timeout or grace")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key appears twice.
    #[error("{key} appears twice: write each key once")]
    Repeated {
        /// The key.
        key: String,
    },
    /// The value is not a duration.
    #[error("{key}: {source}")]
    Duration {
        /// The key.
        key: String,
        /// What is wrong with the value.
        source: SpanError,
    },
}

impl PolicyChange {
    /// The terms under this policy. Without declared readiness, no timeout applies: nothing would
    /// report that the stack is ready.
    pub(super) fn apply(&self, terms: TermsChange) -> TermsChange {
        TermsChange {
            ttl: self.ttl.unwrap_or(terms.ttl),
            max_ttl: self.max_ttl.or(terms.max_ttl),
            idle_after: self.idle_after.or(terms.idle_after),
            ready_timeout: terms
                .ready_timeout
                .map(|timeout| self.ready_timeout.unwrap_or(timeout)),
            grace: self.grace.unwrap_or(terms.grace),
            ..terms
        }
    }

    /// Each key with its value; `None` if the policy does not change it.
    fn values(&self) -> [(&'static str, Option<Span>); 5] {
        [
            ("ttl", self.ttl),
            ("max_ttl", self.max_ttl),
            ("idle_after", self.idle_after),
            ("ready_timeout", self.ready_timeout),
            ("grace", self.grace),
        ]
    }
}

impl FromStr for PolicyChange {
    type Err = PolicyChangeError;

    fn from_str(text: &str) -> Result<Self, PolicyChangeError> {
        let mut change = Self::default();
        for part in text.split(',').map(str::trim) {
            let Some((key, value)) = part.split_once('=') else {
                let part = part.to_owned();
                return Err(PolicyChangeError::NoValue { part });
            };
            let (name, key) = (key.trim(), key.trim().to_owned());
            let field = match name {
                "ttl" => &mut change.ttl,
                "max_ttl" => &mut change.max_ttl,
                "idle_after" => &mut change.idle_after,
                "ready_timeout" => &mut change.ready_timeout,
                "grace" => &mut change.grace,
                _ => return Err(PolicyChangeError::UnknownKey { key }),
            };
            if field.is_some() {
                return Err(PolicyChangeError::Repeated { key });
            }
            match value.trim().parse() {
                Ok(span) => *field = Some(span),
                Err(source) => return Err(PolicyChangeError::Duration { key, source }),
            }
        }
        Ok(change)
    }
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.values().into_iter();
        let set = set.filter_map(|(key, value)| Some(format!("{key}={}", value?)));
        f.write_str(&set.collect::<Vec<_>>().join(","))
    }
}

fn in_seconds<S: Serializer>(span: &Option<Span>, to: S) -> Result<S::Ok, S::Error> {
    span.map(Span::seconds).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy is read and written in the same form, and is seconds in JSON.
    #[test]
    fn a_policy_is_read() {
        let change: PolicyChange = "ttl=4h, idle_after=30m".parse().unwrap();
        assert_eq!(change.to_string(), "ttl=4h,idle_after=30m");
        let json = serde_json::to_value(change).unwrap();
        assert_eq!(
            (&json["ttl"], &json["idle_after"]),
            (&14_400.into(), &1_800.into())
        );
        assert!(json["grace"].is_null());
    }

    /// An error names the part that is wrong.
    #[test]
    fn errors_name_the_part() {
        let error = |text: &str| text.parse::<PolicyChange>().unwrap_err().to_string();
        assert_eq!(
            error(""),
            "invalid part \"\": write a key and a duration, such as ttl=4h"
        );
        assert_eq!(
            error("tll=4h"),
            "unknown key \"tll\": use ttl, max_ttl, idle_after, ready_timeout or grace"
        );
        assert_eq!(
            error("ttl=4h,ttl=5h"),
            "ttl appears twice: write each key once"
        );
        assert!(error("ttl=4").starts_with("ttl: invalid duration \"4\""));
    }
}
