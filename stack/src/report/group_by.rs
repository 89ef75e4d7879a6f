//! The grouping of a report.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The prefix of a grouping by a label.
const LABEL: &str = "label:";

/// The grouping of a report. As text and in JSON: `app`, `owner`, `version`, `day` or `label:KEY`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// By application.
    #[default]
    App,
    /// By the owner at the time.
    Owner,
    /// By application and the version deployed at the time.
    Version,
    /// By UTC day.
    Day,
    /// By the value that the label with this key had at the time.
    Label(String),
}

/// A text that names no grouping.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "invalid grouping {read:?}: use app, owner, version, day or label:KEY, such as \
     label:cost-center"
)]
pub struct GroupByError {
    /// The text that was read.
    read: String,
}

impl fmt::Display for GroupBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.pad("app"),
            Self::Owner => f.pad("owner"),
            Self::Version => f.pad("version"),
            Self::Day => f.pad("day"),
            Self::Label(key) => write!(f, "{LABEL}{key}"),
        }
    }
}

impl FromStr for GroupBy {
    type Err = GroupByError;

    fn from_str(text: &str) -> Result<Self, GroupByError> {
        match (text, text.strip_prefix(LABEL)) {
            ("app", _) => Ok(Self::App),
            ("owner", _) => Ok(Self::Owner),
            ("version", _) => Ok(Self::Version),
            ("day", _) => Ok(Self::Day),
            (_, Some(key)) if !key.is_empty() => Ok(Self::Label(key.to_owned())),
            _ => Err(GroupByError {
                read: text.to_owned(),
            }),
        }
    }
}

impl Serialize for GroupBy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GroupBy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every grouping has one text, and no other text is a grouping.
    #[test]
    fn groupings_are_words() {
        for text in ["app", "owner", "version", "day", "label:cost-center"] {
            let by: GroupBy = text.parse().unwrap();
            assert_eq!(by.to_string(), text);
            assert_eq!(serde_json::to_value(&by).unwrap(), text);
            assert_eq!(serde_json::from_value::<GroupBy>(text.into()).unwrap(), by);
        }
        for wrong in ["", "App", "label:", "label", "team"] {
            let error = wrong.parse::<GroupBy>().unwrap_err().to_string();
            assert!(error.contains("label:KEY"), "{error}");
        }
    }
}
