//! The report of a check as a table, one line per finding.

use std::collections::BTreeMap;

use check::{CheckReport, Severity, Undecided};

use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values;

/// The address of a finding about the whole plan.
const WHOLE: &str = "(the whole plan)";

/// Writes the report.
///
/// ```text
/// ADDRESS      RULE      WHY                                    FIX
/// aws_vpc.this untagged  provider "aws" has no default_tags     Add default_tags { … }
/// ```
pub(super) fn write(report: &CheckReport, ui: &mut Ui) -> Result<(), CommandError> {
    let is_live = is_live(report);
    let first = if is_live {
        "STACK AND RESOURCE"
    } else {
        "ADDRESS"
    };
    let mut table = Table::new([
        Column::new(first, Align::Left).between(20, 60),
        Column::new("RULE", Align::Left),
        Column::new("WHY", Align::Left).between(20, usize::MAX),
        Column::new("FIX", Align::Left)
            .between(20, usize::MAX)
            .droppable(1),
    ]);
    for finding in &report.findings {
        let tone = match finding.severity {
            Severity::Error => Tone::Alarm,
            Severity::Warning => Tone::Notice,
        };
        table.row([
            Cell::new(place(finding.stack.as_deref(), &finding.address)),
            Cell::new(&finding.rule).tone(tone),
            Cell::new(&finding.why),
            Cell::new(finding.fix.as_deref().unwrap_or_default()),
        ]);
    }
    if !report.findings.is_empty() {
        ui.table(&table)?;
    }
    if is_live {
        not_checked(report, ui)?;
    } else {
        not_decided(report, ui)?;
    }
    ui.text(&format!(
        "{}: {}.",
        values::count(report.resources, "resource"),
        totals(report)
    ))
}

/// What a plan does not say yet, a line each.
fn not_decided(report: &CheckReport, ui: &mut Ui) -> Result<(), CommandError> {
    for open in &report.undecided {
        let attribute = open.attribute.as_ref();
        let attribute = attribute
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        ui.text(&format!(
            "Not decided: {}: {}{attribute}: {}",
            place(None, &open.address),
            open.rule,
            open.why
        ))?;
    }
    Ok(())
}

/// What discovery does not say, a line for each rule and reason.
fn not_checked(report: &CheckReport, ui: &mut Ui) -> Result<(), CommandError> {
    let mut reasons: BTreeMap<(&str, &str), Vec<&Undecided>> = BTreeMap::new();
    for open in &report.undecided {
        let of_reason = reasons
            .entry((open.rule.as_str(), open.why.as_str()))
            .or_default();
        of_reason.push(open);
    }
    for ((rule, why), open) in reasons {
        let what = match open.as_slice() {
            [one] => place(one.stack.as_deref(), &one.address),
            several if several.iter().all(|one| one.address.is_empty()) => {
                values::count(several.len(), "stack")
            }
            several => values::count(several.len(), "resource"),
        };
        ui.text(&format!("Not checked: {rule}: {what}: {why}"))?;
    }
    Ok(())
}

fn is_live(report: &CheckReport) -> bool {
    let of_finding = report.findings.iter().map(|finding| &finding.stack);
    let of_open = report.undecided.iter().map(|open| &open.stack);
    of_finding.chain(of_open).any(Option::is_some)
}

/// Where a finding is: `aws_lb.web` of a plan, or `shop sg-1` of a stack.
fn place(stack: Option<&str>, address: &str) -> String {
    match (stack, address) {
        (None, "") => WHOLE.to_owned(),
        (None, address) => address.to_owned(),
        (Some(stack), "") => stack.to_owned(),
        (Some(stack), address) => format!("{stack} {}", stack::cloud::short(address)),
    }
}

fn totals(report: &CheckReport) -> String {
    let errors = report.errors();
    let mut parts = vec![match errors {
        0 => "no finding".to_owned(),
        errors => values::count(errors, "finding"),
    }];
    let warnings = report.findings.len() - errors;
    let more = [
        (warnings, "warning"),
        (report.undecided.len(), "undecided rule"),
        (report.ignored, "ignored finding"),
    ];
    let more = more.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(more.map(|(count, noun)| values::count(count, noun)));
    parts.join(", ")
}
