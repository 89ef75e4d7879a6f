//! A table with a legend. A reader sorts it by a column title, without a script: the title has a
//! radio button, and the style orders the rows by the rank that each has in the chosen column.

use std::cmp::Ordering;
use std::fmt;

use crate::chart::Escaped;

/// The highest number of rows. A page of many thousand rows would not open on a phone.
const MAX_ROWS: usize = 300;

/// The number of columns that the style can sort by.
const MAX_SORTED_COLUMNS: usize = 14;

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct PageTable {
    pub(crate) id: &'static str,
    pub(crate) caption: String,
    pub(crate) columns: Vec<PageColumn>,
    /// The rows, in the order of the first column that is shown as sorted.
    pub(crate) rows: Vec<PageRow>,
    /// The column by which the rows are sorted at first.
    pub(crate) sorted_by: usize,
    /// The sentence in place of a table without rows.
    pub(crate) empty: &'static str,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageColumn {
    pub(crate) title: &'static str,
    /// What the column means, its unit, and where it comes from.
    pub(crate) legend: &'static str,
    pub(crate) kind: ColumnKind,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Names, on the left. They sort from A to Z.
    Text,
    /// Sentences, which are wrapped.
    Prose,
    /// Figures, on the right. They sort from the largest.
    Figure,
}

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct PageRow {
    /// The id of the row, unique in the page. Marks of charts link to it.
    pub(crate) id: String,
    pub(crate) cells: Vec<PageCell>,
    /// A total stays at the end.
    pub(crate) is_total: bool,
}

/// A cell.
#[derive(Clone, Debug)]
pub(crate) struct PageCell {
    pub(crate) text: String,
    pub(crate) key: CellKey,
}

/// The value by which a cell sorts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CellKey {
    /// The cell's text.
    Text,
    /// A number.
    Number(f64),
    /// An unknown value, which comes last.
    Unknown,
}

impl PageColumn {
    /// A column of texts.
    pub(crate) const fn text(title: &'static str, legend: &'static str) -> Self {
        Self {
            title,
            legend,
            kind: ColumnKind::Text,
        }
    }

    /// A column of sentences.
    pub(crate) const fn prose(title: &'static str, legend: &'static str) -> Self {
        Self {
            title,
            legend,
            kind: ColumnKind::Prose,
        }
    }

    /// A column of figures.
    pub(crate) const fn figure(title: &'static str, legend: &'static str) -> Self {
        Self {
            title,
            legend,
            kind: ColumnKind::Figure,
        }
    }
}

impl PageCell {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            key: CellKey::Text,
        }
    }

    /// A figure with the number by which it sorts.
    pub(crate) fn figure(text: impl Into<String>, number: f64) -> Self {
        Self {
            text: text.into(),
            key: CellKey::Number(number),
        }
    }

    /// A value that is not known.
    pub(crate) fn unknown() -> Self {
        Self {
            text: crate::format::values::UNKNOWN.to_owned(),
            key: CellKey::Unknown,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let unknown_last = (self.key == CellKey::Unknown).cmp(&(other.key == CellKey::Unknown));
        let by_key = match (self.key, other.key) {
            (CellKey::Number(one), CellKey::Number(two)) => two.total_cmp(&one),
            (CellKey::Text, CellKey::Text) => {
                let (one, two) = (self.text.to_lowercase(), other.text.to_lowercase());
                one.cmp(&two).then_with(|| self.text.cmp(&other.text))
            }
            // A column has one kind of values, apart from unknown ones.
            _ => Ordering::Equal,
        };
        unknown_last.then(by_key)
    }
}

impl PageTable {
    /// The rank of each row in each column, from 1.
    fn ranks(&self, rows: &[PageRow]) -> Vec<Vec<usize>> {
        let mut ranks = vec![Vec::with_capacity(self.columns.len()); rows.len()];
        for column in 0..self.columns.len().min(MAX_SORTED_COLUMNS) {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by(|one, two| {
                let cell = |row: &usize| rows.get(*row).and_then(|row| row.cells.get(column));
                match (cell(one), cell(two)) {
                    (Some(one), Some(two)) => one.compare(two),
                    (one, two) => two.is_some().cmp(&one.is_some()),
                }
            });
            for (rank, row) in order.into_iter().enumerate() {
                if let Some(ranks) = ranks.get_mut(row) {
                    ranks.push(rank + 1);
                }
            }
        }
        ranks
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<thead>\n<tr>")?;
        for (index, column) in self.columns.iter().enumerate() {
            let checked = if index == self.sorted_by {
                " checked"
            } else {
                ""
            };
            writeln!(
                f,
                "<th scope=\"col\"{} title=\"{}\"><label><input type=\"radio\" \
                 name=\"{}-order\"{checked}>{}</label></th>",
                class(column),
                Escaped(column.legend),
                self.id,
                Escaped(column.title)
            )?;
        }
        writeln!(f, "</tr>\n</thead>")
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, row: &PageRow, ranks: &[usize]) -> fmt::Result {
        let total = if row.is_total { " class=\"total\"" } else { "" };
        write!(f, "<tr id=\"{}\"{total}", Escaped(&row.id))?;
        if !row.is_total {
            write!(f, " style=\"")?;
            for (index, rank) in ranks.iter().enumerate() {
                write!(f, "--s{}:{rank};", index + 1)?;
            }
            write!(f, "\"")?;
        }
        write!(f, ">")?;
        for (index, (cell, column)) in row.cells.iter().zip(&self.columns).enumerate() {
            let text = Escaped(&cell.text);
            if index == 0 {
                write!(f, "<th scope=\"row\">{text}</th>")?;
            } else {
                write!(f, "<td{}>{text}</td>", class(column))?;
            }
        }
        writeln!(f, "</tr>")
    }

    fn legend(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "<details class=\"legend\">\n<summary>What the columns mean</summary>\n<dl>"
        )?;
        for column in &self.columns {
            writeln!(
                f,
                "<div><dt>{}</dt><dd>{}</dd></div>",
                Escaped(column.title),
                Escaped(column.legend)
            )?;
        }
        writeln!(f, "</dl>\n</details>")
    }
}

fn class(column: &PageColumn) -> &'static str {
    match column.kind {
        ColumnKind::Text => "",
        ColumnKind::Prose => " class=\"prose\"",
        ColumnKind::Figure => " class=\"figure\"",
    }
}

impl fmt::Display for PageTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        if self.rows.is_empty() {
            return writeln!(
                f,
                "<p class=\"empty\" id=\"{id}\">{}</p>",
                Escaped(self.empty)
            );
        }
        let (totals, rows): (Vec<&PageRow>, Vec<&PageRow>) =
            self.rows.iter().partition(|row| row.is_total);
        let left_out = rows.len().saturating_sub(MAX_ROWS);
        let rows: Vec<PageRow> = rows.into_iter().take(MAX_ROWS).cloned().collect();
        writeln!(
            f,
            "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n\
             <table id=\"{id}\" style=\"--columns:{columns}\">\n<caption>{caption}</caption>",
            caption = Escaped(&self.caption),
            columns = self.columns.len()
        )?;
        self.head(f)?;
        writeln!(f, "<tbody>")?;
        for (row, ranks) in rows.iter().zip(self.ranks(&rows)) {
            self.row(f, row, &ranks)?;
        }
        for total in totals {
            self.row(f, total, &[])?;
        }
        writeln!(f, "</tbody>\n</table>\n</div>")?;
        let sorted = self.columns.get(self.sorted_by).map_or("", |c| c.title);
        writeln!(
            f,
            "<p class=\"note\">Sorted by {}. <span class=\"sortable\">To sort by another column, \
             select its title.</span></p>",
            Escaped(sorted)
        )?;
        if left_out > 0 {
            writeln!(
                f,
                "<p class=\"note\">{} more rows are in <code>jiti report --json</code>.</p>",
                crate::format::values::thousands(left_out)
            )?;
        }
        self.legend(f)
    }
}
