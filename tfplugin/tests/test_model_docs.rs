//! The provider on the first page of the documentation.

/// The provider in the overview is the example, which is compiled and applied.
#[test]
fn the_provider_on_the_first_page_is_the_minimal_example() {
    let overview = include_str!("../docs/overview.md");
    let example = include_str!("../examples/minimal.rs");
    let shown = overview
        .split("```no_run\n")
        .nth(1)
        .and_then(|rest| rest.split("```\n").next());
    assert_eq!(shown, Some(example));
}
