//! The rows by their figures, and against the rules of FOCUS.

use std::collections::BTreeMap;

use stack::cloud::BillLine;
use stack::config::CredentialSource;
use stack::economics::{Slice, SliceState};
use stack::inventory::BilledDay;
use stack::values::money::{DollarTime, HourlyRate};

use super::*;

#[path = "../../../../../tests/focus_rules.rs"]
mod focus_rules;

fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}:00Z").parse().unwrap()
}

fn rate(text: &str) -> HourlyRate {
    text.parse().unwrap()
}

fn slice(from: &str, to: &str, rate: Option<HourlyRate>, at_once: Option<HourlyRate>) -> Slice {
    let (from, to) = (at(from), at(to));
    let hour = Elapsed::from_millis(3_600_000);
    let of = |spent: DollarTime, rate: Option<HourlyRate>, time| match rate {
        Some(rate) => spent.plus(rate, time),
        None => spent,
    };
    let spent = of(DollarTime::ZERO, rate, Elapsed::between(from, to));
    Slice {
        from,
        to,
        state: SliceState::Ready,
        rate,
        spent: of(spent, at_once, hour),
        is_minimum: false,
    }
}

fn lease(stack: &str, number: u32, slices: Vec<Slice>) -> LeaseTimeline {
    LeaseTimeline {
        stack: stack.parse().unwrap(),
        number,
        app: "checkout".parse().unwrap(),
        owner: "ana@example.com".parse().unwrap(),
        version: format!("1.{number}").parse().unwrap(),
        labels: [("cost-center".to_owned(), "42".to_owned())].into(),
        created_at: slices.first().unwrap().from,
        from: slices.first().unwrap().from,
        until: slices.last().unwrap().to,
        end: None,
        slices,
        starts: Vec::new(),
        uses: Vec::new(),
        terms: Vec::new(),
        renewals: Vec::new(),
        extensions: Vec::new(),
        holds: Vec::new(),
    }
}

fn bill(lines: &[(&str, i8, &str)], last: i8) -> BillHistory {
    let day = |day| jiff::civil::date(2026, 3, day);
    BillHistory {
        lines: lines
            .iter()
            .map(|(stack, on, usd)| BillLine {
                stack: (*stack).to_owned(),
                day: day(*on),
                service: "Amazon EC2".to_owned(),
                usd: usd.parse().unwrap(),
                estimated: *on > 2,
            })
            .collect(),
        days: (1..=last)
            .map(|on| {
                let asked_at = at("05T00:00");
                let settled = on <= 2;
                (day(on), BilledDay { settled, asked_at })
            })
            .collect(),
        ..BillHistory::default()
    }
}

fn account() -> Account {
    Account {
        name: "sandbox".to_owned(),
        id: "123456789012".to_owned(),
        access: CredentialSource::Standard,
        regions: vec!["eu-west-1".to_owned()],
    }
}

/// The rows as CSV, checked against the rules. `unknown` columns may be null.
fn checked(
    timelines: &[LeaseTimeline],
    bill: &BillHistory,
    account: Option<&Account>,
    unknown: &[&str],
) -> Vec<BTreeMap<String, String>> {
    let period = Period::whole_days(at("01T09:00"), at("04T12:00"));
    let rows = rows(FocusInputs {
        timelines,
        bill,
        account,
        period,
    });
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    focus_rules::check(&text, unknown)
}

fn column<'a>(rows: &'a [BTreeMap<String, String>], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

/// With a known rate, a bill and an account, every rule of FOCUS holds. A day has its own share of
/// the spend, and a sum that was charged at once belongs to the first day.
#[test]
fn every_rule_holds_where_everything_is_known() {
    // 1 March 22:00 to 3 March 06:00 at $0.50/h, and $2.00 at once:
    // 2 h × 0.5 + 2 = $3, 24 h × 0.5 = $12, 6 h × 0.5 = $3.
    let shop = lease(
        "shop",
        1,
        vec![slice(
            "01T22:00",
            "03T06:00",
            Some(rate("0.5")),
            Some(rate("2")),
        )],
    );
    let bill = bill(
        &[
            ("shop", 1, "2.5"),
            ("shop", 2, "11.00001"),
            ("shop", 3, "1"),
        ],
        3,
    );
    let rows = checked(&[shop], &bill, Some(&account()), &[]);
    assert_eq!(column(&rows, "ListCost"), ["3", "12", "3"]);
    assert_eq!(column(&rows, "ContractedCost"), ["3", "12", "3"]);
    assert_eq!(column(&rows, "BilledCost"), ["2.5", "11.00001", "1"]);
    assert_eq!(column(&rows, "EffectiveCost"), ["2.5", "11.00001", "1"]);
    assert_eq!(column(&rows, "PricingQuantity"), ["2", "24", "6"]);
    assert_eq!(
        column(&rows, "x_BillIsEstimated"),
        ["false", "false", "true"]
    );
    assert_eq!(
        column(&rows, "ChargePeriodStart"),
        [
            "2026-03-01T00:00:00Z",
            "2026-03-02T00:00:00Z",
            "2026-03-03T00:00:00Z"
        ]
    );
    let tags = r#"{"cost-center":"42","jiti:app":"checkout","jiti:owner":"ana@example.com","jiti:stack":"shop","jiti:version":"1.1"}"#;
    assert_eq!(rows[0]["Tags"], tags);
    assert_eq!(rows[0]["BillingPeriodEnd"], "2026-04-01T00:00:00Z");
}

/// What is unknown is null and not 0: a day that the bill does not cover, and a time without a
/// known rate. A day of the bill without a line for the stack is 0.
#[test]
fn unknown_amounts_are_null() {
    let priced = lease(
        "priced",
        1,
        vec![slice("02T00:00", "04T00:00", Some(rate("1")), None)],
    );
    let unpriced = lease(
        "unpriced",
        1,
        vec![slice("02T00:00", "03T00:00", None, None)],
    );
    let bill = bill(&[("other", 2, "1")], 2);
    let unknown = [
        "BilledCost",
        "EffectiveCost",
        "ListCost",
        "ContractedCost",
        "BillingAccountId",
        "InvoiceIssuerName",
        "ProviderName",
        "PublisherName",
    ];
    let rows = checked(&[priced, unpriced], &bill, None, &unknown);
    assert_eq!(
        column(&rows, "ResourceId"),
        ["priced", "unpriced", "priced"]
    );
    assert_eq!(column(&rows, "ListCost"), ["24", "", "24"]);
    assert_eq!(column(&rows, "BilledCost"), ["0", "0", ""]);
    assert_eq!(column(&rows, "ProviderName"), ["", "", ""]);
}

/// Two leases of one name on one day are one row, because the bill knows stacks by name. The tags
/// are those of the later one. Nothing counts before the first day or after the end.
#[test]
fn a_name_has_one_row_a_day() {
    let first = lease(
        "shop",
        1,
        vec![slice("01T00:00", "02T06:00", Some(rate("1")), None)],
    );
    let second = lease(
        "shop",
        2,
        vec![
            slice("02T12:00", "02T13:00", None, None),
            slice("02T13:00", "04T23:00", Some(rate("2")), None),
        ],
    );
    let rows = checked(
        &[second, first],
        &bill(&[], 0),
        Some(&account()),
        &["BilledCost", "EffectiveCost"],
    );
    // 24 h; 6 h + 11 h × 2 = $28; 24 h × 2; 12 h × 2.
    assert_eq!(column(&rows, "ListCost"), ["24", "28", "48", "24"]);
    assert_eq!(column(&rows, "PricingQuantity"), ["24", "18", "24", "12"]);
    assert_eq!(
        column(&rows, "x_ListCostIsMinimum"),
        ["false", "true", "false", "false"]
    );
    assert!(rows[1]["Tags"].contains("\"jiti:version\":\"1.2\""));
}
