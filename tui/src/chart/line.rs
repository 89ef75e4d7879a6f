//! A share over time, as a line with a dot per day. The line has a gap where the share is unknown.

use super::columns::{axis, height, labels, plot_rows, row, slot};
use super::scale::AxisScale;
use super::svg::{Extent, SvgWriter};
use super::{AxisFormat, ChartHead, MarkLink};

/// One day.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// The label below the point.
    pub(crate) label: String,
    /// The share, from 0 to 1; `None` if it is unknown.
    pub(crate) share: Option<f64>,
    /// The row with the share.
    pub(crate) link: MarkLink,
}

/// A chart with one line.
#[derive(Clone, Debug)]
pub(crate) struct LineChart {
    pub(crate) head: ChartHead,
    pub(crate) points: Vec<Point>,
    pub(crate) format: AxisFormat,
}

impl LineChart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let mut svg = SvgWriter::new(&self.head, height());
        let scale = AxisScale::of_shares();
        axis(&mut svg, &scale, self.format);
        let places: Vec<Option<(f64, f64)>> = self
            .points
            .iter()
            .enumerate()
            .map(|(index, point)| {
                let (x, width) = slot(index, self.points.len());
                let share = point.share?;
                Some((x + width / 2.0, row(&scale, share)))
            })
            .collect();
        for pair in places.windows(2) {
            if let [Some(from), Some(to)] = pair {
                svg.line(*from, *to, "path");
            }
        }
        svg.newline();
        let (top, bottom) = plot_rows();
        for (index, (point, place)) in self.points.iter().zip(&places).enumerate() {
            let (x, width) = slot(index, self.points.len());
            svg.linked(&point.link, |svg| {
                let target = Extent {
                    x,
                    y: top,
                    width,
                    height: bottom - top,
                };
                svg.rect(target, "target");
                match place {
                    Some(place) => svg.dot(*place, 2.5, "dot"),
                    None => svg.line((x, bottom - 2.0), (x + width, bottom - 2.0), "unknown"),
                }
            });
        }
        let names: Vec<&str> = self.points.iter().map(|point| &*point.label).collect();
        labels(&mut svg, &names);
        svg.finish()
    }
}
