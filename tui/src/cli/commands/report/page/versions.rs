//! Slower versions: whether the latest version of an app starts slower than the one before.

use stack::economics::VersionComparison;
use stack::report::Report;

use super::cells;
use crate::cli::output::html::{PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::{share, values};

const COLUMNS: [PageColumn; 9] = [
    PageColumn::text("App", "The app."),
    PageColumn::text("Before", "The earlier version."),
    PageColumn::text("After", "The later version."),
    PageColumn::figure(
        "Median before",
        "The median time to ready of the earlier version.",
    ),
    PageColumn::figure(
        "Median after",
        "The median time to ready of the later version.",
    ),
    PageColumn::figure(
        "Starts before",
        "The number of compared starts of the earlier version.",
    ),
    PageColumn::figure(
        "Starts after",
        "The number of compared starts of the later version.",
    ),
    PageColumn::figure(
        "p-value",
        "Of a two-sided Mann-Whitney U test on the starts of the two versions. A small one means that the difference is hardly chance.",
    ),
    PageColumn::prose(
        "Result",
        "Whether the later version is significantly slower, or why there is no test.",
    ),
];

pub(super) fn section(report: &Report) -> Section {
    let slower = report.slower.iter().filter(|compared| compared.slower);
    let lead = match slower.count() {
        0 => "No version starts significantly slower than the one before.".to_owned(),
        1 => "1 version starts significantly slower than the one before.".to_owned(),
        count => format!(
            "{} start significantly slower than the one before.",
            values::count(count, "version")
        ),
    };
    let mut compared: Vec<&VersionComparison> = report.slower.iter().collect();
    compared.sort_by(|one, two| {
        let slower = two.slower.cmp(&one.slower);
        slower.then_with(|| one.app.cmp(&two.app))
    });
    let rows = compared.into_iter().enumerate();
    Section {
        id: "slower",
        title: "Slower versions",
        lead: vec![lead],
        figures: Vec::new(),
        tables: vec![PageTable {
            id: "comparisons",
            caption: "Each app's latest version and the one before".to_owned(),
            columns: COLUMNS.to_vec(),
            rows: rows.map(|(index, compared)| row(index, compared)).collect(),
            sorted_by: 8,
            empty: "No app has started two versions in this period.",
        }],
    }
}

fn row(index: usize, compared: &VersionComparison) -> PageRow {
    let result = match (&compared.not_enough, compared.slower) {
        (Some(why), _) => why.clone(),
        (None, true) => "Slower".to_owned(),
        (None, false) => "Not slower".to_owned(),
    };
    let mut result_cell = PageCell::text(result);
    // Slower versions first, and those without a test last.
    result_cell.key = match (&compared.not_enough, compared.slower) {
        (Some(_), _) => crate::cli::output::html::CellKey::Unknown,
        (None, slower) => crate::cli::output::html::CellKey::Number(f64::from(u8::from(slower))),
    };
    PageRow {
        id: format!("comparison-{index}"),
        cells: vec![
            PageCell::text(compared.app.as_str()),
            PageCell::text(compared.before.as_str()),
            PageCell::text(compared.after.as_str()),
            cells::seconds(compared.before_median),
            cells::seconds(compared.after_median),
            cells::count(compared.before_starts),
            cells::count(compared.after_starts),
            compared.p_value.map_or_else(PageCell::unknown, |p| {
                PageCell::figure(share::p_value(p), p)
            }),
            result_cell,
        ],
        is_total: false,
    }
}
