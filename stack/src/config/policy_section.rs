//! The section `[policy]` of a text, with the keys that it sets, to compare two policies by key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};
use toml::de::{DeTable, DeValue};

use super::section::{Lines, Section};
use super::{Config, ConfigError, ConfigProblem, parse_table, policy};
use crate::policy::Policy;
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// A policy as it is written: its values, and which keys the text sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySection {
    /// The policy, with the defaults of the keys that are not set.
    pub policy: Policy,
    /// The line of each key that is set, from 1.
    lines: BTreeMap<&'static str, usize>,
}

/// The value of a key. Its text is TOML; in JSON, a duration is a number of seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyValue {
    /// A duration.
    Duration(Span),
    /// A text.
    Text(String),
    /// Dollars per hour.
    Rate(HourlyRate),
    /// A number of stacks.
    Count(u32),
    /// A list of texts.
    Texts(Vec<String>),
}

/// A key for which two policies differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyDifference {
    /// The key.
    pub key: &'static str,
    /// The value of the ledger's policy; null if it does not set the key.
    pub ledger: Option<PolicyValue>,
    /// The value of the file's policy; null if it does not set the key.
    pub file: Option<PolicyValue>,
    /// The line of the key in the file, from 1; `None` if the file does not set it.
    #[serde(skip)]
    pub line: Option<usize>,
}

impl PolicySection {
    /// Parses a file that has the section `[policy]` and nothing else. `path` appears only in
    /// messages.
    ///
    /// # Errors
    /// [`ConfigError::Wrong`] with the line, as for a config file; also for another section, and if
    /// the section `[policy]` is missing.
    pub fn of_policy_file(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let lines = Lines { path, text };
        let table = parse_table(&lines)?;
        let others = table.get_ref().keys();
        let others = others.filter(|key| key.get_ref() != "policy");
        if let Some(key) = others.min_by_key(|key| key.span().start) {
            let problem = ConfigProblem::OutsidePolicy(key.get_ref().to_string());
            return Err(lines.error(key.span().start, problem));
        }
        let mut file = Section::root(&lines, &table);
        let Some(policy) = file.table("policy", policy)? else {
            return Err(file.missing(
                "[policy]",
                "the section with the limits, which may be empty",
            ));
        };
        let lines = key_lines(&lines, table.get_ref());
        Ok(Self { policy, lines })
    }

    /// Parses a config file, which may have other sections, and may lack this one. `path` appears
    /// only in messages.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn of_config_file(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let policy = Config::parse(text, path)?.policy;
        let lines = Lines { path, text };
        let table = parse_table(&lines)?;
        let lines = key_lines(&lines, table.get_ref());
        Ok(Self { policy, lines })
    }

    /// The keys for which this policy, the ledger's, and that of a file have another effect, in the
    /// order of the documentation. A key that is not set has its default.
    #[must_use]
    pub fn differences(&self, file: &Self) -> Vec<PolicyDifference> {
        let pairs = self.values().into_iter().zip(file.values());
        let differing = pairs.filter(|((_, ledger), (_, file))| ledger != file);
        let difference = |((key, ledger), (_, in_file)): ((&'static str, _), (_, _))| {
            let line = file.lines.get(key).copied();
            PolicyDifference {
                key,
                ledger: if self.lines.contains_key(key) {
                    ledger
                } else {
                    None
                },
                file: if line.is_some() { in_file } else { None },
                line,
            }
        };
        differing.map(difference).collect()
    }

    /// Each key with its value in force, in the order of the documentation; `None` for a limit that
    /// is off.
    #[must_use]
    pub fn values(&self) -> [(&'static str, Option<PolicyValue>); 13] {
        use PolicyValue::{Count, Duration, Rate, Text, Texts};
        let Policy {
            default_ttl,
            max_ttl,
            max_hold,
            grace,
            owner_pattern,
            required_labels,
            max_hourly_usd,
            max_live_per_owner,
            max_concurrent_inits,
            max_wait,
            preflight_breaker,
            preflight_window,
            protected,
        } = self.policy.clone();
        [
            ("default_ttl", default_ttl.map(Duration)),
            ("max_ttl", max_ttl.map(Duration)),
            ("max_hold", max_hold.map(Duration)),
            ("grace", Some(Duration(grace))),
            ("owner_pattern", owner_pattern.map(Text)),
            ("required_labels", Some(Texts(required_labels))),
            ("max_hourly_usd", max_hourly_usd.map(Rate)),
            ("max_live_per_owner", max_live_per_owner.map(Count)),
            ("max_concurrent_inits", max_concurrent_inits.map(Count)),
            ("max_wait", Some(Duration(max_wait))),
            (
                "preflight_breaker",
                Some(Text(preflight_breaker.word().to_owned())),
            ),
            ("preflight_window", Some(Duration(preflight_window))),
            ("protected", Some(Texts(protected))),
        ]
    }
}

impl fmt::Display for PolicyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(span) => write!(f, "\"{span}\""),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Rate(rate) => write!(f, "\"{rate}\""),
            Self::Count(count) => write!(f, "{count}"),
            Self::Texts(texts) => write!(f, "{texts:?}"),
        }
    }
}

impl Serialize for PolicyValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Duration(span) => span.seconds().serialize(to),
            Self::Text(text) => text.serialize(to),
            Self::Rate(rate) => rate.serialize(to),
            Self::Count(count) => count.serialize(to),
            Self::Texts(texts) => texts.serialize(to),
        }
    }
}

/// The line of each key in the section `[policy]`.
fn key_lines(lines: &Lines<'_>, table: &DeTable<'_>) -> BTreeMap<&'static str, usize> {
    let section = table.get("policy").map(toml::Spanned::get_ref);
    let Some(section) = section.and_then(DeValue::as_table) else {
        return BTreeMap::new();
    };
    let set = section.keys();
    let set: BTreeMap<_, _> = set
        .map(|key| (key.get_ref().to_string(), lines.line(key.span().start)))
        .collect();
    let known = PolicySection::default().values().into_iter();
    known
        .filter_map(|(key, _)| Some((key, *set.get(key)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy_file(text: &str) -> Result<PolicySection, String> {
        let section = PolicySection::of_policy_file(text, Path::new("policy.toml"));
        section.map_err(|error| error.to_string())
    }

    fn config_file(text: &str) -> PolicySection {
        PolicySection::of_config_file(text, Path::new("config.toml")).expect("valid")
    }

    /// Every key that the section may set can be compared, under its name.
    #[test]
    fn every_key_is_listed() {
        let json = serde_json::to_value(Policy::default()).expect("JSON");
        let mut keys: Vec<_> = json.as_object().expect("an object").keys().collect();
        let values = PolicySection::default().values();
        let mut listed = values.map(|(key, _)| key);
        keys.sort_unstable();
        listed.sort_unstable();
        assert_eq!(keys, listed);
    }

    /// A value is written as in the file.
    #[test]
    fn a_value_is_written_as_toml() {
        let section = config_file(
            "[policy]\nmax_ttl = \"7d\"\nowner_pattern = '^a\\.b$'\nmax_hourly_usd = \"5\"\n\
             max_live_per_owner = 3\nprotected = [\"prod-*\", \"db\"]\n",
        );
        let values = section.values().into_iter();
        let text: Vec<_> = values
            .filter_map(|(key, value)| Some(format!("{key} = {}", value?)))
            .collect();
        assert_eq!(
            text,
            [
                "max_ttl = \"7d\"",
                "grace = \"1h\"",
                "owner_pattern = \"^a\\\\.b$\"",
                "required_labels = []",
                "max_hourly_usd = \"5.00\"",
                "max_live_per_owner = 3",
                "max_wait = \"1h\"",
                "preflight_breaker = \"fail\"",
                "preflight_window = \"5m\"",
                "protected = [\"prod-*\", \"db\"]",
            ]
        );
    }

    /// A policy file is as strict as a config file, and has no other section.
    #[test]
    fn a_policy_file_has_one_section() {
        let section = policy_file("# limits\n[policy]\nmax_ttl = \"7d\"\n").expect("valid");
        assert_eq!(section.policy.max_ttl, Some("7d".parse().expect("a span")));
        assert_eq!(section.lines, BTreeMap::from([("max_ttl", 3)]));
        assert_eq!(policy_file("[policy]\n"), Ok(PolicySection::default()));
        for (text, problem) in [
            (
                "[policy]\n\n[reaper]\nsweep = true\n[account]\n",
                "policy.toml:3: reaper is outside of [policy], the only section of a policy file: remove it",
            ),
            (
                "max_ttl = \"7d\"\n",
                "policy.toml:1: max_ttl is outside of [policy], the only section of a policy file: remove it",
            ),
            (
                "",
                "policy.toml:1: the file has no [policy]: the section with the limits, which may be empty",
            ),
            (
                "[policy]\nmax_tll = \"7d\"\n",
                "policy.toml:2: unknown key \"max_tll\" in [policy]: did you mean \"max_ttl\"?",
            ),
            (
                "[policy]\npreflight_breaker = \"stop\"\n",
                "policy.toml:2: preflight_breaker: \"stop\" is not one of \"fail\", \"wait\" and \"off\"",
            ),
            (
                "[policy]\nmax_live_per_owner = 0\n",
                "policy.toml:2: max_live_per_owner: 0 is not a whole number from 1, such as 4",
            ),
        ] {
            assert_eq!(policy_file(text), Err(problem.to_owned()), "{text}");
        }
    }

    /// Two policies differ in a key if it has another effect, however the value is written. A key
    /// that is not set is null.
    #[test]
    fn differences_are_about_effects() {
        let ledger = policy_file(
            "[policy]\nmax_ttl = \"1d\"\ngrace = \"2h\"\nprotected = [\"prod-*\"]\nmax_hourly_usd = \"5.0\"",
        );
        let file = config_file(
            "[policy]\nmax_ttl = \"24h\"\nmax_live_per_owner = 3\nmax_hourly_usd = \"5.00\"\n\
             required_labels = []\nprotected = [\"prod-*\", \"db\"]\n[reaper]\nsweep = true\n",
        );
        let differences = ledger.expect("valid").differences(&file);
        let json = serde_json::to_value(differences).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!([
                {"key": "grace", "ledger": 7200, "file": null},
                {"key": "max_live_per_owner", "ledger": null, "file": 3},
                {"key": "protected", "ledger": ["prod-*"], "file": ["prod-*", "db"]},
            ])
        );
    }

    /// A difference has the line in the file.
    #[test]
    fn a_difference_has_its_line() {
        let file = config_file("[reaper]\nsweep = true\n\n[policy]\nmax_hold = \"3d\"\n");
        let differences = PolicySection::default().differences(&file);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].line, Some(5));
    }
}
