//! Models: conversions to and from structs, and errors for values that do not match.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin::model::Field;
use tfplugin::{Dynamic, Model, Number, Path, Text, Value};

/// Checks that must pass.
#[derive(Clone, Debug, PartialEq, Model)]
struct Readiness {
    /// The stack.
    #[attribute(required, requires_replace)]
    stack: Value<String>,
    /// Ports, in order.
    #[attribute(optional)]
    ports: Value<Vec<u16>>,
    /// Ports, some of which may be unknown.
    #[attribute(optional)]
    some_ports: Value<Vec<Value<u16>>>,
    /// Labels.
    #[attribute(optional)]
    labels: Value<BTreeMap<String, String>>,
    /// Zones.
    #[attribute(optional)]
    zones: Value<BTreeSet<String>>,
    /// HTTP checks.
    #[attribute(optional)]
    http: Value<Vec<Http>>,
    /// The main request.
    #[attribute(optional)]
    main: Value<Http>,
    /// Requests by name.
    #[attribute(optional)]
    named: Value<BTreeMap<String, Http>>,
    /// The kind.
    #[attribute(optional, name = "type")]
    kind: Value<String>,
    /// US dollars per hour.
    #[attribute(optional)]
    hourly_cost: Value<Number>,
    /// The duration.
    #[attribute(computed)]
    seconds: Value<f64>,
    /// Anything.
    #[attribute(optional)]
    any: Value<Dynamic>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
#[model(nested)]
struct Http {
    /// The URL.
    #[attribute(required)]
    url: Value<String>,
    /// The expected status.
    #[attribute(optional, default = 200)]
    status: Value<u16>,
}

fn http(url: &str) -> Dynamic {
    Dynamic::object([("url", Dynamic::from(url)), ("status", 200.into())])
}

/// A complete value with one attribute changed.
fn with(name: &str, attribute: impl Into<Dynamic>) -> Dynamic {
    let mut value = complete();
    value
        .set(&Path::new(name), attribute)
        .expect("the path exists");
    value
}

fn complete() -> Dynamic {
    Dynamic::object([
        ("stack", Dynamic::from("checkout")),
        ("ports", Dynamic::list([80, 443])),
        (
            "some_ports",
            Dynamic::list([Dynamic::from(80), Dynamic::unknown(), Dynamic::Null]),
        ),
        ("labels", Dynamic::object([("team", "a")])),
        ("zones", Dynamic::list(["a", "b"])),
        ("http", Dynamic::list([http("http://a"), http("http://b")])),
        ("main", http("http://c")),
        ("named", Dynamic::object([("x", http("http://d"))])),
        ("type", Dynamic::Null),
        (
            "hourly_cost",
            "0.42".parse::<Number>().expect("valid number").into(),
        ),
        ("seconds", Dynamic::unknown()),
        ("any", Dynamic::typed(tfplugin::Type::Bool, true)),
    ])
}

fn decode(value: Dynamic) -> tfplugin::Result<Readiness> {
    Readiness::decode(value, &Path::root())
}

/// The errors of decoding a value, one line each.
fn errors(value: Dynamic) -> Vec<String> {
    let failure = decode(value).expect_err("the value does not match");
    failure
        .diagnostics()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn decoding_and_encoding_are_inverse() {
    let model = decode(complete()).expect("the value matches");
    assert_eq!(model.ports, Value::Known(vec![80, 443]));
    assert_eq!(
        model.some_ports,
        Value::Known(vec![Value::Known(80), Value::Unknown, Value::Null])
    );
    assert_eq!(model.kind, Value::Null);
    assert_eq!(model.seconds, Value::Unknown);
    let urls = model
        .http
        .as_ref()
        .map(|all| all.iter().map(|h| h.url.clone()).collect::<Vec<_>>());
    assert_eq!(
        urls,
        Value::Known(vec!["http://a".into(), "http://b".into()])
    );
    assert_eq!(model.encode(), complete());
}

#[test]
fn a_missing_attribute_is_null_and_an_extra_one_is_dropped() {
    let sparse = Dynamic::object([("stack", "checkout"), ("removed_long_ago", "x")]);
    let model = decode(sparse).expect("the value matches");
    assert_eq!(model.stack, "checkout".into());
    let encoded = model.encode();
    let entries = encoded.as_map().expect("a model is an object");
    assert_eq!(entries.len(), 12);
    assert_eq!(entries.values().filter(|v| !v.is_null()).count(), 1);
}

#[test]
fn an_error_has_the_path_of_the_element() {
    let mut second = http("x");
    second
        .set(&Path::new("url"), true)
        .expect("the path exists");
    assert_eq!(
        errors(with(
            "http",
            Dynamic::list([http("http://a"), second.clone()])
        )),
        ["http[1].url: Unexpected value: Expected a string, found a boolean."]
    );
    assert_eq!(
        errors(with("named", Dynamic::object([("a b", second)]))),
        [r#"named["a b"].url: Unexpected value: Expected a string, found a boolean."#]
    );
    assert_eq!(
        errors(with("zones", Dynamic::list([1]))),
        ["zones[*]: Unexpected value: Expected a string, found a number."]
    );
}

#[test]
fn all_errors_are_reported_in_field_order() {
    let mut value = with("ports", Dynamic::list([-1, 80, 65536]));
    value
        .set(&Path::new("stack"), false)
        .expect("the path exists");
    assert_eq!(
        errors(value),
        [
            "stack: Unexpected value: Expected a string, found a boolean.",
            "ports[0]: Number out of range: Expected a whole number from 0 to 65535, found -1.",
            "ports[2]: Number out of range: Expected a whole number from 0 to 65535, found 65536.",
        ]
    );
}

#[test]
fn an_error_in_a_nested_model_has_the_full_path() {
    let value = with("stack", true);
    let path = Path::new("stacks").index(3);
    let failure = Readiness::decode(value, &path).expect_err("the value does not match");
    assert!(
        failure.to_string().starts_with("stacks[3].stack: "),
        "{failure}"
    );
}

#[test]
fn an_integer_is_never_rounded_and_a_float_is_the_nearest_one() {
    let number = |text: &str| Dynamic::Number(text.parse().expect("valid number"));
    assert_eq!(
        errors(with("ports", Dynamic::List(vec![number("80.5")]))),
        ["ports[0]: Number out of range: Expected a whole number from 0 to 65535, found 80.5."]
    );
    let third = decode(with("seconds", number("0.33333333333333333333")));
    assert_eq!(third.expect("it fits").seconds, Value::Known(1.0 / 3.0));
    let huge = errors(with("seconds", number("1e400")));
    assert!(
        huge[0].starts_with("seconds: Number out of range"),
        "{huge:?}"
    );
    let model = decode(with("seconds", number("0.1"))).expect("the value matches");
    assert_eq!(model.seconds, Value::Known(0.1));
    assert_eq!(
        model.encode().get(&Path::new("seconds")),
        Some(&number("0.1"))
    );
}

#[test]
fn a_plain_collection_with_an_unknown_element_is_unknown() {
    let partly_known = || Dynamic::list([Dynamic::from(80), Dynamic::unknown()]);
    let model = decode(with("ports", partly_known())).expect("the value matches");
    assert_eq!(model.ports, Value::Unknown);
    let model = decode(with("some_ports", partly_known())).expect("the value matches");
    assert_eq!(
        model.some_ports,
        Value::Known(vec![Value::Known(80), Value::Unknown])
    );
}

#[test]
fn a_nested_model_can_have_an_unknown_attribute() {
    let value = with(
        "http",
        Dynamic::list([Dynamic::object([("url", Dynamic::unknown())])]),
    );
    let model = decode(value).expect("the value matches");
    let http = model.http.known().expect("the list is known");
    assert_eq!(
        http,
        [Http {
            url: Value::Unknown,
            status: Value::Null
        }]
    );
}

#[test]
fn a_set_with_an_unknown_inside_is_unknown() {
    type Set = Value<BTreeSet<Http>>;
    let unknown = || Dynamic::object([("url", Dynamic::unknown())]);
    let decode = |value| <Set as Field>::decode(value, &Path::root()).expect("the value matches");
    assert_eq!(
        decode(Dynamic::list([unknown(), unknown()])),
        Value::Unknown
    );
    let known = decode(Dynamic::list([http("a"), http("b"), http("a")]));
    assert_eq!(known.known().map(|set| set.len()), Some(2));
}

#[test]
fn a_null_element_of_a_plain_collection_is_an_error() {
    assert_eq!(
        errors(with("ports", Dynamic::list([Dynamic::Null]))),
        ["ports[0]: Null element: An element is null, but must have a value."]
    );
}

#[test]
fn text_keeps_the_original_spelling() {
    type Port = Value<Text<u16>>;
    let port =
        <Port as Field>::decode("0080".into(), &Path::new("port")).expect("the value matches");
    assert!(port.as_ref().is_known_and(|port| **port == 80));
    assert_eq!(port.encode(), "0080".into());
    let failure = <Port as Field>::decode("eighty".into(), &Path::new("port"));
    assert_eq!(
        failure.map_err(|failure| failure.to_string()),
        Err("port: Invalid value: invalid digit found in string".to_owned())
    );
}
