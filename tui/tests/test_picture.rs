//! The pictures in the README.

use jiff::Timestamp;

use crate::html_check;

#[path = "../examples/picture.rs"]
#[expect(dead_code, reason = "the example's own main is not called here")]
mod picture;

/// The committed picture matches what the renderer draws. `make picture` updates it.
#[test]
fn the_picture_is_fresh() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dashboard.svg");
    let committed = std::fs::read_to_string(file).unwrap();
    assert!(
        committed == picture::svg(),
        "docs/dashboard.svg is stale: run `make picture`"
    );
}

/// The page of the demo's report is valid and has every chart. The test leaves it in
/// target/tmp/report.html, from which `make picture` takes the picture.
#[test]
fn the_page_of_the_demo() {
    let now: Timestamp = "2026-03-02T14:00:00Z".parse().unwrap();
    let page = tui::testing::demo_page(now);
    html_check::check(&page);
    for chart in [
        "spend-chart",
        "apps-chart",
        "owners-chart",
        "init-chart",
        "starts-chart",
        "versions-chart",
        "verdicts-chart",
        "savings-chart",
    ] {
        let title = format!("<title id=\"{chart}-title\">");
        assert!(page.contains(&title), "the page has no {chart}");
    }
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/report.html");
    std::fs::write(file, page).unwrap();
}
