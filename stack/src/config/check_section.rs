//! `[check]`: the rules of `jiti check`, and what follows from a stack that breaks one.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::section::Section;
use super::{ConfigError, not_empty};
use crate::policy::Policy;
use crate::values::ttl::Span;

/// The settings of `jiti check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    /// Files and folders with rules in Rego. A relative path starts at the folder of the config
    /// file.
    pub rules: Vec<PathBuf>,
    /// The time that the rules in Rego may take.
    pub timeout: Span,
    /// Findings that do not count: a rule, or a rule and a pattern on addresses.
    pub ignore: Vec<String>,
    /// What follows from a rule that the resources of a stack break.
    pub noncompliance: NoncomplianceSetting,
}

/// The time that rules in Rego may take, unless configured.
const DEFAULT_CHECK_TIMEOUT: Span = match Span::from_seconds(10) {
    Some(span) => span,
    None => Span::minutes(1),
};

impl Default for CheckConfig {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            timeout: DEFAULT_CHECK_TIMEOUT,
            ignore: Vec::new(),
            noncompliance: NoncomplianceSetting::default(),
        }
    }
}

/// What follows from a rule that the resources of a stack break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoncomplianceSetting {
    /// What a sync does about it.
    pub action: NoncompliantAction,
    /// The time until the stack is due; `None` for that of the policy.
    pub grace: Option<Span>,
}

impl NoncomplianceSetting {
    /// The time from a broken rule until the stack is due; `None` if it makes no stack due.
    #[must_use]
    pub fn grace(self, policy: &Policy) -> Option<Span> {
        let is_due = self.action == NoncompliantAction::Due;
        is_due.then(|| self.grace.unwrap_or(policy.grace))
    }
}

/// What a sync does about the rules that the resources of a stack break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoncompliantAction {
    /// Nothing: it does not check them.
    #[default]
    Off,
    /// It records them, and the stack has the flag `noncompliant`.
    Flag,
    /// The same, and the stack is due after the grace.
    Due,
}

/// A text that names no [`NoncompliantAction`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write \"off\", \"flag\" or \"due\"")]
pub struct UnknownNoncompliantAction;

impl FromStr for NoncompliantAction {
    type Err = UnknownNoncompliantAction;

    fn from_str(word: &str) -> Result<Self, UnknownNoncompliantAction> {
        match word {
            "off" => Ok(Self::Off),
            "flag" => Ok(Self::Flag),
            "due" => Ok(Self::Due),
            _ => Err(UnknownNoncompliantAction),
        }
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Result<CheckConfig, ConfigError> {
    let none = CheckConfig::default();
    let rules = section.texts("rules", not_empty)?;
    let ignore = section.texts("ignore", |entry| {
        let mut words = entry.split_whitespace();
        let pattern = words.nth(1);
        if entry.trim().is_empty() || words.next().is_some() {
            return Err("write a rule, or a rule and a pattern on addresses".to_owned());
        }
        let pattern = globset::Glob::new(pattern.unwrap_or("*"));
        pattern.map(|_| ()).map_err(|error| error.to_string())
    })?;
    let action = section.choice("noncompliant", "\"off\", \"flag\" or \"due\"")?;
    Ok(CheckConfig {
        rules: rules.into_iter().map(PathBuf::from).collect(),
        timeout: section.span("timeout")?.unwrap_or(none.timeout),
        ignore,
        noncompliance: NoncomplianceSetting {
            action: action.unwrap_or_default(),
            grace: section.span("grace")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn grace(text: &str) -> Option<u64> {
        let config = Config::parse(text, Path::new("jiti.toml")).unwrap();
        let grace = config.check.noncompliance.grace(&config.policy);
        grace.map(Span::seconds)
    }

    /// Only `due` makes a broken rule a reason to end a stack, after its own grace or the policy's.
    #[test]
    fn a_broken_rule_has_consequences_only_where_configured() {
        assert_eq!(grace(""), None);
        assert_eq!(
            grace("[check]\nnoncompliant = \"flag\"\ngrace = \"1h\"\n"),
            None
        );
        let due = "[check]\nnoncompliant = \"due\"\n";
        assert_eq!(grace(due), Some(3_600));
        assert_eq!(grace(&format!("{due}grace = \"2h\"\n")), Some(7_200));
        assert_eq!(
            grace(&format!("[policy]\ngrace = \"3h\"\n{due}")),
            Some(10_800)
        );
        let wrong = "[check]\nnoncompliant = \"delete\"\n";
        let error = Config::parse(wrong, Path::new("jiti.toml")).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("jiti.toml:2") && error.contains("\"due\""),
            "{error}"
        );
    }
}
