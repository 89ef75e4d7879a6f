//! The code in the overview and in the guide is that of the example `minimal`, which other tests
//! compile and run.

/// The overview shows the example `minimal`.
#[test]
fn the_overview_shows_the_minimal_example() {
    let overview = include_str!("../docs/overview.md");
    let example = include_str!("../examples/minimal/main.rs");
    let shown = overview
        .split("```no_run\n")
        .nth(1)
        .and_then(|rest| rest.split("```\n").next());
    assert_eq!(shown, Some(example));
}

/// The guide shows the example's files, and the acceptance test that runs it.
#[test]
fn the_guide_shows_the_minimal_example() {
    let guide = include_str!("../docs/publishing.md");
    let shown = |file: &str| {
        let after = guide.split_once(&format!("<!-- file: {file} -->\n```rust"));
        let code = after.and_then(|(_, rest)| rest.split_once('\n'));
        let code = code.and_then(|(_, rest)| rest.split_once("```\n"));
        code.map(|(code, _)| code)
    };
    let example = include_str!("../examples/minimal/main.rs");
    assert_eq!(shown("src/main.rs"), Some(example));
    let tests = include_str!("../examples/minimal/tests.rs");
    assert_eq!(shown("src/tests.rs"), Some(tests));

    // The author's test gets the executable from cargo, and ours builds the example.
    let acceptance = shown("tests/acceptance.rs").unwrap_or_default();
    let (_, test) = acceptance.split_once("#[test]").unwrap_or_default();
    let ours = test.replace(
        "env!(\"CARGO_BIN_EXE_terraform-provider-minimal\")",
        "example(\"minimal\")",
    );
    assert!(include_str!("test_minimal.rs").contains(&ours), "{ours}");
}
