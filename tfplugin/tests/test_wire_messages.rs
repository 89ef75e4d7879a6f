//! Schemas, diagnostics and paths as messages, and values conformed to their block.

use tfplugin::internals::proto::tfplugin6 as proto;
use tfplugin::internals::wire::{self, conform};
use tfplugin::schema::{Attribute, Block, Mode, NestedBlock, Nesting, Schema, Shape};
use tfplugin::{Diagnostic, Dynamic, Path, Type};

fn nested(name: &str, nesting: Nesting) -> NestedBlock {
    NestedBlock {
        name: name.to_owned(),
        nesting,
        min_items: 0,
        max_items: 0,
        block: Block {
            attributes: vec![Attribute::new("v", Type::String, Mode::Optional)],
            ..Block::default()
        },
    }
}

fn block() -> Block {
    let object = Type::object([("x", Type::Bool)]);
    let shape = Shape::Nested {
        nesting: Nesting::Map,
        attributes: vec![Attribute::new("y", object, Mode::Computed)],
    };
    Block {
        description: "A thing.".to_owned(),
        deprecated: Some("Use another.".to_owned()),
        attributes: vec![
            Attribute::new("name", Type::String, Mode::Required),
            Attribute::new("nested", shape, Mode::OptionalComputed),
        ],
        blocks: vec![
            nested("single", Nesting::Single),
            nested("group", Nesting::Group),
            nested("list", Nesting::List),
            nested("set", Nesting::Set),
            nested("map", Nesting::Map),
        ],
        ..Block::default()
    }
}

/// Missing attributes and blocks are added, and extra attributes are dropped.
#[test]
fn conforming() {
    let leaf = Dynamic::object([("v", Dynamic::Null)]);
    let none = Dynamic::object::<&str, Dynamic>([]);
    let blocks = |single, group| {
        [
            ("single", single),
            ("group", group),
            ("list", Dynamic::list([leaf.clone()])),
            ("set", Dynamic::List(Vec::new())),
            ("map", none.clone()),
        ]
    };
    let inner = Dynamic::object([("x", Dynamic::Null)]);
    let expected = Dynamic::object(
        [
            ("name", Dynamic::Null),
            (
                "nested",
                Dynamic::object([("k", Dynamic::object([("y", inner)]))]),
            ),
        ]
        .into_iter()
        .chain(blocks(Dynamic::Null, leaf.clone())),
    );
    let sparse = Dynamic::object([
        ("list", Dynamic::list([none.clone()])),
        ("set", Dynamic::Null),
        (
            "nested",
            Dynamic::object([(
                "k",
                Dynamic::object([("y", none.clone()), ("old", none.clone())]),
            )]),
        ),
        ("gone", Dynamic::from(1)),
    ]);
    let conformed = conform(&block(), sparse);
    assert_eq!(conformed, expected);
    assert_eq!(conform(&block(), conformed.clone()), conformed);
    assert!(wire::encode(&conformed, &block().implied_type()).is_ok());

    for value in [Dynamic::Null, Dynamic::unknown()] {
        assert_eq!(conform(&block(), value.clone()), value);
    }
}

/// The message of a schema has all its properties.
#[test]
fn schemas() {
    let mut secret = Attribute::new("secret", Type::list(Type::Number), Mode::Optional);
    secret.sensitive = true;
    secret.write_only = true;
    secret.deprecated = Some("No.".to_owned());
    let mut block = block();
    block.attributes.push(secret);
    let message = proto::Schema::from(&Schema { version: 3, block });

    assert_eq!(message.version, 3);
    let block = message.block.unwrap();
    assert_eq!(block.description, "A thing.");
    assert_eq!(block.description_kind(), proto::StringKind::Markdown);
    assert!(block.deprecated && block.deprecation_message == "Use another.");

    let modes: Vec<_> = block
        .attributes
        .iter()
        .map(|a| (a.name.as_str(), a.required, a.optional, a.computed))
        .collect();
    assert_eq!(
        modes,
        [
            ("name", true, false, false),
            ("nested", false, true, true),
            ("secret", false, true, false),
        ]
    );
    let secret = &block.attributes[2];
    assert_eq!(secret.r#type, br#"["list","number"]"#);
    assert!(secret.sensitive && secret.write_only && secret.deprecated);
    assert_eq!(secret.deprecation_message, "No.");

    let nested = block.attributes[1].nested_type.as_ref().unwrap();
    assert!(block.attributes[1].r#type.is_empty());
    assert_eq!(nested.nesting(), proto::schema::object::NestingMode::Map);
    assert_eq!(nested.attributes[0].r#type, br#"["object",{"x":"bool"}]"#);
    assert!(nested.attributes[0].computed && !nested.attributes[0].optional);

    let nestings: Vec<_> = block
        .block_types
        .iter()
        .map(|b| (b.type_name.as_str(), b.nesting, b.block.is_some()))
        .collect();
    assert_eq!(
        nestings,
        [
            ("single", 1, true),
            ("group", 5, true),
            ("list", 2, true),
            ("set", 3, true),
            ("map", 4, true),
        ]
    );
}

/// Diagnostics and paths survive the conversion to messages and back. The root path is omitted.
#[test]
fn diagnostics() {
    let error = Diagnostic::error("No", "Not at all.").at("http");
    let path = Path::new("http").index(1).attribute("labels").key("k");
    let nested = Diagnostic::error("No", "This is at http[1].labels[\"k\"].").at(path);
    let warning = Diagnostic::warning("Hm", "");
    for diagnostic in [error, nested, warning] {
        let message = proto::Diagnostic::from(diagnostic.clone());
        assert_ne!(message.severity(), proto::diagnostic::Severity::Invalid);
        assert_eq!(message.attribute.is_none(), diagnostic.path.is_root());
        assert_eq!(Diagnostic::from(message), diagnostic);
    }
}

/// Terraform prints no path below the first level, so the text names it. A path ends at a set.
#[test]
fn a_diagnostic_names_its_location() {
    let set = Path::new("rules");
    let table = [
        (Path::root(), "Why.", "Why.", Path::root()),
        (Path::new("name"), "Why.", "Why.", Path::new("name")),
        (
            Path::new("http").index(1).attribute("url"),
            "Why.",
            "Why.\n\nThis is at http[1].url.",
            Path::new("http").index(1).attribute("url"),
        ),
        (
            set.element().attribute("ports").index(2),
            "",
            "This is at rules[*].ports[2].",
            set.clone(),
        ),
        (
            set.element(),
            "An element.",
            "An element.\n\nThis is at rules[*].",
            set,
        ),
    ];
    for (path, detail, text, shown) in table {
        let message = proto::Diagnostic::from(Diagnostic::error("No", detail).at(path));
        assert_eq!(message.detail, text);
        assert_eq!(Diagnostic::from(message).path, shown);
    }
}
