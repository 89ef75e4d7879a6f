//! The rules that users write in Rego: `deny[msg]` and `warn[msg]` in `package jiti`.
//!
//! The rules of conftest (`deny`, `violation` and `warn` in `package main`, and names such as
//! `deny_public`) and of OPA's tutorials for Terraform (`allow` or `authz` in
//! `package terraform.analysis`, `deny` in `package terraform.module`) work unchanged.

mod error;
mod live;
mod quoted_verb;
mod resource_map;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::mpsc;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value as RegoValue};
use serde_json::{Value, json};

pub use self::error::RegoError;
pub use self::live::LiveFiles;
use crate::finding::{CheckReport, Finding, Severity};

/// The packages whose rules count, as paths in `data`.
const PACKAGES: [&str; 4] = [
    "data.jiti",
    "data.main",
    "data.terraform.analysis",
    "data.terraform.module",
];

/// The names of rules that make a check fail. A name may have an ending: `deny_public`.
const DENY: [&str; 2] = ["deny", "violation"];

/// The names of decisions that make a check fail if they are false.
const DECISIONS: [&str; 2] = ["allow", "authz"];

/// After this many steps, the engine looks at the time.
const CHECK_INTERVAL: NonZeroU32 = match NonZeroU32::new(64) {
    Some(steps) => steps,
    None => NonZeroU32::MIN,
};

/// A file with rules in Rego.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegoFile {
    /// The path, for messages.
    pub path: String,
    /// The text.
    pub text: String,
}

/// What the rules read.
#[derive(Clone, Debug, Default)]
pub struct RegoInput {
    /// The whole plan, or the resources that exist.
    pub input: Value,
    /// The policy in force, as `data.policy`.
    pub policy: Value,
    /// The stack, as `data.stack`; null if there is none.
    pub stack: Value,
    /// The prices, as `data.prices`.
    pub prices: Value,
}

/// Rules that compile.
#[derive(Clone)]
pub struct RegoRules {
    engine: Engine,
    packages: BTreeSet<String>,
}

impl RegoRules {
    /// Compiles the files. Each may have the syntax of Rego v1 or of v0.
    ///
    /// # Errors
    /// [`RegoError`] with the file and the line, also if no file has a rule that counts.
    pub fn compile(files: &[RegoFile]) -> Result<Self, RegoError> {
        let (mut engine, mut packages) = (Engine::new(), BTreeSet::new());
        for file in files {
            let file = &RegoFile {
                path: file.path.clone(),
                text: quoted_verb::replaced(&file.text).into_owned(),
            };
            let v0 = is_v0(file)?;
            engine.set_rego_v0(v0);
            let package = engine
                .add_policy(file.path.clone(), file.text.clone())
                .map_err(|error| RegoError::read(&error.to_string(), &file.path))?;
            if PACKAGES.contains(&package.as_str()) {
                packages.insert(package);
            }
        }
        if packages.is_empty() && !files.is_empty() {
            let path = files.first().map(|file| file.path.clone());
            return Err(RegoError::NoPackage {
                path: path.unwrap_or_default(),
            });
        }
        Ok(Self { engine, packages })
    }

    /// Evaluates the rules, and adds what they find to the report.
    ///
    /// # Errors
    /// [`RegoError`] if a rule fails or if the rules take longer than `limit`.
    pub fn check(
        &self,
        input: &RegoInput,
        limit: Duration,
        report: &mut CheckReport,
    ) -> Result<(), RegoError> {
        // A function of the engine may take long between two looks at the time. Its thread ends
        // with the process.
        let (to, from) = mpsc::channel();
        let (rules, input, addresses) = (self.clone(), input.clone(), addresses(&input.input));
        std::thread::spawn(move || {
            // Without a receiver, the time is over.
            let _ = to.send(rules.evaluate(&input, limit, &addresses));
        });
        let found = from.recv_timeout(limit.saturating_add(Duration::from_millis(100)));
        let found = found.map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => self.too_slow(limit),
            mpsc::RecvTimeoutError::Disconnected => RegoError::Crashed,
        })??;
        report.findings.extend(found);
        report.sort();
        Ok(())
    }

    fn evaluate(
        mut self,
        input: &RegoInput,
        limit: Duration,
        addresses: &BTreeSet<String>,
    ) -> Result<Vec<Finding>, RegoError> {
        let internal = |error: &dyn std::fmt::Display| RegoError::read(&error.to_string(), "");
        self.engine
            .set_execution_timer_config(ExecutionTimerConfig {
                limit,
                check_interval: CHECK_INTERVAL,
            });
        let document = resource_map::with_resources(&input.input);
        let document = RegoValue::from_json_str(&document.to_string());
        self.engine
            .set_input(document.map_err(|error| internal(&error))?);
        let data = json!({"policy": input.policy, "stack": input.stack, "prices": input.prices});
        let data = RegoValue::from_json_str(&data.to_string());
        self.engine
            .add_data(data.map_err(|error| internal(&error))?)
            .map_err(|error| internal(&error))?;
        let mut findings = Vec::new();
        for package in self.packages.clone() {
            let results = self.engine.eval_query(package.clone(), false);
            let results = results.map_err(|error| self.failed(&error.to_string(), limit))?;
            let value = results
                .result
                .first()
                .and_then(|result| result.expressions.first());
            let value = value.map_or(Ok("{}".to_owned()), |found| found.value.to_json_str());
            let value = value.map_err(|error| internal(&error))?;
            let value: Value = serde_json::from_str(&value).map_err(|error| internal(&error))?;
            let package = package.trim_start_matches("data.");
            findings.extend(of_package(package, &value, addresses));
        }
        Ok(findings)
    }

    fn failed(&self, text: &str, limit: Duration) -> RegoError {
        match text.contains("execution exceeded time limit") {
            true => self.too_slow(limit),
            false => RegoError::read(text, ""),
        }
    }

    fn too_slow(&self, limit: Duration) -> RegoError {
        let policies = self.engine.get_policies().unwrap_or_default();
        let paths = policies.iter().map(|source| source.get_path().clone());
        RegoError::TooSlow {
            paths: paths.collect(),
            limit,
        }
    }
}

/// Whether a file has the syntax of Rego v0, in which `deny[msg] { … }` is a rule.
fn is_v0(file: &RegoFile) -> Result<bool, RegoError> {
    let parse = |v0| {
        let mut engine = Engine::new();
        engine.set_rego_v0(v0);
        engine.add_policy(file.path.clone(), file.text.clone())
    };
    let Err(in_v1) = parse(false) else {
        return Ok(false);
    };
    // The error of the version in which the file is written. v0 has these words only by an import.
    let words = [" if ", " if{", " contains ", "rego.v1"];
    let is_v1 = words.iter().any(|word| file.text.contains(word));
    if is_v1 && !file.text.contains("future.keywords") {
        return Err(RegoError::read(&in_v1.to_string(), &file.path));
    }
    match parse(true) {
        Ok(_) => Ok(true),
        Err(in_v0) => Err(RegoError::read(&in_v0.to_string(), &file.path)),
    }
}

fn of_package(package: &str, value: &Value, addresses: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let base = name.split_once('_').map_or(name.as_str(), |(base, _)| base);
        let severity = match base {
            "warn" => Severity::Warning,
            base if DENY.contains(&base) => Severity::Error,
            _ if DECISIONS.contains(&name.as_str()) && *value == Value::Bool(false) => {
                let rule = format!("{package}.{name}");
                let why = format!("the decision {name} is false");
                findings.push(finding(&rule, Severity::Error, &json!(why), addresses));
                continue;
            }
            _ => continue,
        };
        let rule = format!("{package}.{name}");
        let messages = match value {
            Value::Array(messages) => messages.iter().collect(),
            Value::Bool(false) | Value::Null => Vec::new(),
            // A complete rule, such as `deny := "no"`, or `deny` without a message.
            other => vec![other],
        };
        let messages = messages.into_iter();
        findings.extend(messages.map(|message| finding(&rule, severity, message, addresses)));
    }
    findings
}

/// A message is a text, or an object with `msg`, and perhaps `address` and `fix`.
fn finding(
    rule: &str,
    severity: Severity,
    message: &Value,
    addresses: &BTreeSet<String>,
) -> Finding {
    let field = |name: &str| message[name].as_str().map(str::to_owned);
    let why = match message {
        Value::String(text) => text.clone(),
        Value::Bool(_) => format!("{rule} is true"),
        other => field("msg").unwrap_or_else(|| other.to_string()),
    };
    let address = field("address").or_else(|| field("resource"));
    Finding {
        stack: None,
        address: address.unwrap_or_else(|| named_address(&why, addresses)),
        rule: rule.to_owned(),
        severity,
        attribute: field("attribute"),
        why,
        fix: field("fix"),
    }
}

/// The address of a resource that a message names; empty if it names none.
fn named_address(message: &str, addresses: &BTreeSet<String>) -> String {
    let words = message.split(|c: char| c.is_whitespace() || "`'(),;".contains(c));
    let mut words = words.map(|word| word.trim_matches(['"', ':', '.']));
    let named = words.find(|word| addresses.contains(*word));
    named.unwrap_or_default().to_owned()
}

/// The addresses of the resources in a plan, or their ids.
fn addresses(input: &Value) -> BTreeSet<String> {
    let changes = input["resource_changes"].as_array().into_iter().flatten();
    let changes = changes.filter_map(|change| change["address"].as_str());
    let existing = input["resources"].as_array().into_iter().flatten();
    let existing = existing.filter_map(|resource| resource["id"].as_str());
    changes.chain(existing).map(str::to_owned).collect()
}

impl std::fmt::Debug for RegoRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegoRules")
            .field("packages", &self.packages)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
