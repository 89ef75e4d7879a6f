//! The committed pages are what the provider's schema and the examples generate.

use std::path::Path;

use e2e::Sandbox;
use e2e::docs;
use e2e::source::{self, project};

/// The committed pages match what the schema and the examples generate. `make docs` regenerates
/// them.
#[test]
fn docs_are_fresh() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", "provider \"jiti\" {}\n");
    let text = root.run(&["providers", "schema", "-json"]).ok().stdout;
    let schemas: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut schema = schemas["provider_schemas"]["registry.terraform.io/jiti-dev/jiti"].clone();
    // Terraform prints what it knows. A test of the provider writes the rest into this file.
    let newer = std::fs::read_to_string(project.join("provider/src/tests/newer_schemas.json"));
    let newer: serde_json::Value = serde_json::from_str(&newer.unwrap()).unwrap();
    for (kind, schemas) in newer.as_object().unwrap() {
        schema[kind] = schemas.clone();
    }
    let pages = docs::pages(&schema, &project.join("examples"));
    assert!(pages.len() >= 9, "{:?}", pages.keys());
    for (name, text) in pages {
        assert!(
            !text.contains(") \n"),
            "{name}: an attribute has no description"
        );
        let file = project.join("docs").join(&name);
        #[expect(
            clippy::disallowed_methods,
            reason = "`make docs` sets JITI_BLESS to rewrite the pages"
        )]
        if std::env::var_os("JITI_BLESS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(committed, text, "docs/{name} is stale: run `make docs`");
    }
}

/// The guide on numbers names the tests and scenarios that check its examples, and all of them
/// exist.
#[test]
fn the_numbers_are_tested() {
    let guide = std::fs::read_to_string(project().join("docs/guides/numbers.md")).unwrap();
    // Lines are wrapped anywhere.
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = |kind: &str| -> Vec<String> {
        let parts = guide.split(kind).skip(1);
        let parts = parts.map(|part| part.split_once(')').map_or(part, |(named, _)| named));
        let names = parts.flat_map(|part| part.split('`').skip(1).step_by(2));
        names.map(str::to_owned).collect()
    };
    let tests = [named("(Test "), named("(Tests ")].concat();
    let files = source::files(&["stack", "tui", "tests"]);
    assert!(tests.len() > 10, "{tests:?}");
    for test in tests {
        let signature = format!("fn {test}(");
        let mut lines = files.iter().flat_map(source::SourceFile::lines);
        let is_there = lines.any(|(_, line)| line.contains(&signature));
        assert!(
            is_there,
            "docs/guides/numbers.md names {test}, which is no test"
        );
    }
    let scenarios = [named("(Scenario "), named("(Scenarios ")].concat();
    assert!(scenarios.len() > 3, "{scenarios:?}");
    for scenario in scenarios {
        let files = [
            format!("stack/tests/scenarios/{scenario}.toml"),
            format!("stack/src/report/tests/scenarios/{scenario}.txt"),
        ];
        let is_there = files.iter().any(|file| project().join(file).is_file());
        assert!(is_there, "there is none of {files:?}");
    }
}
