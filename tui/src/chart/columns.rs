//! Columns over time: several values per day, side by side or on top of each other.
//!
//! ```text
//!  $10 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
//!   $5 ┄┄┄█┄┄┄┄┄┄┄█▒┄┄┄┄
//!    0 ──█▒──█▒──█▒──█▒─
//!        2 Mar      5 Mar
//! ```

use super::scale::AxisScale;
use super::svg::{Anchor, Extent, SvgWriter};
use super::{AxisFormat, ChartHead, MarkLink};

/// The columns of the plot, in percent: the labels of the axis are to its left.
const PLOT: (f64, f64) = (14.0, 100.0);

/// The rows of the plot, in pixels.
const TOP: f64 = 10.0;
const BOTTOM: f64 = 170.0;

/// The height of the whole chart, with the labels below the plot.
const HEIGHT: f64 = 192.0;

/// How many labels fit below the plot on a phone.
const MAX_LABELS: usize = 5;

/// One day.
#[derive(Clone, Debug)]
pub(crate) struct DayColumn {
    /// The label below the column.
    pub(crate) label: String,
    /// One value per series; `None` where it is unknown.
    pub(crate) values: Vec<Option<f64>>,
    /// The row with the values.
    pub(crate) link: MarkLink,
}

/// How the values of one day are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// Next to each other.
    SideBySide,
    /// On top of each other.
    Stacked,
}

/// A chart with one column, or a group of columns, per day.
#[derive(Clone, Debug)]
pub(crate) struct ColumnChart {
    pub(crate) head: ChartHead,
    /// The class of each series.
    pub(crate) classes: Vec<&'static str>,
    pub(crate) arrangement: Arrangement,
    pub(crate) columns: Vec<DayColumn>,
    pub(crate) format: AxisFormat,
}

impl ColumnChart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let mut svg = SvgWriter::new(&self.head, HEIGHT);
        let scale = AxisScale::of(self.columns.iter().map(|column| self.height_of(column)));
        axis(&mut svg, &scale, self.format);
        for (index, column) in self.columns.iter().enumerate() {
            let slot = slot(index, self.columns.len());
            svg.linked(&column.link, |svg| {
                // The whole height is the target of a pointer, also where a value is small.
                svg.rect(
                    Extent {
                        x: slot.0,
                        y: TOP,
                        width: slot.1,
                        height: BOTTOM - TOP,
                    },
                    "target",
                );
                self.draw(svg, column, slot, &scale);
            });
        }
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.label).collect();
        labels(&mut svg, &names);
        svg.finish()
    }

    fn height_of(&self, column: &DayColumn) -> f64 {
        let known = column.values.iter().flatten();
        match self.arrangement {
            Arrangement::SideBySide => known.copied().fold(0.0, f64::max),
            Arrangement::Stacked => known.sum(),
        }
    }

    fn draw(&self, svg: &mut SvgWriter, column: &DayColumn, slot: (f64, f64), scale: &AxisScale) {
        let (x, width) = (slot.0 + slot.1 * 0.12, slot.1 * 0.76);
        let mut base = BOTTOM;
        let count = f64::from(u32::try_from(column.values.len().max(1)).unwrap_or(1));
        let mut left = x;
        for (value, class) in column.values.iter().zip(&self.classes) {
            let part = match self.arrangement {
                Arrangement::SideBySide => width / count,
                Arrangement::Stacked => width,
            };
            match value {
                Some(value) => {
                    let height = scale.share(*value) * (BOTTOM - TOP);
                    let extent = Extent {
                        x: left,
                        y: base - height,
                        width: part,
                        height,
                    };
                    if height > 0.0 {
                        svg.rect(extent, class);
                    }
                    if self.arrangement == Arrangement::Stacked {
                        base -= height;
                    }
                }
                None => svg.line((left, BOTTOM - 2.0), (left + part, BOTTOM - 2.0), "unknown"),
            }
            if self.arrangement == Arrangement::SideBySide {
                left += part;
            }
        }
    }
}

/// The place of a day: its first column and its width, in percent.
pub(super) fn slot(index: usize, count: usize) -> (f64, f64) {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let width = (PLOT.1 - PLOT.0) / number(count.max(1));
    (PLOT.0 + number(index) * width, width)
}

/// The row of a value.
pub(super) fn row(scale: &AxisScale, value: f64) -> f64 {
    BOTTOM - scale.share(value) * (BOTTOM - TOP)
}

/// The rows of the plot.
pub(super) const fn plot_rows() -> (f64, f64) {
    (TOP, BOTTOM)
}

/// The height of a chart over time.
pub(super) const fn height() -> f64 {
    HEIGHT
}

/// Draws the horizontal lines with their values.
pub(super) fn axis(svg: &mut SvgWriter, scale: &AxisScale, format: AxisFormat) {
    for tick in &scale.ticks {
        let y = row(scale, *tick);
        let class = if *tick > 0.0 { "grid" } else { "axis" };
        svg.line((PLOT.0, y), (PLOT.1, y), class);
        svg.text(
            (PLOT.0 - 1.5, y + 4.0),
            Anchor::End,
            "label",
            &format(*tick),
        );
        svg.newline();
    }
}

/// Writes the first, the last and a few labels between them below the plot.
pub(super) fn labels(svg: &mut SvgWriter, labels: &[&str]) {
    let count = labels.len();
    let step = count.div_ceil(MAX_LABELS).max(1);
    for (index, label) in labels.iter().enumerate() {
        if !index.is_multiple_of(step) {
            continue;
        }
        let (x, width) = slot(index, count);
        let center = x + width / 2.0;
        // A label near an edge would be cut off in the middle.
        let (x, anchor) = if center > 93.0 {
            (100.0, Anchor::End)
        } else if center < PLOT.0 + 5.0 {
            (x, Anchor::Start)
        } else {
            (center, Anchor::Middle)
        };
        svg.text((x, BOTTOM + 16.0), anchor, "label", label);
    }
    svg.newline();
}
