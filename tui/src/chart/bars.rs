//! Horizontal bars: a name and a figure above one or several bars, or above one bar in parts.
//!
//! ```text
//!  checkout                 $12.40
//!  ████████████████████
//!  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
//! ```

use super::svg::{Anchor, Extent, SvgWriter};
use super::{ChartHead, MarkLink};
use crate::format::text::Clean;

/// The height of the line with the name, and where its text stands.
const NAME_HEIGHT: f64 = 20.0;
const NAME_BASE: f64 = 14.0;

/// The height of one bar, and the gap below a row.
const BAR_HEIGHT: f64 = 9.0;
const ROW_GAP: f64 = 9.0;

/// How many columns of a name are shown next to its figure on a phone.
pub(super) const MAX_NAME_COLUMNS: usize = 25;

/// One bar, in parts from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// The value and the class of each part.
    pub(crate) parts: Vec<(f64, &'static str)>,
}

/// A name with its figure and its bars.
#[derive(Clone, Debug)]
pub(crate) struct BarRow {
    pub(crate) name: String,
    pub(crate) figure: String,
    /// The bars below the name; `None` for one whose value is unknown.
    pub(crate) bars: Vec<Option<Bar>>,
    pub(crate) link: MarkLink,
}

/// A chart of rows with bars.
#[derive(Clone, Debug)]
pub(crate) struct BarChart {
    pub(crate) head: ChartHead,
    pub(crate) rows: Vec<BarRow>,
}

impl BarChart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let heights = self.rows.iter().map(BarRow::height);
        let mut svg = SvgWriter::new(&self.head, heights.sum::<f64>().max(1.0));
        // The longest bar fills the width: there is no axis whose end would have to be round.
        let bars = self.rows.iter().flat_map(|row| row.bars.iter().flatten());
        let largest = bars.map(Bar::length).fold(0.0, f64::max);
        let end = if largest > 0.0 { largest } else { 1.0 };
        let mut y = 0.0;
        for row in &self.rows {
            svg.linked(&row.link, |svg| row.draw(svg, y, end));
            y += row.height();
        }
        svg.finish()
    }
}

impl Bar {
    /// A bar of one part.
    pub(crate) fn of(value: f64, class: &'static str) -> Self {
        Self {
            parts: vec![(value, class)],
        }
    }

    fn length(&self) -> f64 {
        self.parts.iter().map(|(value, _)| value.max(0.0)).sum()
    }
}

impl BarRow {
    fn height(&self) -> f64 {
        let bars = f64::from(u32::try_from(self.bars.len()).unwrap_or(1));
        NAME_HEIGHT + bars * BAR_HEIGHT + ROW_GAP
    }

    fn draw(&self, svg: &mut SvgWriter, y: f64, end: f64) {
        let target = Extent {
            x: 0.0,
            y,
            width: 100.0,
            height: self.height(),
        };
        svg.rect(target, "target");
        let name = Clean::new(&self.name).shortened(MAX_NAME_COLUMNS);
        svg.text((0.0, y + NAME_BASE), Anchor::Start, "name", name.as_str());
        svg.text((100.0, y + NAME_BASE), Anchor::End, "figure", &self.figure);
        let mut top = y + NAME_HEIGHT;
        for bar in &self.bars {
            match bar {
                Some(bar) => {
                    let mut x = 0.0;
                    for (value, class) in &bar.parts {
                        let width = (value / end * 100.0).clamp(0.0, 100.0 - x);
                        let extent = Extent {
                            x,
                            y: top,
                            width,
                            height: BAR_HEIGHT - 1.0,
                        };
                        if width > 0.0 {
                            svg.rect(extent, class);
                        }
                        x += width;
                    }
                }
                None => svg.line((0.0, top + 4.0), (4.0, top + 4.0), "unknown"),
            }
            top += BAR_HEIGHT;
        }
    }
}
