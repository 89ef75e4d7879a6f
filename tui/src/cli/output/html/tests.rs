//! The page as markup: valid, escaped, sorted.

use super::*;

fn table(rows: Vec<PageRow>) -> PageTable {
    PageTable {
        id: "apps",
        caption: "Apps & more".to_owned(),
        columns: vec![
            PageColumn::text("App", "The app."),
            PageColumn::figure("Spent", "Dollars: list price × time."),
        ],
        rows,
        sorted_by: 1,
        empty: "No stack existed in this period.",
    }
}

fn row(id: &str, name: &str, spent: PageCell) -> PageRow {
    PageRow {
        id: id.to_owned(),
        cells: vec![PageCell::text(name), spent],
        is_total: id == "total",
    }
}

fn page(table: PageTable) -> HtmlPage {
    HtmlPage {
        title: "a & b".to_owned(),
        notes: vec!["\"quoted\"".to_owned()],
        facts: vec![Fact {
            label: "Spent",
            value: "≥ $3.00".to_owned(),
            note: "<1 % idle".to_owned(),
            section: "groups",
        }],
        sections: vec![Section {
            id: "groups",
            title: "Groups",
            lead: vec!["One sentence.".to_owned()],
            figures: Vec::new(),
            tables: vec![table],
        }],
    }
}

/// Markup in a name is shown as text, and the page stays valid.
#[test]
fn names_are_escaped() {
    let evil = "<script src=http://x>alert('x')</script>";
    let text = page(table(vec![row("a", evil, PageCell::unknown())])).to_string();
    html_check::check(&text);
    assert!(!text.contains("<script"), "{text}");
    assert!(text.contains("alert(&#39;x&#39;)"), "{text}");
    assert!(
        text.contains("a &amp; b") && text.contains("&quot;quoted"),
        "{text}"
    );
}

/// Each row has its rank in each column: names from A to Z, figures from the largest, unknown last.
/// A total has no rank and stays at the end.
#[test]
fn rows_sort_by_every_column() {
    let rows = vec![
        row("a", "search", PageCell::figure("$2.00", 2.0)),
        row("b", "Auth", PageCell::unknown()),
        row("c", "maps", PageCell::figure("$10.00", 10.0)),
        row("total", "total", PageCell::figure("$12.00", 12.0)),
    ];
    let text = page(table(rows)).to_string();
    html_check::check(&text);
    for (id, ranks) in [
        ("a", "--s1:3;--s2:2;"),
        ("b", "--s1:1;--s2:3;"),
        ("c", "--s1:2;--s2:1;"),
    ] {
        let start = format!("<tr id=\"{id}\" style=\"{ranks}\">");
        assert!(text.contains(&start), "{start}: {text}");
    }
    assert!(text.contains("<tr id=\"total\" class=\"total\">"), "{text}");
    assert!(text.contains("Sorted by Spent."), "{text}");
}

/// A table without rows is a sentence, to which links still lead.
#[test]
fn an_empty_table_is_a_sentence() {
    let text = page(table(Vec::new())).to_string();
    html_check::check(&text);
    assert!(!text.contains("<table"), "{text}");
    assert!(
        text.contains("<p class=\"empty\" id=\"apps\">No stack"),
        "{text}"
    );
}

/// A long table is cut, and says so.
#[test]
fn a_long_table_is_cut() {
    let rows = (0..1_500).map(|n| {
        let name = format!("app-{n}");
        row(&name, &name, PageCell::figure("$1.00", 1.0))
    });
    let text = page(table(rows.collect())).to_string();
    html_check::check(&text);
    assert!(text.contains("1,200 more rows are in"), "{text}");
}
