//! HTML: one page that needs nothing but itself, and runs nothing.

use std::fmt::{self, Write as _};

use crate::format::text::clean;

/// A page with one table.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// The names of the columns; the first holds text, the others figures.
    pub(crate) head: &'a [&'a str],
    pub(crate) rows: &'a [Vec<String>],
    /// Whether the last row is the sum of the others.
    pub(crate) totals: bool,
    /// Sentences below the table.
    pub(crate) remarks: &'a [String],
}

/// Legible on a screen, dark or light, and on paper.
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

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Safe(self.title);
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
        for name in self.head {
            writeln!(f, "<th scope=\"col\">{}</th>", Safe(name))?;
        }
        writeln!(f, "</tr>\n</thead>\n<tbody>")?;
        for (place, row) in self.rows.iter().enumerate() {
            let sum = self.totals && place + 1 == self.rows.len();
            let class = if sum { " class=\"sum\"" } else { "" };
            write!(f, "<tr{class}>")?;
            for cell in row {
                write!(f, "<td>{}</td>", Safe(cell))?;
            }
            writeln!(f, "</tr>")?;
        }
        writeln!(f, "</tbody>\n</table>\n</div>")?;
        for remark in self.remarks {
            writeln!(f, "<p>{}</p>", Safe(remark))?;
        }
        writeln!(f, "</body>\n</html>")
    }
}

/// A text from data that is shown and never obeyed.
struct Safe<'a>(&'a str);

impl fmt::Display for Safe<'_> {
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

    /// What somebody wrote into a name is text on the page, and no part of it.
    #[test]
    fn names_are_not_obeyed() {
        let rows = [vec![
            "<script>alert('x')</script>".to_owned(),
            "1".to_owned(),
        ]];
        let page = Page {
            title: "a & b",
            head: &["APP", "STACKS"],
            rows: &rows,
            totals: false,
            remarks: &["\"quoted\"".to_owned()],
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
