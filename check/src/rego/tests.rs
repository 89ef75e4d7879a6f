//! Rules in Rego: both versions of the syntax, the packages of others, and every way to fail.

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

fn file(text: &str) -> RegoFile {
    RegoFile {
        path: "rules/own.rego".to_owned(),
        text: text.to_owned(),
    }
}

fn input() -> RegoInput {
    RegoInput {
        input: json!({"resource_changes": [
            {"address": "aws_s3_bucket.logs", "type": "aws_s3_bucket",
             "change": {"actions": ["create"], "after": {"bucket": "logs", "size": 3}}},
            {"address": "aws_vpc.main", "type": "aws_vpc", "change": {"actions": ["delete"]}},
        ]}),
        policy: json!({"max_hourly_usd": "5.00"}),
        stack: json!({"owner": "ana@example.com"}),
        prices: json!({"hourly_usd": "6.50"}),
    }
}

fn check(text: &str, limit: Duration) -> Result<Vec<Finding>, RegoError> {
    let mut report = CheckReport::default();
    RegoRules::compile(&[file(text)])?.check(&input(), limit, &mut report)?;
    Ok(report.findings)
}

fn found(text: &str) -> Vec<String> {
    let findings = check(text, LIMIT).unwrap();
    let line = |f: Finding| {
        let severity = f.severity.as_str();
        format!("{severity} {} [{}] {}", f.rule, f.address, f.why)
    };
    findings.into_iter().map(line).collect()
}

/// Rules read the plan, the policy, the stack and the prices; a message that names a resource is
/// about that resource.
#[test]
fn rules_read_the_plan_and_the_data() {
    let text = r#"
        package jiti

        deny contains msg if {
            some change in input.resource_changes
            change.type == "aws_s3_bucket"
            msg := sprintf("%s: no buckets here", [change.address])
        }

        warn contains {"msg": msg, "address": "aws_vpc.main"} if {
            to_number(data.prices.hourly_usd) > to_number(data.policy.max_hourly_usd)
            msg := sprintf("%s pays too much", [data.stack.owner])
        }
    "#;
    assert_eq!(
        found(text),
        [
            "error jiti.deny [aws_s3_bucket.logs] aws_s3_bucket.logs: no buckets here",
            "warning jiti.warn [aws_vpc.main] ana@example.com pays too much",
        ]
    );
}

/// The older syntax works, in the packages and with the names that conftest and OPA use.
#[test]
fn rules_of_other_tools_work() {
    let conftest = r#"
        package main
        deny_buckets[msg] {
            r := input.resource_changes[_]
            r.type == "aws_s3_bucket"
            msg := sprintf("bucket `%v`", [r.address])
        }
        violation[{"msg": "v"}] { input.resource_changes[_].change.actions[_] == "delete" }
        helper := 7
    "#;
    assert_eq!(
        found(conftest),
        [
            "error main.violation [] v",
            "error main.deny_buckets [aws_s3_bucket.logs] bucket `aws_s3_bucket.logs`",
        ]
    );
    let opa = r#"
        package terraform.analysis
        import rego.v1
        default authz := false
        authz if { count(input.resource_changes) < 2 }
        score := 12
    "#;
    assert_eq!(
        found(opa),
        ["error terraform.analysis.authz [] the decision authz is false"]
    );
}

/// A rule that does not compile is an error with its file and line, in either syntax.
#[test]
fn a_compile_error_has_its_line() {
    for (text, line) in [
        ("package jiti\n\ndeny contains msg if {\n  msg := \n}\n", 4),
        ("package jiti\n\ndeny[msg] {\n  msg = = 3\n}\n", 4),
        (
            "package jiti\n\ndeny contains msg if {\n  msg := no_such_function(1)\n}\n",
            4,
        ),
        (
            "package jiti\n\ndeny contains msg if {\n  not_defined > 3\n  msg := \"a\"\n}\n",
            4,
        ),
    ] {
        let error = check(text, LIMIT).unwrap_err();
        let RegoError::At { path, line: at, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((path.as_str(), *at), ("rules/own.rego", line), "{error}");
    }
}

/// A rule that fails is an error, and not a rule that finds nothing.
#[test]
fn a_failing_rule_is_an_error() {
    let text = "package jiti\ndeny contains msg if {\n  msg := to_number(\"many\")\n}\n";
    let error = check(text, LIMIT).unwrap_err();
    assert!(matches!(error, RegoError::At { line: 3, .. }), "{error}");
    let nothing = check("package other\ndeny contains 1 if { true }\n", LIMIT).unwrap_err();
    assert!(matches!(nothing, RegoError::NoPackage { .. }), "{nothing}");
}

/// Rules that take too long are an error.
#[test]
fn slow_rules_are_an_error() {
    let text = "package jiti\ndeny contains msg if {\n  some a in numbers.range(1, 3000)\n  \
                some b in numbers.range(1, 3000)\n  some c in numbers.range(1, 3000)\n  \
                a + b + c == 0\n  msg := \"never\"\n}\n";
    let limit = Duration::from_millis(200);
    let error = check(text, limit).unwrap_err();
    assert!(matches!(error, RegoError::TooSlow { .. }), "{error}");
    assert!(
        error.to_string().starts_with("rules/own.rego:1: "),
        "{error}"
    );
}
