//! The provider in the overview.

/// The overview shows the example `minimal`, which is compiled and applied in other tests.
#[test]
fn the_overview_shows_the_minimal_example() {
    let overview = include_str!("../docs/overview.md");
    let example = include_str!("../examples/minimal.rs");
    let shown = overview
        .split("```no_run\n")
        .nth(1)
        .and_then(|rest| rest.split("```\n").next());
    assert_eq!(shown, Some(example));
}
