//! A plan that costs more per hour than the policy allows.

mod usage;

use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::HourlyRate;

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::Attribute;
use crate::finding::PlannedCost;
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "over_budget",
    title: "a plan above the policy's rate",
    why: "The policy limits what a stack may cost per hour. Without this check, jiti sees the real rate only after the apply.",
    fix: "Choose smaller or fewer resources, or ask the owner of the account for a higher limit.",
    plan,
    live,
};

/// Decimal places of a rate. A share of a month has more.
const DECIMALS: u32 = 10;

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    let cost = cost(subject);
    let max = subject.context.policy.max_hourly_usd;
    let stacks = subject.by_kind.get("jiti_stack");
    let address = stacks.first().map_or("", |stack| stack.address);
    if let Some(max) = max {
        let unpriced = match cost.unpriced.as_slice() {
            [] => String::new(),
            names => format!("; without a price: {}", names.join(", ")),
        };
        match cost.hourly_usd {
            Some(rate) if rate > max => {
                let day = cost.listed_on;
                let day = day.map(|day| format!(" of {day}")).unwrap_or_default();
                findings.add(
                    address,
                    Some("max_hourly_usd".to_owned()),
                    format!("the plan costs ${rate} per hour at list prices{day}, and the policy allows ${max}{unpriced}"),
                    RULE.fix,
                );
            }
            rate if !cost.unpriced.is_empty() => {
                let known = rate.map_or("an unknown rate".to_owned(), |rate| {
                    format!("at least ${rate}")
                });
                let why = format!(
                    "the plan costs {known} per hour, and the policy allows ${max}{unpriced}"
                );
                findings.undecided(address, None, why);
            }
            _ => {}
        }
    }
    findings.report().cost = Some(cost);
}

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    let Some(max) = context.policy.max_hourly_usd else {
        return;
    };
    let meter = &context.lease.meter;
    match meter.rate() {
        Some(rate) if rate > max => {
            let source = meter.source().unwrap_or_else(|| "its rate".to_owned());
            let why = format!(
                "the stack costs ${rate} per hour ({source}), and the policy allows ${max}"
            );
            findings.add("", Some("max_hourly_usd".to_owned()), why, RULE.fix);
        }
        Some(_) if !meter.rate_is_minimum() => {}
        Some(rate) => {
            let why =
                format!("the stack costs at least ${rate} per hour, and some of it has no price");
            findings.undecided("", None, why);
        }
        None => findings.undecided("", None, "the rate of the stack is not known"),
    }
}

/// What the plan costs, as far as list prices say.
fn cost(subject: &PlanSubject<'_>) -> PlannedCost {
    let (mut sum, mut is_known, mut oldest) = (Decimal::ZERO, false, None::<Date>);
    let mut unpriced = Vec::new();
    for resource in subject.resources {
        let Some(uses) = usage::of(resource, subject) else {
            continue;
        };
        let region = region(resource, subject);
        for usage in uses {
            let price = region.as_deref().and_then(|region| {
                let prices = subject.context.prices;
                prices.price(&usage.meter, usage.quantity?, region)
            });
            if let Some(price) = price {
                sum = sum.saturating_add(price.hourly_usd);
                oldest = Some(oldest.map_or(price.listed_on, |day| day.min(price.listed_on)));
                is_known = true;
            } else {
                let place = region.as_deref().unwrap_or("an unknown region");
                let what = format!("{} in {place}", usage.meter);
                if !unpriced.contains(&what) {
                    unpriced.push(what);
                }
            }
        }
    }
    for stack in subject.by_kind.get("jiti_stack") {
        let own = match stack.block.attribute("hourly_cost") {
            Attribute::Known(rate) => rate.to_string().trim_matches('"').parse::<Decimal>().ok(),
            _ => None,
        };
        if let Some(own) = own {
            sum = sum.saturating_add(own);
            is_known = true;
        }
    }
    PlannedCost {
        hourly_usd: is_known
            .then(|| HourlyRate::new(sum.round_dp(DECIMALS)).ok())
            .flatten(),
        listed_on: oldest,
        unpriced,
    }
}

/// The region of a resource: its own, that of its availability zone, or that of its provider.
fn region(resource: &PlannedResource<'_>, subject: &PlanSubject<'_>) -> Option<String> {
    if let Some(region) = resource.block.attribute("region").text() {
        return Some(region.to_owned());
    }
    if let Some(zone) = resource.block.attribute("availability_zone").text() {
        return Some(
            zone.trim_end_matches(|c: char| c.is_ascii_lowercase())
                .to_owned(),
        );
    }
    let constant = resource.provider_constant("region");
    let variable = || subject.plan.variable(resource.provider_variable("region")?);
    constant.or_else(variable).map(str::to_owned)
}
