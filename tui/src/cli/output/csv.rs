//! CSV output, with the fields of the JSON as columns. Nested fields have a dot in their name.

use stack::ledger::UnreadableStack;
use stack::listing::Listing;

use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::describe::UNREADABLE;
use crate::format::text::clean;

/// Writes a header and one row per stack. An unknown value is empty.
pub(crate) fn write(
    ui: &mut Ui,
    stacks: &[Listing],
    unreadable: &[UnreadableStack],
) -> Result<(), CommandError> {
    let unreadable = unreadable.iter().map(|stack| {
        let mut row = [const { String::new() }; HEADER.len()];
        row[0].clone_from(&stack.name);
        UNREADABLE.clone_into(&mut row[FLAGS]);
        row
    });
    write_records(ui, HEADER, stacks.iter().map(row).chain(unreadable))
}

/// Writes a header and rows.
pub(crate) fn write_records<const N: usize>(
    ui: &mut Ui,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CommandError::failed("cannot write CSV").because(&error);
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer
            .write_record(row.iter().map(|field| inert(&clean(field))))
            .map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| CommandError::failed("cannot write CSV").because(error.error()))?;
    ui.raw(&bytes)
}

/// The field as a spreadsheet shows it without running it: a field that starts like a formula gets
/// an apostrophe, which spreadsheets take as "this is text". Numbers stay as they are.
fn inert(field: &str) -> String {
    // The last four are wide forms, which some spreadsheets read as the ASCII ones.
    const STARTS: [char; 8] = [
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    let is_formula =
        field.trim_start().starts_with(STARTS) || field.starts_with(['\t', '\r', '\n']);
    if is_formula && !is_number(field) {
        format!("'{field}")
    } else {
        field.to_owned()
    }
}

/// Whether a field is a plain decimal number, such as `-12.5`.
fn is_number(field: &str) -> bool {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The place of the column `flags`.
const FLAGS: usize = 5;

const HEADER: [&str; 29] = [
    "name",
    "app",
    "version",
    "owner",
    "phase",
    "flags",
    "labels",
    "created_at",
    "expires_at",
    "dies_at",
    "hold_until",
    "ttl_seconds_left",
    "origin.directory",
    "accounts",
    "regions",
    "cost.hourly_usd",
    "cost.hourly_source",
    "cost.spent_usd",
    "cost.billed_usd",
    "cost.billed_until",
    "cost.billed_settled_until",
    "cost.until_expiry_usd",
    "cost.unpriced",
    "idle.state",
    "idle.since",
    "idle.wasted_usd",
    "init.total_seconds",
    "init.usd",
    "init.slowest_phase",
];

fn row(stack: &Listing) -> [String; HEADER.len()] {
    let Listing {
        cost, idle, init, ..
    } = stack;
    let labels = stack
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    [
        stack.name.to_string(),
        stack.app.to_string(),
        stack.version.to_string(),
        stack.owner.to_string(),
        stack.phase.to_string(),
        stack
            .flags
            .iter()
            .map(|flag| flag.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        labels.collect::<Vec<_>>().join(";"),
        or_empty(stack.created_at),
        or_empty(stack.expires_at),
        or_empty(stack.dies_at),
        or_empty(stack.hold_until),
        or_empty(stack.ttl_seconds_left),
        stack
            .origin
            .as_ref()
            .map(|origin| origin.directory.clone())
            .unwrap_or_default(),
        stack.accounts.join(" "),
        stack.regions.join(" "),
        or_empty(cost.hourly_usd),
        cost.hourly_source.clone().unwrap_or_default(),
        or_empty(cost.spent_usd),
        or_empty(cost.billed_usd),
        or_empty(cost.billed_until),
        or_empty(cost.billed_settled_until),
        or_empty(cost.until_expiry_usd),
        cost.unpriced.join(";"),
        text(idle.state),
        or_empty(idle.since),
        or_empty(idle.wasted_usd),
        text(init.total_seconds),
        or_empty(init.usd),
        init.slowest_phase.clone().unwrap_or_default(),
    ]
}

fn or_empty(value: Option<impl std::fmt::Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A value as in JSON, without quotation marks; null is empty.
pub(crate) fn text(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that a spreadsheet would run as a formula becomes text. Other fields, and numbers,
    /// stay as they are.
    #[test]
    fn formulas_become_text() {
        for formula in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1+1",
            "\r=1+1",
            " =1+1",
            "\u{ff1d}1+1",
            "-",
            "-1.",
            "+1",
            "-0x10",
        ] {
            assert_eq!(inert(formula), format!("'{formula}"), "{formula:?}");
        }
        for plain in [
            "",
            "-12",
            "-12.50",
            "0.42",
            "a=b",
            "checkout-pr-1",
            "2026-03-02T12:00:00Z",
            "'=1",
        ] {
            assert_eq!(inert(plain), plain);
        }
    }
}
