//! Charts as SVG, for pages that are read on a phone, on a wide screen and on paper.
//!
//! Widths are percentages and heights are pixels, so that a chart fills its column while its text
//! keeps its size. A page gives the classes of the elements their colours. Every mark is a link to
//! the table row that it draws, with the row's figures as its tooltip.

mod bars;
mod columns;
mod intervals;
mod line;
mod scale;
mod svg;

pub(crate) use bars::{Bar, BarChart, BarRow};
pub(crate) use columns::{Arrangement, ColumnChart, DayColumn};
pub(crate) use intervals::{Interval, IntervalChart};
pub(crate) use line::{LineChart, Point};
pub(crate) use svg::Escaped;

/// The texts and the identity of a chart.
#[derive(Clone, Debug)]
pub(crate) struct ChartHead {
    /// The id of the chart in its page. It starts the ids of the chart's parts.
    pub(crate) id: String,
    /// What the chart shows, in a few words.
    pub(crate) title: String,
    /// What a reader who cannot see the chart needs to know.
    pub(crate) desc: String,
}

/// The link and the tooltip of a mark.
#[derive(Clone, Debug)]
pub(crate) struct MarkLink {
    /// The id of the table row.
    pub(crate) row: String,
    /// The figures of the mark.
    pub(crate) tip: String,
}

/// How a chart writes a value on its axis.
pub(crate) type AxisFormat = fn(f64) -> String;

#[cfg(test)]
mod tests;
