//! Rules about several attributes and blocks, and replacement of configured attributes only.

use tfplugin::schema::{Attribute, Modifier};
use tfplugin::{Dynamic, Model, Value};

#[derive(Clone, Debug, Model)]
#[model(nested)]
struct Check {
    /// The path.
    #[attribute(optional)]
    path: Value<String>,
}

#[derive(Clone, Debug, Model)]
#[model(conflicts = ["a", "b", "check"], exactly_one_of = ["c", "d"])]
#[model(at_least_one_of = ["a", "e"], required_together = ["e", "type"])]
struct Ruled {
    /// One.
    #[attribute(optional)]
    a: Value<String>,
    /// Two.
    #[attribute(optional)]
    b: Value<String>,
    /// Three.
    #[attribute(optional)]
    c: Value<Vec<String>>,
    /// Four.
    #[attribute(optional)]
    d: Value<String>,
    /// Five.
    #[attribute(optional computed, requires_replace_if_configured)]
    e: Value<String>,
    /// Six.
    #[attribute(optional, name = "type")]
    f: Value<String>,
    /// Blocks.
    #[block(list)]
    check: Vec<Check>,
}

fn errors(values: &[(&'static str, Dynamic)]) -> Vec<String> {
    let config = Ruled {
        a: "a".into(),
        b: Value::Null,
        c: Value::Null,
        d: "d".into(),
        e: Value::Null,
        f: Value::Null,
        check: Vec::new(),
    };
    let mut config = config.encode();
    for (name, value) in values {
        config.set(&(*name).into(), value.clone()).unwrap();
    }
    let diagnostics = Ruled::block().validate(&config);
    diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn a_valid_model_has_no_errors() {
    let none = Vec::<String>::new();
    assert_eq!(errors(&[]), none);
    assert_eq!(
        errors(&[
            ("a", Dynamic::Null),
            ("b", "b".into()),
            ("e", "e".into()),
            ("type", "f".into())
        ]),
        none
    );
}

#[test]
fn each_rule_names_its_attributes() {
    let blocks = || Dynamic::list([Dynamic::object([("path", "x")])]);
    let only_one = "Conflicting arguments: Set only one of `a`, `b` and `check`, not";
    assert_eq!(
        errors(&[("b", "b".into())]),
        [format!("b: {only_one} `a` and `b`.")]
    );
    assert_eq!(
        errors(&[("check", blocks())]),
        [format!("check: {only_one} `a` and `check`.")]
    );
    assert_eq!(
        errors(&[("c", Dynamic::list(["c"]))]),
        ["d: Conflicting arguments: Set only one of `c` and `d`, not `c` and `d`."]
    );
    assert_eq!(
        errors(&[("d", Dynamic::Null)]),
        ["Missing argument: Set exactly one of `c` and `d`."]
    );
    assert_eq!(
        errors(&[("a", Dynamic::Null)]),
        ["Missing argument: Set at least one of `a` and `e`."]
    );
    assert_eq!(
        errors(&[("e", "e".into())]),
        ["e: Missing argument: `e` and `type` belong together: also set `type`, or remove `e`."]
    );
}

#[test]
fn a_rule_waits_for_an_unknown_value_only_where_it_matters() {
    let none = Vec::<String>::new();
    assert_eq!(errors(&[("d", Dynamic::unknown())]), none);
    assert_eq!(errors(&[("a", Dynamic::unknown())]), none);
    assert_eq!(errors(&[("b", Dynamic::unknown())]), none);
    assert_eq!(
        errors(&[("e", "e".into()), ("type", Dynamic::unknown())]),
        none
    );
    let both = [("b", "b".into()), ("check", Dynamic::unknown())];
    assert_eq!(errors(&both).len(), 1);
}

#[test]
fn a_change_can_replace_only_a_configured_attribute() {
    let block = Ruled::block();
    let modifiers = block.attribute("e").map(|e: &Attribute| &e.modifiers[..]);
    assert!(matches!(
        modifiers,
        Some([Modifier::RequiresReplaceIfConfigured])
    ));
}
