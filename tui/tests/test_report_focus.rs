//! `jiti report --focus`

use crate::focus_rules;
use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// Columns that are null without an account, a bill or a rate. FOCUS allows no null in them, and
/// forbids a placeholder.
const UNKNOWN: [&str; 8] = [
    "BilledCost",
    "BillingAccountId",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
];

/// The rows of a real ledger follow the rules of FOCUS, apart from what is unknown, and their
/// estimates add up to the report's.
#[test]
fn rows_follow_the_rules_of_focus() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run_piped(&["report", "--focus"]).ok();
    let rows = focus_rules::check(&ran.stdout, &UNKNOWN);
    let stacks: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row["ResourceId"].as_str()).collect();
    assert_eq!(
        stacks.into_iter().collect::<Vec<_>>(),
        [
            "checkout-1.4.0",
            "checkout-1.5.0",
            "reports-2.0.0",
            "search-pr-3",
            "search-pr-7"
        ]
    );
    // No rate is known for two of the stacks, and no bill was queried.
    let mut unpriced = rows.iter().filter(|row| row["ResourceId"] == "search-pr-7");
    assert!(unpriced.all(|row| row["ListCost"].is_empty()));
    assert!(rows.iter().all(|row| row["BilledCost"].is_empty()));
    let total: f64 = rows
        .iter()
        .filter_map(|row| row["ListCost"].parse::<f64>().ok())
        .sum();
    let report = sandbox.run(&["report", "--json"]).ok().json();
    let spent: f64 = report["total"]["spent_usd"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    // Both commands run a moment apart.
    assert!((total - spent).abs() < 0.05, "{total} and {spent}");
}

/// The output has one form and one grouping.
#[test]
fn other_forms_conflict() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    for other in ["--json", "--csv", "--html", "--by=owner"] {
        let ran = sandbox.run(&["report", "--focus", other]);
        assert!(ran.stderr.contains("cannot be used with"), "{ran:#?}");
    }
}
