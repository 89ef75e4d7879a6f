//! Snapshots of every chart, and its behaviour at the edges.

use super::*;

fn head() -> ChartHead {
    ChartHead {
        id: "spend".to_owned(),
        title: "Spend by day".to_owned(),
        desc: "The estimate and the bill of 3 days.".to_owned(),
    }
}

fn link(row: &str, tip: &str) -> MarkLink {
    MarkLink {
        row: row.to_owned(),
        tip: tip.to_owned(),
    }
}

fn dollars(value: f64) -> String {
    format!("${value}")
}

fn column(label: &str, values: [Option<f64>; 2]) -> DayColumn {
    DayColumn {
        label: label.to_owned(),
        values: values.to_vec(),
        link: link(&format!("day-{label}"), &format!("{label}: {values:?}")),
    }
}

fn columns(arrangement: Arrangement) -> ColumnChart {
    ColumnChart {
        head: head(),
        classes: vec!["c0", "c1"],
        arrangement,
        columns: vec![
            column("1", [Some(4.0), Some(3.5)]),
            column("2", [Some(7.0), None]),
            column("3", [Some(0.0), Some(0.0)]),
        ],
        format: dollars,
    }
}

/// Values side by side: an unknown one is a dash at the bottom, and zero is nothing.
#[test]
fn columns_side_by_side() {
    insta::assert_snapshot!(columns(Arrangement::SideBySide).svg());
}

/// Values on top of each other: the axis ends above the largest sum.
#[test]
fn columns_on_top_of_each_other() {
    let svg = columns(Arrangement::Stacked).svg();
    assert!(svg.contains(">$8</text>"), "{svg}");
    insta::assert_snapshot!(svg);
}

/// The line has a gap where the share is unknown.
#[test]
fn a_line_has_gaps() {
    let point = |label: &str, share| Point {
        label: label.to_owned(),
        share,
        link: link(&format!("day-{label}"), label),
    };
    let chart = LineChart {
        head: head(),
        points: vec![
            point("1", Some(0.2)),
            point("2", Some(0.4)),
            point("3", None),
            point("4", Some(0.1)),
        ],
        format: |share| format!("{} %", share * 100.0),
    };
    let svg = chart.svg();
    assert_eq!(svg.matches("class=\"path\"").count(), 1, "{svg}");
    insta::assert_snapshot!(svg);
}

/// The longest bar fills the width, also one in parts. A long name is cut, and its tooltip has all
/// of it.
#[test]
fn bars_fill_the_width() {
    let long = "a-name-that-is-much-too-long-for-a-phone";
    let chart = BarChart {
        head: head(),
        rows: vec![
            BarRow {
                name: long.to_owned(),
                figure: "$4.00".to_owned(),
                bars: vec![
                    Some(Bar {
                        parts: vec![(3.0, "c0"), (1.0, "c1")],
                    }),
                    None,
                ],
                link: link("app-1", long),
            },
            BarRow {
                name: "search".to_owned(),
                figure: "$1.00".to_owned(),
                bars: vec![Some(Bar::of(1.0, "c0"))],
                link: link("app-2", "search"),
            },
        ],
    };
    insta::assert_snapshot!(chart.svg());
}

/// An interval is drawn around its share; without observations there is only a dash.
#[test]
fn intervals_surround_their_share() {
    let interval = |name: &str, shares| Interval {
        name: name.to_owned(),
        figure: "48 of 50".to_owned(),
        shares,
        link: link(name, name),
    };
    let chart = IntervalChart {
        head: head(),
        intervals: vec![
            interval("checkout", Some((0.96, 0.865, 0.989))),
            interval("search", None),
        ],
    };
    insta::assert_snapshot!(chart.svg());
}

/// A chart without data is an image with a title, and not broken.
#[test]
fn a_chart_may_be_empty() {
    let chart = ColumnChart {
        columns: Vec::new(),
        ..columns(Arrangement::Stacked)
    };
    let svg = chart.svg();
    assert!(svg.contains("<title id=\"spend-title\">Spend by day</title>"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

/// Markup and control characters in a name are text.
#[test]
fn names_are_escaped() {
    let name = "<b>&\"'\u{1b}[2J";
    let chart = IntervalChart {
        head: ChartHead {
            title: name.to_owned(),
            ..head()
        },
        intervals: vec![Interval {
            name: name.to_owned(),
            figure: name.to_owned(),
            shares: None,
            link: link("row", name),
        }],
    };
    let svg = chart.svg();
    assert!(!svg.contains("<b>") && !svg.contains('\u{1b}'), "{svg}");
    assert_eq!(svg.matches("&lt;b&gt;&amp;&quot;&#39;").count(), 4, "{svg}");
}
