//! The JSON codec: tolerant and exact decoding, and Terraform's own form.

use tfplugin::internals::wire::json;
use tfplugin::{Dynamic, Type};

fn decoded(text: &str, ty: &Type) -> Dynamic {
    json::decode(text.as_bytes(), ty).unwrap()
}

/// Missing attributes become null and removed ones are dropped, at any depth.
#[test]
fn state_may_be_older_than_the_schema() {
    let inner = Type::object([("new", Type::Bool), ("kept", Type::String)]);
    let ty = Type::object([("list", Type::list(inner)), ("added", Type::Number)]);
    let state = r#"{"list": [{"kept": "a", "gone": {"deep": [1]}}], "dropped": null}"#;
    let expected = Dynamic::object([
        (
            "list",
            Dynamic::list([Dynamic::object([
                ("kept", Dynamic::from("a")),
                ("new", Dynamic::Null),
            ])]),
        ),
        ("added", Dynamic::Null),
    ]);
    assert_eq!(decoded(state, &ty), expected);
}

/// Numbers keep all digits, more than a float could.
#[test]
fn numbers_keep_all_digits() {
    for (text, expected) in [
        ("9007199254740993", "9007199254740993"),
        (
            "123456789012345678901234567890.5",
            "123456789012345678901234567890.5",
        ),
        ("0.1000", "0.1"),
        ("-0.0", "0"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
    ] {
        let number = decoded(text, &Type::Number);
        assert_eq!(number, Dynamic::Number(expected.parse().unwrap()), "{text}");
        assert_eq!(
            json::encode(&number, &Type::Number).unwrap(),
            expected.as_bytes()
        );
    }
}

/// Strings, numbers and booleans convert to each other, because an attribute may have changed its
/// type.
#[test]
fn scalars_convert_to_each_other() {
    let table = [
        (r#""7""#, Type::Number, Dynamic::from(7)),
        ("7.50", Type::String, "7.50".into()),
        ("true", Type::String, "true".into()),
        (r#""true""#, Type::Bool, true.into()),
        (r#""0""#, Type::Bool, false.into()),
    ];
    for (text, ty, value) in table {
        assert_eq!(decoded(text, &ty), value);
    }
    assert!(json::decode(b"1", &Type::Bool).is_err());
    assert!(json::decode(b"\"yes\"", &Type::Bool).is_err());
}

/// A dynamic value is an object with its value and its type, in any order.
#[test]
fn dynamic_values() {
    let list = Dynamic::typed(Type::list(Type::String), Dynamic::list(["a"]));
    let text = r#"{"value":["a"],"type":["list","string"]}"#;
    assert_eq!(decoded(text, &Type::Dynamic), list);
    assert_eq!(
        json::encode(&list, &Type::Dynamic).unwrap(),
        text.as_bytes()
    );
    assert_eq!(
        decoded(
            r#"{"type":["list","string"],"value":["a"]}"#,
            &Type::Dynamic
        ),
        list
    );
    assert_eq!(decoded("null", &Type::Dynamic), Dynamic::Null);
    assert!(json::decode(br#"{"value":"a"}"#, &Type::Dynamic).is_err());
}

/// White space and the escapes of Go's encoder are accepted.
#[test]
fn escapes_of_go() {
    assert_eq!(
        decoded(" \"\\u003ca\\u003e \\u0026\"\n", &Type::String),
        "<a> &".into()
    );
}

/// An error has the path of the wrong value.
#[test]
fn errors_have_paths() {
    let ty = Type::object([
        ("ports", Type::list(Type::Number)),
        ("on", Type::set(Type::Bool)),
    ]);
    let table = [
        (
            r#"{"ports":[1,{}]}"#,
            "ports[1]: expected a number, found an object",
        ),
        (
            r#"{"ports":["x"]}"#,
            "ports[0]: the text is not a decimal number",
        ),
        (r#"{"on":[7]}"#, "on[*]: expected a boolean, found a number"),
        ("[]", "expected an object, found an array"),
    ];
    for (text, message) in table {
        let error = json::decode(text.as_bytes(), &ty).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let unknown = Dynamic::object([
        ("ports", Dynamic::list([Dynamic::unknown()])),
        ("on", Dynamic::Null),
    ]);
    assert_eq!(
        json::encode(&unknown, &ty).unwrap_err().to_string(),
        "ports[0]: JSON cannot represent an unknown value"
    );
}
