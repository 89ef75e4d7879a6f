//! The output of `jiti report --focus`: CSV with columns of FOCUS 1.2, one row per stack and day.
//!
//! An amount that is unknown is null, also where FOCUS allows no null: its rules forbid a
//! placeholder such as 0. The guide docs/guides/report.md says which columns that concerns.

mod stack_days;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::config::Account;
use stack::economics::LeaseTimeline;
use stack::inventory::BillHistory;
use stack::service::{BillMode, Service};
use stack::values::tags;
use stack::{Elapsed, Usd};

use self::stack_days::{Period, StackDay, stack_days};
use crate::cli::output::csv;
use crate::cli::ui::Ui;
use crate::error::CommandError;

/// The columns: those of FOCUS in its order, then jiti's own.
const HEADER: [&str; 28] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "Tags",
    "x_BillIsEstimated",
    "x_ListCostIsMinimum",
];

/// The name of the only provider that jiti knows.
const AWS: &str = "AWS";

/// The decimals of an amount and of a number of hours.
const AMOUNT_DECIMALS: u32 = 10;
const HOUR_DECIMALS: u32 = 6;

/// What the rows are made of.
#[derive(Clone, Copy)]
struct FocusInputs<'a> {
    /// The leases that existed in the period.
    timelines: &'a [LeaseTimeline],
    /// The bill, as far as jiti has it.
    bill: &'a BillHistory,
    /// The account that jiti asks for the bill; `None` if no account is configured.
    account: Option<&'a Account>,
    /// The period.
    period: Period,
}

/// Writes the rows of the time from the start of the day of `since` until now.
pub(super) async fn write(
    service: &Service,
    since: Timestamp,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let period = Period::whole_days(since, service.now());
    let reports = service.reports();
    let timelines = reports.timelines(period.since).await?;
    let bill = reports.bill(BillMode::Cached).await?.unwrap_or_default();
    let inputs = FocusInputs {
        timelines: &timelines,
        bill: &bill.known,
        account: service.config().accounts.first(),
        period,
    };
    csv::write_records(ui, HEADER, rows(inputs))
}

/// The rows, by day and then by stack.
fn rows(inputs: FocusInputs<'_>) -> Vec<[String; HEADER.len()]> {
    let days = stack_days(inputs.timelines, inputs.period);
    let rows = days
        .iter()
        .map(|((day, _), stack)| row(*day, stack, inputs));
    rows.collect()
}

fn row(day: Date, stack: &StackDay<'_>, inputs: FocusInputs<'_>) -> [String; HEADER.len()] {
    let FocusInputs { bill, account, .. } = inputs;
    let lease = stack.lease;
    let billed = billed(bill, lease.stack.as_str(), day);
    let bill_cost = billed.map_or_else(String::new, |(usd, _)| amount(usd));
    let list_cost = stack
        .spent
        .map_or_else(String::new, |spent| amount(spent.dollars()));
    let is_minimum = stack.spent.is_some() && stack.is_minimum;
    let month = day.first_of_month();
    let next_month = month.saturating_add(jiff::Span::new().months(1));
    let next_day = day.saturating_add(jiff::Span::new().days(1));
    let provider = account.map_or("", |_| AWS).to_owned();
    [
        bill_cost.clone(),
        account.map_or_else(String::new, |account| account.id.clone()),
        account.map_or_else(String::new, |account| account.name.clone()),
        "USD".to_owned(),
        midnight(next_month),
        midnight(month),
        "Usage".to_owned(),
        String::new(),
        format!("Stack {} of {}@{}", lease.stack, lease.app, lease.version),
        "Usage-Based".to_owned(),
        midnight(next_day),
        midnight(day),
        list_cost.clone(),
        bill_cost,
        provider.clone(),
        list_cost,
        hours(stack.stood),
        "Hours".to_owned(),
        provider.clone(),
        provider,
        lease.stack.to_string(),
        "jiti_stack".to_owned(),
        "Other".to_owned(),
        "jiti stack".to_owned(),
        "Other (Other)".to_owned(),
        tags_of(lease),
        billed.map_or_else(String::new, |(_, is_estimated)| is_estimated.to_string()),
        stack
            .spent
            .map_or_else(String::new, |_| is_minimum.to_string()),
    ]
}

/// What was billed for a stack on a day, and whether AWS may still change it. `None` if the bill
/// does not cover the day, or names no stack at all.
fn billed(bill: &BillHistory, stack: &str, day: Date) -> Option<(Usd, bool)> {
    if bill.lines.is_empty() || !bill.days.contains_key(&day) {
        return None;
    }
    let lines = bill.lines_of(stack).iter().filter(|line| line.day == day);
    let (mut usd, mut is_estimated) = (Usd::ZERO, !bill.days.get(&day)?.settled);
    for line in lines {
        usd = usd + line.usd;
        is_estimated |= line.estimated;
    }
    Some((usd, is_estimated))
}

/// The labels and jiti's own tags, as a JSON object.
fn tags_of(lease: &LeaseTimeline) -> String {
    let own = [
        (tags::STACK, lease.stack.as_str()),
        (tags::APP, lease.app.as_str()),
        (tags::VERSION, lease.version.as_str()),
        (tags::OWNER, lease.owner.as_str()),
    ];
    let labels = lease.labels.iter();
    let labels = labels.map(|(key, value)| (key.as_str(), value.as_str()));
    let all: BTreeMap<&str, &str> = labels.chain(own).collect();
    serde_json::to_string(&all).unwrap_or_default()
}

fn midnight(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

/// An amount of dollars, unrounded as far as a consumer's numbers go.
fn amount(usd: Usd) -> String {
    usd.amount()
        .round_dp(AMOUNT_DECIMALS)
        .normalize()
        .to_string()
}

fn hours(time: Elapsed) -> String {
    let hours = Decimal::from(time.millis()) / Decimal::from(3_600_000);
    hours.round_dp(HOUR_DECIMALS).normalize().to_string()
}

#[cfg(test)]
mod tests;
