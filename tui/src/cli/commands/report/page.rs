//! The page of `jiti report --html`: sections with charts and tables, filled from the report.

mod cells;
mod days;
mod groups;
mod idle;
mod init;
mod purgatory;
mod savings;
mod starts;
mod summary;
mod verdicts;
mod versions;

use stack::report::Report;

use crate::cli::output::html::HtmlPage;

/// How many rows a chart has at most. The table has more.
const MAX_CHART_ROWS: usize = 12;

/// The reports that the page is made of.
#[derive(Clone, Copy)]
pub(super) struct PageReports<'a> {
    /// The report in the grouping that the user asked for.
    pub(super) asked: &'a Report,
    /// The report by app.
    pub(super) by_app: &'a Report,
    /// The report by owner.
    pub(super) by_owner: &'a Report,
}

/// Makes the page. The notes explain what the figures leave out.
pub(super) fn page(reports: PageReports<'_>, notes: Vec<String>) -> HtmlPage {
    HtmlPage {
        title: "What just-in-time stacks cost".to_owned(),
        notes,
        facts: summary::facts(reports.by_app),
        sections: vec![
            days::section(reports.by_app),
            groups::section(reports),
            idle::section(reports.by_app),
            init::section(reports.by_app),
            starts::section(reports.by_app),
            purgatory::section(reports.by_app),
            verdicts::section(reports.by_app),
            savings::section(reports.by_app),
            versions::section(reports.by_app),
        ],
    }
}

/// What a chart leaves out; empty if it has every row.
fn left_out(rows: usize) -> String {
    match rows.checked_sub(MAX_CHART_ROWS) {
        None | Some(0) => String::new(),
        Some(more) => format!(
            "The chart shows the first {MAX_CHART_ROWS}; {} more in the table.",
            crate::format::values::thousands(more)
        ),
    }
}

#[cfg(test)]
mod tests;
