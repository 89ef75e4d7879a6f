//! Shares with their intervals: how sure a rate is after so many observations.
//!
//! ```text
//!  checkout@1.4.0          48 of 50
//!  ├────────────────────━━━━━●━━┤
//! ```

use super::bars::MAX_NAME_COLUMNS;
use super::svg::{Anchor, Extent, SvgWriter};
use super::{ChartHead, MarkLink};
use crate::format::text::Clean;

const ROW_HEIGHT: f64 = 38.0;
const NAME_BASE: f64 = 14.0;
const LINE: f64 = 25.0;

/// A share with its interval.
#[derive(Clone, Debug)]
pub(crate) struct Interval {
    pub(crate) name: String,
    pub(crate) figure: String,
    /// The share, and the low and the high end of its interval, from 0 to 1; `None` if they are
    /// unknown.
    pub(crate) shares: Option<(f64, f64, f64)>,
    pub(crate) link: MarkLink,
}

/// A chart of shares with intervals.
#[derive(Clone, Debug)]
pub(crate) struct IntervalChart {
    pub(crate) head: ChartHead,
    pub(crate) intervals: Vec<Interval>,
}

impl IntervalChart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let rows = f64::from(u32::try_from(self.intervals.len()).unwrap_or(1));
        let mut svg = SvgWriter::new(&self.head, rows * ROW_HEIGHT + 16.0);
        let mut y = 0.0;
        for interval in &self.intervals {
            svg.linked(&interval.link, |svg| interval.draw(svg, y));
            y += ROW_HEIGHT;
        }
        for (x, anchor, label) in [
            (0.0, Anchor::Start, "0 %"),
            (50.0, Anchor::Middle, "50 %"),
            (100.0, Anchor::End, "100 %"),
        ] {
            svg.text((x, y + 11.0), anchor, "label", label);
        }
        svg.newline();
        svg.finish()
    }
}

impl Interval {
    fn draw(&self, svg: &mut SvgWriter, y: f64) {
        let target = Extent {
            x: 0.0,
            y,
            width: 100.0,
            height: ROW_HEIGHT,
        };
        svg.rect(target, "target");
        let name = Clean::new(&self.name).shortened(MAX_NAME_COLUMNS);
        svg.text((0.0, y + NAME_BASE), Anchor::Start, "name", name.as_str());
        svg.text((100.0, y + NAME_BASE), Anchor::End, "figure", &self.figure);
        svg.line((0.0, y + LINE), (100.0, y + LINE), "grid");
        let Some((share, low, high)) = self.shares else {
            return svg.line((0.0, y + LINE), (4.0, y + LINE), "unknown");
        };
        let percent = |share: f64| (share * 100.0).clamp(0.0, 100.0);
        let whisker = Extent {
            x: percent(low),
            y: y + LINE - 3.0,
            width: percent(high) - percent(low),
            height: 6.0,
        };
        svg.rect(whisker, "interval");
        svg.dot((percent(share), y + LINE), 4.5, "dot");
    }
}
