//! HTML output: one self-contained page without scripts.

use std::fmt::{self, Write as _};

use crate::format::text::clean;

/// A page with one table.
#[derive(Debug)]
pub(crate) struct HtmlPage<'a> {
    pub(crate) title: &'a str,
    /// The titles of the columns. The first column has text, the others have figures.
    pub(crate) header: &'a [&'a str],
    pub(crate) rows: &'a [Vec<String>],
    /// Whether the last row is the total.
    pub(crate) has_total: bool,
    /// Sentences below the table.
    pub(crate) notes: &'a [String],
}

/// A style for dark and light screens, and for paper.
const STYLE: &str = "\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884 }
th:first-child, td:first-child { text-align: left }
th { font-weight: 600 }
tr.sum td { font-weight: 600; border-top: 2px solid #8888 }
";

impl fmt::Display for HtmlPage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Escaped(self.title);
        writeln!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
        )?;
        writeln!(f, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(
            f,
            "<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
        )?;
        writeln!(
            f,
            "<h1>{title}</h1>\n<div class=\"wide\">\n<table>\n<thead>\n<tr>"
        )?;
        for name in self.header {
            writeln!(f, "<th scope=\"col\">{}</th>", Escaped(name))?;
        }
        writeln!(f, "</tr>\n</thead>\n<tbody>")?;
        for (index, row) in self.rows.iter().enumerate() {
            let is_total = self.has_total && index + 1 == self.rows.len();
            let class = if is_total { " class=\"sum\"" } else { "" };
            write!(f, "<tr{class}>")?;
            for cell in row {
                write!(f, "<td>{}</td>", Escaped(cell))?;
            }
            writeln!(f, "</tr>")?;
        }
        writeln!(f, "</tbody>\n</table>\n</div>")?;
        for note in self.notes {
            writeln!(f, "<p>{}</p>", Escaped(note))?;
        }
        writeln!(f, "</body>\n</html>")
    }
}

/// A text from data, escaped so that it cannot be markup.
struct Escaped<'a>(&'a str);

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Markup in a name is shown as text.
    #[test]
    fn names_are_escaped() {
        let rows = [vec![
            "<script>alert('x')</script>".to_owned(),
            "1".to_owned(),
        ]];
        let page = HtmlPage {
            title: "a & b",
            header: &["APP", "STACKS"],
            rows: &rows,
            has_total: false,
            notes: &["\"quoted\"".to_owned()],
        };
        let text = page.to_string();
        assert!(!text.contains("<script"), "{text}");
        assert!(text.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{text}");
        assert!(
            text.contains("a &amp; b") && text.contains("&quot;quoted"),
            "{text}"
        );
    }
}
