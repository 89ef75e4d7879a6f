//! Writes SVG elements. Texts are escaped, and numbers have at most two decimals.

use std::fmt::{self, Write as _};

use super::{ChartHead, MarkLink};
use crate::format::text::clean;

/// An SVG image in the making.
pub(super) struct SvgWriter {
    text: String,
}

/// Where a text stands relative to its position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle: columns in percent of the width, rows in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl SvgWriter {
    /// Starts an image of a height in pixels.
    pub(super) fn new(head: &ChartHead, height: f64) -> Self {
        let (id, title, desc) = (Escaped(&head.id), Escaped(&head.title), Escaped(&head.desc));
        let text = format!(
            "<svg class=\"chart\" role=\"img\" width=\"100%\" height=\"{height}\" \
             aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-desc\">{desc}</desc>\n",
            height = Number(height),
        );
        Self { text }
    }

    /// The image.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Draws a mark as a link to its row.
    pub(super) fn linked(&mut self, link: &MarkLink, draw: impl FnOnce(&mut Self)) {
        // The caption of the chart has a link for the keyboard: a stop at every mark would be slow.
        self.put(format_args!(
            "<a href=\"#{}\" tabindex=\"-1\"><title>{}</title>",
            Escaped(&link.row),
            Escaped(&link.tip)
        ));
        draw(self);
        self.put(format_args!("</a>\n"));
    }

    pub(super) fn rect(&mut self, extent: Extent, class: &str) {
        let Extent {
            x,
            y,
            width,
            height,
        } = extent;
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"/>",
            Number(x),
            Number(y),
            Number(width.max(0.0)),
            Number(height.max(0.0))
        ));
    }

    /// Draws a line between two points: columns in percent, rows in pixels.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{}%\" y1=\"{}\" x2=\"{}%\" y2=\"{}\"/>",
            Number(from.0),
            Number(from.1),
            Number(to.0),
            Number(to.1)
        ));
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, class: &str) {
        self.put(format_args!(
            "<circle class=\"{class}\" cx=\"{}%\" cy=\"{}\" r=\"{}\"/>",
            Number(x),
            Number(y),
            Number(radius)
        ));
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{}%\" y=\"{}\"{anchor}>{}</text>",
            Number(x),
            Number(y),
            Escaped(text)
        ));
    }

    /// Ends a line of the file, which keeps a difference between two files readable.
    pub(super) fn newline(&mut self) {
        self.text.push('\n');
    }

    fn put(&mut self, arguments: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(arguments);
    }
}

/// A number with at most two decimals and without trailing zeros.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", if self.0.is_finite() { self.0 } else { 0.0 });
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

/// A text from data, without control characters, and escaped so that it cannot be markup.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in clean(self.0).chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
