//! SARIF against its schema: `sarif-schema-2.1.0.json`, the schema of OASIS as the crate
//! serde-sarif 0.8.0 publishes it, copied on 2026-11-30.

use serde_json::{Value, json};
use stack::Policy;

use crate::plans::{check, plan, resource, stack};

/// The schema, without a pattern that only a lenient reader of regular expressions accepts, because
/// its last bracket closes nothing. It is that of languages, which a report does not name.
fn schema() -> Value {
    let text = include_str!("sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    for owner in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][owner]["properties"]["language"];
        let pattern = language.as_object_mut().unwrap().remove("pattern");
        assert!(pattern.is_some());
    }
    schema
}

/// A report with findings of built-in and own rules, and one without, is valid SARIF.
#[test]
fn reports_are_valid_sarif() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let volume = resource(
        "aws_ebs_volume.v[\"ä b\"]",
        json!({"encrypted": false}),
        json!({}),
    );
    let mut report = check(&plan(&[stack(), volume], &json!({})), &Policy::default());
    assert!(!report.findings.is_empty());
    let own = check::Finding {
        stack: None,
        address: String::new(),
        rule: "jiti.warn".to_owned(),
        severity: check::Severity::Warning,
        attribute: None,
        why: "own".to_owned(),
        fix: None,
    };
    report.findings.push(own);
    for report in [report, check::CheckReport::default()] {
        let sarif = report.sarif("plans/my plan.json", "0.1.0");
        let errors: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{sarif:#}");
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), report.findings.len());
    }
}

/// The schema is the real one: it refuses a document with a wrong level.
#[test]
fn the_schema_refuses_what_is_wrong() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut sarif = check::CheckReport::default().sarif("plan.json", "0.1.0");
    assert!(validator.is_valid(&sarif));
    sarif["runs"][0]["results"] = json!([{"message": {"text": "a"}, "level": "fatal"}]);
    assert!(!validator.is_valid(&sarif));
}
