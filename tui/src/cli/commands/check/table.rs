//! The report of a check as a table, one line per finding.

use check::{CheckReport, Severity};

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
    let mut table = Table::new([
        Column::new("ADDRESS", Align::Left).between(20, 60),
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
            Cell::new(place(&finding.address)),
            Cell::new(&finding.rule).tone(tone),
            Cell::new(&finding.why),
            Cell::new(finding.fix.as_deref().unwrap_or_default()),
        ]);
    }
    if !report.findings.is_empty() {
        ui.table(&table)?;
    }
    for open in &report.undecided {
        let attribute = open.attribute.as_ref();
        let attribute = attribute
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        ui.text(&format!(
            "Not decided: {}: {}{attribute}: {}",
            place(&open.address),
            open.rule,
            open.why
        ))?;
    }
    ui.text(&format!(
        "{}: {}.",
        values::count(report.resources, "resource"),
        totals(report)
    ))
}

fn place(address: &str) -> &str {
    if address.is_empty() { WHOLE } else { address }
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
