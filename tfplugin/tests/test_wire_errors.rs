//! Errors of the codecs: values that do not match their type, and their paths.

use tfplugin::internals::wire::{self, json};
use tfplugin::{Diagnostic, Dynamic, Failure, Path, Type};

fn server() -> Type {
    Type::object([
        ("name", Type::String),
        ("ports", Type::list(Type::Number)),
        ("tags", Type::map(Type::String)),
        ("zones", Type::set(Type::String)),
        ("pair", Type::Tuple(vec![Type::Bool, Type::Bool])),
        ("any", Type::Dynamic),
    ])
}

fn valid() -> Dynamic {
    Dynamic::object([
        ("name", Dynamic::from("web")),
        ("ports", Dynamic::list([80, 443])),
        ("tags", Dynamic::object([("team", "x")])),
        ("zones", Dynamic::list(["a"])),
        ("pair", Dynamic::list([true, false])),
        ("any", Dynamic::Null),
    ])
}

fn without(name: &str) -> Dynamic {
    let Dynamic::Map(mut entries) = valid() else {
        unreachable!()
    };
    entries.remove(name);
    Dynamic::Map(entries)
}

fn with(path: &Path, value: impl Into<Dynamic>) -> Dynamic {
    let mut changed = valid();
    changed.set(path, value).unwrap();
    changed
}

/// An encoding error has the innermost possible path.
#[test]
fn encoding_errors_have_paths() {
    let root = Path::root();
    let ports = root.attribute("ports");
    let table = [
        (without("name"), "name: the attribute is missing"),
        (
            with(&root.attribute("zone"), "a"),
            "zone: the type has no such attribute",
        ),
        (
            with(&root.attribute("aaa"), "a"),
            "aaa: the type has no such attribute",
        ),
        (
            with(&ports.index(1), "https"),
            "ports[1]: expected a number, found a string",
        ),
        (
            with(&root.attribute("tags").key("team"), true),
            "tags[\"team\"]: expected a string, found a boolean",
        ),
        (
            with(&root.attribute("zones").index(0), true),
            "zones[*]: expected a string, found a boolean",
        ),
        (
            with(&root.attribute("pair"), Dynamic::list([true])),
            "pair: expected a tuple of length 2, found length 1",
        ),
        (
            with(&root.attribute("any"), Dynamic::typed(Type::Bool, 1)),
            "any: expected a boolean, found a number",
        ),
        (Dynamic::from(1), "expected an object, found a number"),
    ];
    for (value, message) in table {
        let error = wire::encode(&value, &server()).unwrap_err();
        assert_eq!(error.to_string(), message);
        let error = json::encode(&value, &server()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// A decoding error has the innermost possible path.
#[test]
fn decoding_errors_have_paths() {
    let ty = Type::object([
        ("a", Type::list(Type::Bool)),
        ("b", Type::map(Type::Number)),
        ("c", Type::set(Type::String)),
    ]);
    let table: [(&[u8], &str); 13] = [
        (b"\x82\xa1a\x90\xa1b\x80", "c: the attribute is missing"),
        (
            b"\x84\xa1a\x90\xa1b\x80\xa1c\x90\xa1d\xc0",
            "d: the type has no such attribute",
        ),
        (b"\x83\xa1a\x90\xa1a\x90\xa1b\x80", "the key occurs twice"),
        (
            b"\x83\xa1a\x92\xc3\x01",
            "a[1]: expected a boolean, found a number",
        ),
        (
            b"\x83\xa1a\x90\xa1b\x81\xa1k\xa1x",
            "b[\"k\"]: the text is not a decimal number",
        ),
        (
            b"\x83\xa1a\x90\xa1b\x82\xa1k\x01\xa1k\x01",
            "b[\"k\"]: the key occurs twice",
        ),
        (
            b"\x83\xa1a\x90\xa1b\x81\xa1k\xcb\x7f\xf0\0\0\0\0\0\0",
            "b[\"k\"]: Terraform cannot store a number that is not finite",
        ),
        (
            b"\x83\xa1a\x90\xa1b\x80\xa1c\x91\x90",
            "c[*]: expected a string, found an array",
        ),
        (
            b"\x83\xa1a\x90\xa1b\x80\xa1c\x91\xa1\xff",
            "c[*]: the text is not UTF-8",
        ),
        (
            b"\x83\xa1a\xc1",
            "a: expected a value, found a reserved byte",
        ),
        (b"\x83\x01\xc0\xc0", "expected a string key, found a number"),
        (b"\x83\xa1a\x90\xa1b", "b: the bytes end inside the value"),
        (b"\xc0\xc0", "unexpected bytes after the value: 1"),
    ];
    for (bytes, message) in table {
        let error = wire::decode(bytes, &ty).unwrap_err();
        assert_eq!(error.to_string(), message, "{bytes:02x?}");
    }
}

/// An invalid pair of a dynamic value is an error.
#[test]
fn invalid_dynamic_values_are_errors() {
    let table: [(&[u8], &str); 4] = [
        (b"\x91\xc0", "expected a dynamic value, found an array"),
        (
            b"\x92\xa8\"string\"\xa1a",
            "expected a dynamic value, found a string",
        ),
        (
            b"\x92\xc4\x06\"bool\"\xa1a",
            "expected a boolean, found a string",
        ),
        (b"\xa1a", "expected a dynamic value, found a string"),
    ];
    for (bytes, message) in table {
        let error = wire::decode(bytes, &Type::Dynamic).unwrap_err();
        assert_eq!(error.to_string(), message, "{bytes:02x?}");
    }
    let error = wire::decode(b"\x92\xc4\x03\"x\"\xc0", &Type::Dynamic).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("invalid type: unknown variant")
    );
}

/// An extension that is not an unknown value is an error.
#[test]
fn invalid_extensions_are_errors() {
    let large = [b"\xc8\x04\x01\x0c".as_slice(), &[0; 1025]].concat();
    let table: [&[u8]; 8] = [
        b"\xd5\x05\x80\x80",
        b"\xd5\x0c\x80\x80",
        b"\xc7\x03\x0c\x81\x01\x01",
        b"\xc7\x03\x0c\x81\xa0\xc2",
        b"\xc7\x03\x0c\x81\x05\xff",
        b"\xc7\x04\x0c\x81\x03\x90\xc0",
        b"\xc7\x04\x0c\x81\x01\xc2\xc0",
        &large,
    ];
    for bytes in table {
        let error = wire::decode(bytes, &Type::Number).unwrap_err().to_string();
        assert!(
            error.ends_with("is not an unknown value"),
            "{bytes:02x?}: {error}"
        );
    }
}

/// A codec error converts to a failure at the attribute.
#[test]
fn a_failure_keeps_the_path() {
    fn fails() -> tfplugin::Result<Vec<u8>> {
        Ok(wire::encode(&without("name"), &server())?)
    }
    let expected = Diagnostic::error(
        "The value does not match its schema",
        "The attribute is missing.",
    )
    .at(Path::new("name"));
    assert_eq!(fails().unwrap_err(), Failure::from(expected));
}
