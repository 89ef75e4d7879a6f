//! Models as a provider's author writes them: into the struct, out of it, and what is told when
//! a value does not fit.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin::model::Field;
use tfplugin::{Dynamic, Model, Number, Path, Text, Value};

/// Checks that have to pass.
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
    /// Requests to make.
    #[attribute(optional)]
    http: Value<Vec<Http>>,
    /// The main request.
    #[attribute(optional)]
    main: Value<Http>,
    /// Requests by name.
    #[attribute(optional)]
    named: Value<BTreeMap<String, Http>>,
    /// What kind.
    #[attribute(optional, name = "type")]
    kind: Value<String>,
    /// Dollars an hour.
    #[attribute(optional)]
    hourly_cost: Value<Number>,
    /// How long it took.
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
    /// Where to.
    #[attribute(required)]
    url: Value<String>,
    /// The answer's status.
    #[attribute(optional, default = 200)]
    status: Value<u16>,
}

fn http(url: &str) -> Dynamic {
    Dynamic::object([("url", Dynamic::from(url)), ("status", 200.into())])
}

/// A whole readiness with this at one place.
fn with(name: &str, value: impl Into<Dynamic>) -> Dynamic {
    let mut whole = whole();
    whole
        .set(&Path::new(name), value)
        .expect("the place is there");
    whole
}

fn whole() -> Dynamic {
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
            "0.42".parse::<Number>().expect("it is a number").into(),
        ),
        ("seconds", Dynamic::unknown()),
        ("any", Dynamic::typed(tfplugin::Type::Bool, true)),
    ])
}

fn decode(value: Dynamic) -> tfplugin::Result<Readiness> {
    Readiness::decode(value, &Path::root())
}

/// What is wrong with a value, one line each, as a person would read it.
fn told(value: Dynamic) -> Vec<String> {
    let failure = decode(value).expect_err("it does not fit");
    failure
        .diagnostics()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_goes_in_comes_out() {
    let model = decode(whole()).expect("it fits");
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
    assert_eq!(model.encode(), whole());
}

#[test]
fn an_attribute_that_is_not_there_is_null_and_one_too_many_is_dropped() {
    let sparse = Dynamic::object([("stack", "checkout"), ("removed_long_ago", "x")]);
    let model = decode(sparse).expect("it fits");
    assert_eq!(model.stack, "checkout".into());
    let encoded = model.encode();
    let entries = encoded.as_map().expect("a model is an object");
    assert_eq!(entries.len(), 12);
    assert_eq!(entries.values().filter(|v| !v.is_null()).count(), 1);
}

#[test]
fn a_failure_names_the_place_down_to_the_element() {
    let mut second = http("x");
    second
        .set(&Path::new("url"), true)
        .expect("the place is there");
    assert_eq!(
        told(with(
            "http",
            Dynamic::list([http("http://a"), second.clone()])
        )),
        ["http[1].url: Unexpected value: Expected a string, found a boolean."]
    );
    assert_eq!(
        told(with("named", Dynamic::object([("a b", second)]))),
        [r#"named["a b"].url: Unexpected value: Expected a string, found a boolean."#]
    );
    assert_eq!(
        told(with("zones", Dynamic::list([1]))),
        ["zones: Unexpected value: Expected a string, found a number."]
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_fields() {
    let mut value = with("ports", Dynamic::list([-1, 80, 65536]));
    value
        .set(&Path::new("stack"), false)
        .expect("the place is there");
    assert_eq!(
        told(value),
        [
            "stack: Unexpected value: Expected a string, found a boolean.",
            "ports[0]: Number out of range: Expected a whole number from 0 to 65535, found -1.",
            "ports[2]: Number out of range: Expected a whole number from 0 to 65535, found 65536.",
        ]
    );
}

#[test]
fn a_model_inside_another_place_tells_the_whole_path() {
    let value = with("stack", true);
    let place = Path::new("stacks").index(3);
    let failure = Readiness::decode(value, &place).expect_err("it does not fit");
    assert!(
        failure.to_string().starts_with("stacks[3].stack: "),
        "{failure}"
    );
}

#[test]
fn numbers_are_refused_rather_than_rounded() {
    let number = |text: &str| Dynamic::Number(text.parse().expect("it is a number"));
    assert_eq!(
        told(with("ports", Dynamic::List(vec![number("80.5")]))),
        ["ports[0]: Number out of range: Expected a whole number from 0 to 65535, found 80.5."]
    );
    let third = with("seconds", number("0.33333333333333333333"));
    assert!(told(third)[0].starts_with("seconds: Number has too many digits"));
    let model = decode(with("seconds", number("0.1"))).expect("it fits");
    assert_eq!(model.seconds, Value::Known(0.1));
    assert_eq!(
        model.encode().get(&Path::new("seconds")),
        Some(&number("0.1"))
    );
}

#[test]
fn a_collection_without_room_for_an_unknown_element_is_unknown_as_a_whole() {
    let some = || Dynamic::list([Dynamic::from(80), Dynamic::unknown()]);
    let model = decode(with("ports", some())).expect("it fits");
    assert_eq!(model.ports, Value::Unknown);
    let model = decode(with("some_ports", some())).expect("it fits");
    assert_eq!(
        model.some_ports,
        Value::Known(vec![Value::Known(80), Value::Unknown])
    );
}

#[test]
fn an_unknown_attribute_of_a_nested_model_leaves_the_rest_known() {
    let value = with(
        "http",
        Dynamic::list([Dynamic::object([("url", Dynamic::unknown())])]),
    );
    let model = decode(value).expect("it fits");
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
fn a_set_with_anything_unknown_inside_is_unknown_since_its_elements_may_yet_be_one() {
    type Set = Value<BTreeSet<Http>>;
    let unknown = || Dynamic::object([("url", Dynamic::unknown())]);
    let decode = |value| <Set as Field>::decode(value, &Path::root()).expect("it fits");
    assert_eq!(
        decode(Dynamic::list([unknown(), unknown()])),
        Value::Unknown
    );
    let known = decode(Dynamic::list([http("a"), http("b"), http("a")]));
    assert_eq!(known.known().map(|set| set.len()), Some(2));
}

#[test]
fn a_null_element_is_an_error_where_there_is_no_room_for_it() {
    assert_eq!(
        told(with("ports", Dynamic::list([Dynamic::Null]))),
        ["ports[0]: Missing element: An element of it is null."]
    );
}

#[test]
fn a_type_with_several_spellings_keeps_the_one_that_was_written() {
    type Port = Value<Text<u16>>;
    let port = <Port as Field>::decode("0080".into(), &Path::new("port")).expect("it fits");
    assert!(port.as_ref().is_known_and(|port| **port == 80));
    assert_eq!(port.encode(), "0080".into());
    let failure = <Port as Field>::decode("eighty".into(), &Path::new("port"));
    assert_eq!(
        failure.map_err(|failure| failure.to_string()),
        Err("port: Invalid value: invalid digit found in string".to_owned())
    );
}
