//! A report in the Static Analysis Results Interchange Format, version 2.1.0, for code scanners.

use serde_json::{Value, json};

use crate::finding::{CheckReport, Finding, Severity};
use crate::rules::RULES;

/// The address of the schema that the document names.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The page that describes the built-in rules.
const HELP: &str = "https://github.com/jiti-dev/jiti/blob/main/docs/guides/governance.md";

impl CheckReport {
    /// The report as a SARIF document. `artifact` is the path of the plan or of its folder, and
    /// `version` that of jiti.
    #[must_use]
    pub fn sarif(&self, artifact: &str, version: &str) -> Value {
        let results: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| result(finding, artifact))
            .collect();
        let mut rules: Vec<Value> = RULES
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.id,
                    "shortDescription": {"text": rule.title},
                    "fullDescription": {"text": rule.why},
                    "help": {"text": rule.fix},
                    "helpUri": format!("{HELP}#{}", rule.id),
                    "defaultConfiguration": {"level": "error"},
                })
            })
            .collect();
        let mut own: Vec<&str> = self
            .findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .filter(|id| RULES.iter().all(|rule| rule.id != *id))
            .collect();
        own.sort_unstable();
        own.dedup();
        rules.extend(own.iter().map(|id| json!({"id": id})));
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "jiti",
                    "version": version,
                    "informationUri": "https://github.com/jiti-dev/jiti",
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        })
    }
}

fn result(finding: &Finding, artifact: &str) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let fix = finding.fix.as_ref();
    let fix = fix
        .map(|fix| format!(" To fix it: {fix}"))
        .unwrap_or_default();
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(artifact)}},
    });
    if !finding.address.is_empty() {
        location["logicalLocations"] = json!([{
            "fullyQualifiedName": finding.address,
            "kind": "resource",
        }]);
    }
    json!({
        "ruleId": finding.rule,
        "level": level,
        "message": {"text": format!("{}.{fix}", finding.why.trim_end_matches('.'))},
        "locations": [location],
        // A later run finds the same problem again, although the text may have other numbers.
        "partialFingerprints": {
            "jiti/v1": format!(
                "{}/{}/{}",
                finding.rule,
                finding.address,
                finding.attribute.as_deref().unwrap_or_default()
            ),
        },
    })
}

/// A path as a relative reference of a URI.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
