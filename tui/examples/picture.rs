//! The picture in the README: the dashboard with demo data, from the real renderer, as SVG.
//!
//! `make picture` writes it. A test checks that it matches what the renderer draws now.

use std::fmt::Write;

use jiff::Timestamp;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use tui::testing::{Harness, HarnessConfig};

const COLUMNS: u16 = 124;
const ROWS: u16 = 28;
const CELL: (f32, f32) = (8.4, 18.0);
const BACKGROUND: &str = "#12161d";
const FOREGROUND: &str = "#d5dae3";

fn main() {
    use std::io::Write as _;
    // If standard output is closed, there is no one to report that to.
    let _ = std::io::stdout().write_all(svg().as_bytes());
}

/// The screen as SVG: one element for each run of cells with the same style.
pub(crate) fn svg() -> String {
    let now: Timestamp = "2026-03-02T14:00:00Z".parse().unwrap_or_default();
    let mut harness = Harness::new(HarnessConfig::new(COLUMNS, ROWS, now));
    let leases = Harness::demo_leases(now, 240);
    harness.load(leases.clone(), Harness::demo_reaper(now));
    harness.load_demo_cloud(&leases);
    // The highest cost first, because these rows show many different states.
    harness.keys("s7<home><down><down><down>");
    let buffer = harness.buffer();
    let (width, height) = (
        f32::from(COLUMNS) * CELL.0 + 24.0,
        f32::from(ROWS) * CELL.1 + 24.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-label=\"The dashboard of jiti with demo data\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for row in 0..ROWS {
        let mut column = 0;
        while column < COLUMNS {
            let end = run(buffer, column, row);
            piece(&mut out, buffer, column, end, row);
            column = end;
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The end of the run of cells with the same style.
fn run(buffer: &Buffer, from: u16, row: u16) -> u16 {
    let style = |column: u16| {
        let cell = &buffer[(column, row)];
        (cell.fg, cell.bg, cell.modifier)
    };
    (from + 1..COLUMNS)
        .find(|column| style(*column) != style(from))
        .unwrap_or(COLUMNS)
}

fn piece(out: &mut String, buffer: &Buffer, from: u16, end: u16, row: u16) {
    let text: String = (from..end)
        .map(|column| buffer[(column, row)].symbol())
        .collect();
    let cell = &buffer[(from, row)];
    let (mut ink, mut paper) = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    let (x, y) = (
        12.0 + f32::from(from) * CELL.0,
        12.0 + f32::from(row) * CELL.1,
    );
    let width = f32::from(end - from) * CELL.0;
    // Writing to a string cannot fail.
    if paper != BACKGROUND {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{paper}\"/>",
            CELL.1
        );
    }
    if !text.trim().is_empty() {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" fill=\"{ink}\"{}>{}</text>",
            y + 13.5,
            weight(cell),
            escaped(&text)
        );
    }
}

fn weight(cell: &Cell) -> &'static str {
    if cell.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else if cell.modifier.contains(Modifier::DIM) {
        " opacity=\"0.6\""
    } else {
        ""
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The terminal's colours in a dark theme.
fn colour(colour: Color, plain: &'static str) -> &'static str {
    match colour {
        Color::Red | Color::LightRed => "#f07178",
        Color::Green | Color::LightGreen => "#8fce6f",
        Color::Yellow | Color::LightYellow => "#ffc66d",
        Color::Blue | Color::LightBlue => "#6fa8ff",
        Color::Magenta | Color::LightMagenta => "#d38aea",
        Color::Cyan | Color::LightCyan => "#5ccfe6",
        Color::DarkGray => "#6b7482",
        Color::Gray => "#a9b1bd",
        Color::Black => "#12161d",
        Color::White => "#ffffff",
        _ => plain,
    }
}
