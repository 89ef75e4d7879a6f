//! Nested blocks: their number, their order, and unknown `dynamic` blocks.

use std::collections::BTreeMap;

use tfplugin::schema::Nesting;
use tfplugin::{Dynamic, Model, Path, Value};

/// A firewall.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
struct Firewall {
    /// Rules, in order.
    #[block(list, min = 1, max = 9)]
    rule: Vec<Rule>,
    #[block(set)]
    peer: Vec<Rule>,
    /// The default.
    #[block(single, min = 1, deprecated = "use a rule")]
    fallback: Option<Rule>,
    #[block(group)]
    timeouts: Rule,
    #[block(map, name = "zone")]
    by_zone: BTreeMap<String, Rule>,
    #[block(list)]
    later: Value<Vec<Rule>>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[model(nested)]
struct Rule {
    /// A port.
    #[attribute(required)]
    port: Value<u16>,
}

fn rule(port: i64) -> Dynamic {
    Dynamic::object([("port", port)])
}

fn complete() -> Dynamic {
    Dynamic::object([
        ("rule", Dynamic::list([rule(1), rule(2)])),
        ("peer", Dynamic::list([rule(3)])),
        ("fallback", rule(4)),
        ("timeouts", rule(5)),
        ("zone", Dynamic::object([("a", rule(6))])),
        ("later", Dynamic::list([rule(7)])),
    ])
}

fn decode(value: Dynamic) -> tfplugin::Result<Firewall> {
    Firewall::decode(value, &Path::root())
}

#[test]
fn decoding_and_encoding_are_inverse() {
    let model = decode(complete()).expect("the value matches");
    assert_eq!(model.rule.len(), 2);
    assert_eq!(model.timeouts.port, Value::Known(5));
    assert_eq!(model.encode(), complete());
}

#[test]
fn omitted_blocks_are_empty_and_not_null() {
    let value = Dynamic::object([("timeouts", Dynamic::object([("port", Dynamic::Null)]))]);
    let model = decode(value).expect("the value matches");
    assert_eq!(model.later, Value::Null);
    let encoded = model.encode();
    let get = |name: &str| encoded.get(&Path::new(name)).cloned();
    assert_eq!(get("rule"), Some(Dynamic::List(vec![])));
    assert_eq!(get("peer"), Some(Dynamic::List(vec![])));
    assert_eq!(get("later"), Some(Dynamic::List(vec![])));
    assert_eq!(get("zone"), Some(Dynamic::Map(BTreeMap::new())));
    assert_eq!(get("fallback"), Some(Dynamic::Null));
}

#[test]
fn unknown_blocks_are_an_error_unless_the_field_is_a_value() {
    let mut value = complete();
    value
        .set(&Path::new("later"), Dynamic::unknown())
        .expect("the path exists");
    let model = decode(value.clone()).expect("the value matches");
    assert_eq!(model.later, Value::Unknown);
    assert_eq!(model.encode(), value);

    value
        .set(&Path::new("rule"), Dynamic::unknown())
        .expect("the path exists");
    let failure = decode(value).expect_err("a Vec cannot be unknown");
    assert!(
        failure.to_string().starts_with("rule: Unknown blocks"),
        "{failure}"
    );
}

#[test]
fn an_error_has_the_path_of_the_block_or_of_its_set() {
    let mut value = complete();
    let wrong = || Dynamic::list([rule(1), Dynamic::object([("port", "x")])]);
    value
        .set(&Path::new("rule"), wrong())
        .expect("the path exists");
    value
        .set(&Path::new("peer"), wrong())
        .expect("the path exists");
    let failure = decode(value).expect_err("the value does not match");
    let paths: Vec<_> = failure
        .diagnostics()
        .iter()
        .map(|d| d.path.to_string())
        .collect();
    assert_eq!(paths, ["rule[1].port", "peer[*].port"]);
}

#[test]
fn the_schema_has_the_limits_of_each_block() {
    let schema = Firewall::schema();
    assert_eq!(schema.check(), Ok(()));
    let limits: Vec<_> = schema
        .block
        .blocks
        .iter()
        .map(|b| (b.name.as_str(), b.nesting, b.min_items, b.max_items))
        .collect();
    assert_eq!(
        limits,
        [
            ("rule", Nesting::List, 1, 9),
            ("peer", Nesting::Set, 0, 0),
            ("fallback", Nesting::Single, 1, 1),
            ("timeouts", Nesting::Group, 0, 0),
            ("zone", Nesting::Map, 0, 0),
            ("later", Nesting::List, 0, 0),
        ]
    );
    let fallback = schema
        .block
        .nested_block("fallback")
        .map(|b| b.block.deprecated.clone());
    assert_eq!(fallback, Some(Some("use a rule".to_owned())));
    let description = |name| {
        schema
            .block
            .nested_block(name)
            .map(|b| b.block.description.clone())
    };
    assert_eq!(description("rule").as_deref(), Some("Rules, in order."));
    assert_eq!(
        description("peer").as_deref(),
        Some("A rule."),
        "the description of the model"
    );
}
