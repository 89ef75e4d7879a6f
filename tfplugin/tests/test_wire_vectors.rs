//! Bytes recorded from Terraform 1.11.4, decoded and encoded.

use tfplugin::internals::wire::{self, WireErrorKind};
use tfplugin::{Dynamic, Number, Refinements, Type};

/// Bytes from hexadecimal digits; spaces are ignored.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A length head and the text after it.
fn with_text(head: &str, text: &str) -> Vec<u8> {
    [bytes(head).as_slice(), text.as_bytes()].concat()
}

fn number(text: &str) -> Dynamic {
    Dynamic::Number(text.parse().unwrap())
}

fn round_trips(value: &Dynamic, ty: &Type, bytes: &[u8]) {
    let decoded = wire::decode(bytes, ty).unwrap();
    assert_eq!(&decoded, value, "decoding {bytes:02x?} as {ty}");
    let encoded = wire::encode(value, ty).unwrap();
    assert_eq!(encoded, bytes, "encoding {value:?} as {ty}");
}

/// One third with the digits that Terraform sends for its 512 bits.
fn third() -> String {
    format!("0.{}", "3".repeat(155))
}

/// Numbers have the encoding that Terraform uses.
#[test]
fn numbers() {
    let ten_to_the_hundredth = format!("1{}", "0".repeat(100));
    let pi = "3.14159265358979323846";
    let table = [
        ("0", bytes("00")),
        ("1", bytes("01")),
        ("127", bytes("7f")),
        ("128", bytes("cc80")),
        ("255", bytes("ccff")),
        ("256", bytes("cd0100")),
        ("65536", bytes("ce00010000")),
        ("4294967296", bytes("cf0000000100000000")),
        ("9007199254740993", bytes("cf0020000000000001")),
        ("9223372036854775807", bytes("cf7fffffffffffffff")),
        ("-1", bytes("ff")),
        ("-33", bytes("d0df")),
        ("-129", bytes("d1ff7f")),
        ("-9223372036854775808", bytes("d38000000000000000")),
        (
            "9223372036854775808",
            with_text("b3", "9223372036854775808"),
        ),
        (
            "18446744073709551615",
            with_text("b4", "18446744073709551615"),
        ),
        ("1.5", bytes("cb3ff8000000000000")),
        ("-0.5", bytes("cbbfe0000000000000")),
        ("0.1", bytes("a3302e31")),
        (pi, with_text("b6", pi)),
        ("1e100", with_text("d965", &ten_to_the_hundredth)),
        (&third(), with_text("d99d", &third())),
    ];
    for (text, bytes) in table {
        round_trips(&number(text), &Type::Number, &bytes);
    }
}

/// Other values have the encoding that Terraform uses.
#[test]
fn plain_values() {
    let unknown = Dynamic::unknown;
    let object = Type::object([("a", Type::String), ("b", Type::String)]);
    let group = Type::object([("v", Type::String)]);
    let tuple = Type::Tuple(vec![Type::String, Type::Bool]);
    let table = [
        (Type::String, "é".into(), "a2c3a9"),
        (Type::Bool, true.into(), "c3"),
        (Type::Bool, false.into(), "c2"),
        (Type::list(Type::Number), Dynamic::list([1, 2]), "92 01 02"),
        (
            Type::set(Type::String),
            Dynamic::list(["a", "b"]),
            "92 a161 a162",
        ),
        (
            Type::map(Type::String),
            Dynamic::object([("k", "v")]),
            "81 a16b a176",
        ),
        (
            object,
            Dynamic::object([("a", "x".into()), ("b", Dynamic::Null)]),
            "82 a161 a178 a162 c0",
        ),
        (
            tuple,
            Dynamic::list(["q".into(), Dynamic::Bool(false)]),
            "92 a171 c2",
        ),
        (Type::String, unknown(), "d40000"),
        (Type::list(Type::Bool), unknown(), "d40000"),
        (
            Type::set(Type::String),
            Dynamic::list(["b".into(), "c".into(), unknown()]),
            "93 a162 a163 d40000",
        ),
        (
            group.clone(),
            Dynamic::object([("v", Dynamic::Null)]),
            "81 a176 c0",
        ),
        (group, Dynamic::Null, "c0"),
        (Type::Dynamic, Dynamic::Null, "c0"),
        (Type::Dynamic, unknown(), "d40000"),
    ];
    for (ty, value, hex) in table {
        round_trips(&value, &ty, &bytes(hex));
    }
}

/// A dynamic value is a pair of its type as bytes and the value.
#[test]
fn dynamic_values() {
    let tuple = Type::Tuple(vec![Type::Number, Type::String]);
    let object = Type::object([("z", tuple)]);
    let table = [
        (
            Dynamic::typed(Type::String, "str"),
            "92 c408 22737472696e6722 a3737472".to_owned(),
        ),
        (
            Dynamic::typed(Type::String, Dynamic::Null),
            "92 c408 22737472696e6722 c0".to_owned(),
        ),
        (
            Dynamic::typed(Type::Tuple(Vec::new()), Vec::new()),
            "92 c40c 5b227475706c65222c5b5d5d 90".to_owned(),
        ),
        (
            Dynamic::typed(Type::list(Type::String), Dynamic::list(["a"])),
            format!("92 c411 {} 91 a161", hex(br#"["list","string"]"#)),
        ),
        (
            Dynamic::typed(
                object,
                Dynamic::object([("z", Dynamic::list([1.into(), Dynamic::from("a")]))]),
            ),
            format!(
                "92 c42e {} 81 a17a 92 01 a161",
                hex(br#"["object",{"z":["tuple",["number","string"]]}]"#)
            ),
        ),
    ];
    for (value, hex) in table {
        round_trips(&value, &Type::Dynamic, &bytes(&hex));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refinements of unknown values are decoded but not encoded.
#[test]
fn refinements_are_decoded_but_not_encoded() {
    let not_null = Refinements {
        not_null: true,
        ..Refinements::default()
    };
    let prefixed = Refinements {
        prefix: Some("prefix-".to_owned()),
        ..not_null.clone()
    };
    let bounded = Refinements {
        lower: Some((Number::from(1), true)),
        upper: Some(("0.1".parse().unwrap(), false)),
        length_min: Some(1),
        length_max: Some(3),
        ..Refinements::default()
    };
    let table = [
        ("c7030c 81 01c2", not_null),
        ("c70c0c 82 01c2 02a7 7072656669782d", prefixed),
        ("c7100c 84 03 9201c3 04 92a3302e31c2 0501 0603", bounded),
    ];
    for (hex, refinements) in table {
        let value = wire::decode(&bytes(hex), &Type::String).unwrap();
        assert_eq!(
            value,
            Dynamic::Unknown(Some(Box::new(refinements))),
            "{hex}"
        );
        assert_eq!(
            wire::encode(&value, &Type::String).unwrap(),
            bytes("d40000")
        );
    }

    let refined = format!("92 c408 {} c7070c 82 01c2 02a2702d", hex(b"\"string\""));
    let value = wire::decode(&bytes(&refined), &Type::Dynamic).unwrap();
    assert!(matches!(value, Dynamic::Typed(_, inner) if inner.is_unknown()));
}

/// Equivalent encodings that Terraform does not use today are accepted.
#[test]
fn equivalent_encodings_are_accepted() {
    let table = [
        (Type::Number, "ca3fc00000", number("1.5")),
        (Type::Number, "cb4000000000000000", number("2")),
        (Type::Number, "cb8000000000000000", number("0")),
        (
            Type::Number,
            "cfffffffffffffffff",
            number("18446744073709551615"),
        ),
        (Type::Number, "a2 2b37", number("7")),
        (Type::Number, "a3 316532", number("100")),
        // A float is exactly its binary value, not its shortest decimal.
        (
            Type::Number,
            "cb3fb999999999999a",
            number("0.1000000000000000055511151231257827021181583404541015625"),
        ),
        // A payload of at most one byte has no refinements, whatever the code.
        (Type::Number, "d40500", Dynamic::unknown()),
        (Type::Number, "c7000c", Dynamic::unknown()),
        // A refinement of a later version, and one without effect.
        (Type::Number, "c7040c 81 09 9100", Dynamic::unknown()),
        (Type::Number, "c7030c 81 01c3", Dynamic::unknown()),
        // Attributes out of order.
        (
            Type::object([("a", Type::Bool), ("b", Type::Bool)]),
            "82 a162 c2 a161 c3",
            Dynamic::object([("a", true), ("b", false)]),
        ),
    ];
    for (ty, hex, value) in table {
        assert_eq!(wire::decode(&bytes(hex), &ty).unwrap(), value, "{hex}");
    }
}

/// Text is encoded in normal form C, also in keys.
#[test]
fn text_is_normalised() {
    let text = wire::encode(&"e\u{301}".into(), &Type::String).unwrap();
    assert_eq!(text, bytes("a2c3a9"));

    let ty = Type::map(Type::Bool);
    let map = wire::encode(&Dynamic::object([("e\u{301}", true)]), &ty).unwrap();
    assert_eq!(map, bytes("81 a2c3a9 c3"));

    // Two keys that are equal for Terraform.
    let duplicate_keys = Dynamic::object([("e\u{301}", true), ("é", false)]);
    for error in [
        wire::encode(&duplicate_keys, &ty).unwrap_err(),
        wire::json::encode(&duplicate_keys, &ty).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}");
        assert_eq!(error.path().to_string(), "[\"é\"]");
    }
}

/// The keys of a map are sorted by their normal form. Found by fuzzing.
#[test]
fn maps_have_one_order() {
    let ty = Type::map(Type::Number);
    let found = bytes(
        "84 a0 52 a1 0d 2d \
         d910 1010103f106b7cccb1ccb83f10103f10 3f \
         d910 1010103f106b74ccb1ccb83f3f101010 10",
    );
    let encoded = wire::encode(&wire::decode(&found, &ty).unwrap(), &ty).unwrap();
    let again = wire::encode(&wire::decode(&encoded, &ty).unwrap(), &ty).unwrap();
    assert_eq!(encoded, again);

    let map = Dynamic::object([("t\u{331}", true), ("|", false)]);
    let json = wire::json::encode(&map, &Type::map(Type::Bool)).unwrap();
    assert_eq!(json, "{\"|\":false,\"\u{1e6f}\":true}".as_bytes());
}

/// A dynamic value without a type gets its implied type.
#[test]
fn untyped_values_get_their_implied_type() {
    let value = Dynamic::object([("z", Dynamic::list([1.into(), Dynamic::from("a")]))]);
    let typed = Dynamic::typed(value.implied_type(), value.clone());
    assert_eq!(
        wire::encode(&value, &Type::Dynamic).unwrap(),
        wire::encode(&typed, &Type::Dynamic).unwrap()
    );
}
