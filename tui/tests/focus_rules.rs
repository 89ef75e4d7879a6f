//! Checks CSV against the columns of FOCUS 1.2 and their rules, from data/focus-1.2-columns.csv.

use std::collections::BTreeMap;

const COLUMNS: &str = include_str!("data/focus-1.2-columns.csv");

/// The rules of one column.
struct ColumnRules {
    is_mandatory: bool,
    allows_null: bool,
    kind: String,
    format: String,
    allowed: Vec<String>,
}

/// Returns the rows, by column. Panics if the text breaks a rule. `unknown` are columns that may be
/// null although FOCUS allows no null: FOCUS forbids placeholders for values that are not known.
#[track_caller]
pub(crate) fn check(text: &str, unknown: &[&str]) -> Vec<BTreeMap<String, String>> {
    let (order, rules) = rules();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    check_header(&header, &order, &rules);
    let rows: Vec<BTreeMap<String, String>> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let cells = header.iter().cloned().zip(record.iter().map(str::to_owned));
            cells.collect()
        })
        .collect();
    for row in &rows {
        for (column, value) in row {
            if let Some(rules) = rules.get(column) {
                let may_be_null = rules.allows_null || unknown.contains(&column.as_str());
                check_value(column, value, rules, may_be_null);
            }
        }
        check_row(row);
    }
    rows
}

fn rules() -> (Vec<String>, BTreeMap<String, ColumnRules>) {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(COLUMNS.as_bytes());
    let mut order = Vec::new();
    let mut rules = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let [name, level, nulls, kind, format, allowed] =
            [0, 1, 2, 3, 4, 5].map(|index| record[index].to_owned());
        order.push(name.clone());
        let allowed = allowed.split('|').filter(|value| !value.is_empty());
        let column = ColumnRules {
            is_mandatory: level == "mandatory",
            allows_null: nulls == "true",
            kind,
            format,
            allowed: allowed.map(str::to_owned).collect(),
        };
        rules.insert(name, column);
    }
    assert_eq!(order.len(), 57, "FOCUS 1.2 has 57 columns");
    (order, rules)
}

/// Every mandatory column is there, the columns of FOCUS come first and in its order, and a custom
/// column has the prefix.
fn check_header(header: &[String], order: &[String], rules: &BTreeMap<String, ColumnRules>) {
    for (name, column) in rules {
        assert!(
            !column.is_mandatory || header.contains(name),
            "the mandatory column {name} is missing"
        );
    }
    let focus: Vec<&String> = order.iter().filter(|name| header.contains(name)).collect();
    let (first, custom) = header.split_at(focus.len());
    assert_eq!(first.iter().collect::<Vec<_>>(), focus);
    assert!(
        custom.iter().all(|name| name.starts_with("x_")),
        "{custom:?}"
    );
}

fn check_value(column: &str, value: &str, rules: &ColumnRules, may_be_null: bool) {
    if value.is_empty() {
        assert!(may_be_null, "{column} may not be null");
        return;
    }
    let is_number = || {
        let digits = value.strip_prefix('-').unwrap_or(value);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        [whole, part]
            .iter()
            .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match rules.kind.as_str() {
        "decimal" => assert!(is_number(), "{column} is no number: {value}"),
        "date/time" => {
            let at: jiff::Timestamp = value.parse().unwrap();
            let shown = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(value, shown, "{column}");
        }
        "json" => {
            let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(value).unwrap();
            assert!(
                object
                    .values()
                    .all(|value| !value.is_object() && !value.is_array()),
                "{column} has a nested value: {value}"
            );
        }
        "string" => {}
        other => panic!("unknown type {other}"),
    }
    if rules.format == "currency format" {
        let is_code = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(is_code, "{column} is no currency: {value}");
    }
    if !rules.allowed.is_empty() {
        assert!(
            rules.allowed.iter().any(|allowed| allowed == value),
            "{column} does not allow {value}"
        );
    }
}

/// Rules that concern several columns of one row.
fn check_row(row: &BTreeMap<String, String>) {
    let of = |column: &str| row.get(column).map_or("", String::as_str);
    assert_eq!(
        of("PricingUnit").is_empty(),
        of("PricingQuantity").is_empty(),
        "PricingUnit is null exactly if PricingQuantity is null"
    );
    assert!(
        !of("PricingQuantity").is_empty(),
        "PricingQuantity may not be null for Usage"
    );
    assert_eq!(of("ResourceType").is_empty(), of("ResourceId").is_empty());
    let at = |column: &str| of(column).parse::<jiff::Timestamp>().unwrap();
    let (charge, end) = (at("ChargePeriodStart"), at("ChargePeriodEnd"));
    assert_eq!(end.duration_since(charge).as_hours(), 24);
    assert!(at("BillingPeriodStart") <= charge && end <= at("BillingPeriodEnd"));
}
