//! Nested blocks: how many, in what order, and what a `dynamic` block leaves open.

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
    #[block(single, min = 1, deprecated = "write a rule")]
    fallback: Option<Rule>,
    #[block(group)]
    timeouts: Rule,
    #[block(map, name = "zone")]
    by_zone: BTreeMap<String, Rule>,
    #[block(list)]
    later: Value<Vec<Rule>>,
}

/// One rule.
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

fn whole() -> Dynamic {
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
fn what_goes_in_comes_out() {
    let model = decode(whole()).expect("it fits");
    assert_eq!(model.rule.len(), 2);
    assert_eq!(model.timeouts.port, Value::Known(5));
    assert_eq!(model.encode(), whole());
}

#[test]
fn blocks_that_are_left_out_are_empty_and_never_null() {
    let value = Dynamic::object([("timeouts", Dynamic::object([("port", Dynamic::Null)]))]);
    let model = decode(value).expect("it fits");
    assert_eq!(model.later, Value::Null);
    let encoded = model.encode();
    let at = |name: &str| encoded.get(&Path::new(name)).cloned();
    assert_eq!(at("rule"), Some(Dynamic::List(vec![])));
    assert_eq!(at("peer"), Some(Dynamic::List(vec![])));
    assert_eq!(at("later"), Some(Dynamic::List(vec![])));
    assert_eq!(at("zone"), Some(Dynamic::Map(BTreeMap::new())));
    assert_eq!(at("fallback"), Some(Dynamic::Null));
}

#[test]
fn blocks_that_a_dynamic_block_leaves_open_are_unknown_or_an_error_that_says_so() {
    let mut value = whole();
    value
        .set(&Path::new("later"), Dynamic::unknown())
        .expect("the place is there");
    let model = decode(value.clone()).expect("it fits");
    assert_eq!(model.later, Value::Unknown);
    assert_eq!(model.encode(), value);

    value
        .set(&Path::new("rule"), Dynamic::unknown())
        .expect("the place is there");
    let failure = decode(value).expect_err("a Vec has no room for it");
    assert!(
        failure
            .to_string()
            .starts_with("rule: Blocks not known yet"),
        "{failure}"
    );
}

#[test]
fn a_failure_names_the_block_by_its_address_and_in_a_set_the_set() {
    let mut value = whole();
    let wrong = || Dynamic::list([rule(1), Dynamic::object([("port", "x")])]);
    value
        .set(&Path::new("rule"), wrong())
        .expect("the place is there");
    value
        .set(&Path::new("peer"), wrong())
        .expect("the place is there");
    let failure = decode(value).expect_err("it does not fit");
    let paths: Vec<_> = failure
        .diagnostics()
        .iter()
        .map(|d| d.path.to_string())
        .collect();
    assert_eq!(paths, ["rule[1].port", "peer.port"]);
}

#[test]
fn the_schema_has_the_limits_as_the_protocol_wants_them() {
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
    assert_eq!(fallback, Some(Some("write a rule".to_owned())));
    let described = |name| {
        schema
            .block
            .nested_block(name)
            .map(|b| b.block.description.clone())
    };
    assert_eq!(described("rule").as_deref(), Some("Rules, in order."));
    assert_eq!(
        described("peer").as_deref(),
        Some("One rule."),
        "the model's own"
    );
}
