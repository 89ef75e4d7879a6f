//! Plans as data, and what a check finds in them.

use check::{CheckReport, ListPrice, Plan, PlanContext, Prices, check_plan};
use serde_json::{Value, json};
use stack::Policy;

/// Knows that everything costs a dollar per hour in one region.
pub(crate) struct OneDollar;

impl Prices for OneDollar {
    fn price(
        &self,
        meter: &str,
        quantity: rust_decimal::Decimal,
        region: &str,
    ) -> Option<ListPrice> {
        let is_known = region == "us-east-1" && !meter.contains("(unknown)");
        is_known.then_some(ListPrice {
            hourly_usd: quantity,
            listed_on: jiff::civil::date(2026, 11, 1),
        })
    }
}

/// A planned resource.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the callers make the values for the call"
)]
pub(crate) fn resource(address: &str, after: Value, unknown: Value) -> Value {
    let last = address.rsplit("module.").next().unwrap();
    let own = match address.starts_with("module.") {
        true => last.split_once('.').unwrap().1,
        false => last,
    };
    let kind = own.split('.').next().unwrap();
    json!({
        "address": address, "mode": "managed", "type": kind,
        "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
    })
}

/// A plan of these resources, each with the provider `aws` and these expressions.
pub(crate) fn plan(resources: &[Value], expressions: &Value) -> Value {
    let configured: Vec<Value> = resources
        .iter()
        .map(|resource| {
            let address = resource["address"].as_str().unwrap();
            json!({
                "address": address, "provider_config_key": "aws",
                "expressions": expressions[address],
            })
        })
        .collect();
    json!({
        "format_version": "1.2",
        "resource_changes": resources,
        "planned_values": {},
        "configuration": {
            "provider_config": {"aws": {"expressions": {
                "region": {"constant_value": "us-east-1"},
                "default_tags": [{"tags": {"references": ["jiti_stack.this.tags"]}}],
            }}},
            "root_module": {"resources": configured},
        },
    })
}

/// The stack that most plans have.
pub(crate) fn stack() -> Value {
    let after = json!({"name": "shop-1", "app": "shop", "version": "1", "ttl": "8h"});
    resource("jiti_stack.this", after, json!({}))
}

pub(crate) fn check(plan: &Value, policy: &Policy) -> CheckReport {
    let plan = Plan::parse(plan.to_string().as_bytes()).unwrap();
    let context = PlanContext {
        policy,
        prices: &OneDollar,
    };
    check_plan(&plan, &context)
}

/// What one rule finds, a line each.
pub(crate) fn found(rule: &str, resources: &[Value], expressions: &Value) -> Vec<String> {
    let report = check(&plan(resources, expressions), &Policy::default());
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule);
    let open = report.undecided.iter().filter(|open| open.rule == rule);
    let findings = findings.map(|finding| {
        let attribute = finding.attribute.as_deref().unwrap_or_default();
        format!("{} {attribute}: {}", finding.address, finding.why)
    });
    let open = open.map(|open| {
        let attribute = open.attribute.as_deref().unwrap_or_default();
        format!("{} {attribute}?", open.address)
    });
    findings.chain(open).collect()
}
