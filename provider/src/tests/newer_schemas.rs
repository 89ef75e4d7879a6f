//! The schemas that only Terraform 1.12 and later print, for the reference pages.

use serde_json::{Map, Value as Json, json};
use tfplugin::internals::proto::tfplugin6::schema::{Attribute, Block};

use super::workspace::Workspace;

/// The file has the identities, the lists and the actions of this provider, in the form of
/// `terraform providers schema -json`. `make docs` writes it.
#[tokio::test]
async fn newer_schemas_are_fresh() {
    let harness = Workspace::new("").unconfigured("root", false);
    let schemas = harness.schema_messages().await.unwrap();
    let identities = harness.identity_messages().await.unwrap();
    let lists = schemas.list_resource_schemas.iter();
    let lists = lists.map(|(name, schema)| {
        let block = block(schema.block.as_ref().unwrap());
        (
            name.clone(),
            json!({"version": schema.version, "block": block}),
        )
    });
    let identities = identities.identity_schemas.iter().map(|(name, schema)| {
        let attributes = schema.identity_attributes.iter().map(|attribute| {
            let mut entry = json!({
                "type": ty(&attribute.r#type), "description": attribute.description,
            });
            set_if(
                &mut entry,
                "required_for_import",
                attribute.required_for_import,
            );
            set_if(
                &mut entry,
                "optional_for_import",
                attribute.optional_for_import,
            );
            (attribute.name.clone(), entry)
        });
        let attributes: Map<_, _> = attributes.collect();
        (
            name.clone(),
            json!({"version": schema.version, "attributes": attributes}),
        )
    });
    let actions = schemas.action_schemas.iter().map(|(name, action)| {
        let schema = action.schema.as_ref().unwrap();
        let block = block(schema.block.as_ref().unwrap());
        (name.clone(), json!({ "block": block }))
    });
    let newer = json!({
        "action_schemas": actions.collect::<Map<_, _>>(),
        "list_resource_schemas": lists.collect::<Map<_, _>>(),
        "resource_identity_schemas": identities.collect::<Map<_, _>>(),
    });
    let text = serde_json::to_string_pretty(&newer).unwrap() + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/newer_schemas.json");
    #[expect(
        clippy::disallowed_methods,
        reason = "`make docs` sets JITI_BLESS to rewrite the file"
    )]
    if std::env::var_os("JITI_BLESS").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(committed, text, "{file} is stale: run `make docs`");
}

fn block(block: &Block) -> Json {
    assert!(block.block_types.is_empty(), "blocks are not written yet");
    let attributes = block.attributes.iter();
    let attributes: Map<_, _> = attributes
        .map(|entry| (entry.name.clone(), attribute(entry)))
        .collect();
    json!({"attributes": attributes, "description": block.description})
}

fn attribute(attribute: &Attribute) -> Json {
    assert!(
        attribute.nested_type.is_none(),
        "nested attributes are not written yet"
    );
    let mut entry = json!({
        "type": ty(&attribute.r#type), "description": attribute.description,
    });
    set_if(&mut entry, "required", attribute.required);
    set_if(&mut entry, "optional", attribute.optional);
    entry
}

fn ty(json: &[u8]) -> Json {
    serde_json::from_slice(json).unwrap()
}

fn set_if(entry: &mut Json, name: &str, flag: bool) {
    if flag {
        entry[name] = json!(true);
    }
}
