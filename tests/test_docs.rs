//! The committed pages are what the provider's schema and the examples generate.

use std::path::Path;

use e2e::Sandbox;
use e2e::docs;

/// The committed pages match what the schema and the examples generate. `make docs` regenerates
/// them.
#[test]
fn docs_are_fresh() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", "provider \"jiti\" {}\n");
    let text = root.run(&["providers", "schema", "-json"]).ok().stdout;
    let schemas: serde_json::Value = serde_json::from_str(&text).unwrap();
    let schema = &schemas["provider_schemas"]["registry.terraform.io/jiti-dev/jiti"];
    let pages = docs::pages(schema, &project.join("examples"));
    assert!(pages.len() >= 8, "{:?}", pages.keys());
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
