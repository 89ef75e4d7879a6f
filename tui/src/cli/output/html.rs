//! HTML output: one self-contained page without scripts, with charts, tables and their legends.
//!
//! ```text
//!  title
//!  period and notes
//!  ┌──────┐ ┌──────┐ ┌──────┐   facts
//!  section: a sentence, charts, tables
//!  section: …
//! ```

#[cfg(test)]
#[path = "../../../tests/html_check.rs"]
pub(crate) mod html_check;
mod table;

use std::fmt;

pub(crate) use self::table::{CellKey, PageCell, PageColumn, PageRow, PageTable};

use crate::chart::Escaped;

/// The style for dark and light screens, for phones and for paper.
const STYLE: &str = include_str!("html/style.css");

/// A page.
#[derive(Clone, Debug)]
pub(crate) struct HtmlPage {
    pub(crate) title: String,
    /// Sentences below the title.
    pub(crate) notes: Vec<String>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) sections: Vec<Section>,
}

/// One figure of the summary.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What the figure covers, or how it compares.
    pub(crate) note: String,
    /// The id of the section with the details.
    pub(crate) section: &'static str,
}

/// A part of the page with its own heading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What the section says, in sentences.
    pub(crate) lead: Vec<String>,
    pub(crate) figures: Vec<ChartFigure>,
    pub(crate) tables: Vec<PageTable>,
}

/// A chart with its caption.
#[derive(Clone, Debug)]
pub(crate) struct ChartFigure {
    pub(crate) title: String,
    /// The chart: markup, not text.
    pub(crate) svg: String,
    /// The class and the meaning of each colour.
    pub(crate) colours: Vec<(&'static str, String)>,
    /// The id of the table with the rows of the chart.
    pub(crate) table: &'static str,
    /// What the chart leaves out; empty if it shows every row.
    pub(crate) note: String,
}

impl fmt::Display for HtmlPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Escaped(&self.title);
        writeln!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
        )?;
        writeln!(f, "<header>\n<h1>{title}</h1>")?;
        for note in &self.notes {
            writeln!(f, "<p>{}</p>", Escaped(note))?;
        }
        writeln!(f, "</header>")?;
        self.contents(f)?;
        if !self.facts.is_empty() {
            writeln!(f, "<dl class=\"facts\">")?;
            for fact in &self.facts {
                write!(f, "{fact}")?;
            }
            writeln!(f, "</dl>")?;
        }
        for section in &self.sections {
            write!(f, "{section}")?;
        }
        writeln!(f, "</main>\n</body>\n</html>")
    }
}

impl HtmlPage {
    fn contents(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sections.is_empty() {
            return Ok(());
        }
        writeln!(f, "<nav aria-label=\"Sections\">\n<ul>")?;
        for Section { id, title, .. } in &self.sections {
            writeln!(f, "<li><a href=\"#{id}\">{}</a></li>", Escaped(title))?;
        }
        writeln!(f, "</ul>\n</nav>")
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            label,
            value,
            note,
            section,
        } = self;
        writeln!(
            f,
            "<div><dt><a href=\"#{section}\">{}</a></dt><dd><strong>{}</strong><span>{}</span>\
             </dd></div>",
            Escaped(label),
            Escaped(value),
            Escaped(note)
        )
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            title,
            lead,
            figures,
            tables,
        } = self;
        writeln!(
            f,
            "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n\
             <h2 id=\"{id}-heading\">{}</h2>",
            Escaped(title)
        )?;
        for sentence in lead {
            writeln!(f, "<p>{}</p>", Escaped(sentence))?;
        }
        if !figures.is_empty() {
            writeln!(f, "<div class=\"figures\">")?;
            for figure in figures {
                write!(f, "{figure}")?;
            }
            writeln!(f, "</div>")?;
        }
        for table in tables {
            write!(f, "{table}")?;
        }
        writeln!(f, "</section>")
    }
}

impl fmt::Display for ChartFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            title,
            svg,
            colours,
            table,
            note,
        } = self;
        writeln!(
            f,
            "<figure>\n<figcaption><b>{}</b> <a href=\"#{table}\">rows</a>",
            Escaped(title)
        )?;
        if !colours.is_empty() {
            write!(f, "<span class=\"colours\">")?;
            for (class, meaning) in colours {
                write!(
                    f,
                    "<span><i class=\"{class}\"></i>{}</span> ",
                    Escaped(meaning)
                )?;
            }
            writeln!(f, "</span>")?;
        }
        writeln!(f, "</figcaption>\n{svg}")?;
        if !note.is_empty() {
            writeln!(f, "<p class=\"note\">{}</p>", Escaped(note))?;
        }
        writeln!(f, "</figure>")
    }
}

#[cfg(test)]
mod tests;
