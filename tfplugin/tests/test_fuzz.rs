//! Random input for the decoders of values and types. `make fuzz` runs each for long.

use test_support::fuzz::{fuzz, kind};
use tfplugin::Type;
use tfplugin::internals::wire::{self, WireErrorKind, conform_to_type, json};

/// How many inputs a short run tries.
const INPUTS: u64 = 3_000;

/// Types of every kind, by the first byte of an input.
fn ty(choice: u8) -> Type {
    let leaf = |choice: u8| match choice % 4 {
        0 => Type::Bool,
        1 => Type::Number,
        2 => Type::String,
        _ => Type::Dynamic,
    };
    let inner = leaf(choice / 8);
    match choice % 8 {
        0 => leaf(choice / 8),
        1 => Type::list(inner),
        2 => Type::set(inner),
        3 => Type::map(inner),
        4 => Type::Tuple(vec![inner, Type::String]),
        5 => Type::object([("a", inner), ("b", Type::list(Type::Number))]),
        6 => Type::list(Type::object([("a", inner)])),
        _ => Type::map(Type::set(inner)),
    }
}

fn split(input: &[u8]) -> (Type, &[u8]) {
    let (choice, bytes) = input.split_first().unwrap_or((&0, &[]));
    (ty(*choice), bytes)
}

/// Encoding a decoded value is stable.
#[test]
fn fuzz_msgpack() {
    let corpus: [&[u8]; 8] = [
        b"\x08\xc3",
        b"\x01\x92\xc3\xc2",
        b"\x02\x91\x05",
        b"\x0b\x82\xa1a\x01\xa1b\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00",
        b"\x05\x82\xa1a\xc3\xa1b\x91\xa31.5",
        b"\x18\x92\xc4\x08\"string\"\xa1x",
        b"\x10\xd4\x00\x00",
        b"\x11\x91\xc7\x04\x0c\x81\x01\xc2\xc0",
    ];
    fuzz("msgpack", &corpus, INPUTS, |input| {
        let (ty, bytes) = split(input);
        let value = match wire::decode(bytes, &ty) {
            Ok(value) => value,
            Err(error) => return kind(&error),
        };
        match wire::encode(&value, &ty) {
            Ok(encoded) => {
                let decoded = wire::decode(&encoded, &ty).unwrap();
                assert_eq!(wire::encode(&decoded, &ty).unwrap(), encoded);
                assert!(decoded.same_as(&decoded.clone().canonical(&ty), &ty));
                format!("{ty:?} {}", encoded.len())
            }
            // Two keys of a map have the same normal form.
            Err(error) => {
                assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}");
                kind(&error)
            }
        }
    });
}

/// A decoded state is wholly known and complete, and encoding it is stable.
#[test]
fn fuzz_json_state() {
    let corpus: [&[u8]; 7] = [
        b"\x08true",
        b"\x01[true,null]",
        b"\x0a[1,2.5,1e3]",
        b"\x13{\"a\":\"x\",\"b\":null}",
        b"\x05{\"a\":true,\"b\":[1]}",
        b"\x18{\"type\":[\"list\",\"string\"],\"value\":[\"x\"]}",
        b"\x16[{\"a\":\"\\u00e9\"}]",
    ];
    fuzz("json-state", &corpus, INPUTS, |input| {
        let (ty, bytes) = split(input);
        let value = match json::decode(bytes, &ty) {
            Ok(value) => value,
            Err(error) => return kind(&error),
        };
        assert!(value.is_wholly_known());
        assert_eq!(conform_to_type(&ty, value.clone()), value);
        match json::encode(&value, &ty) {
            Ok(encoded) => {
                let decoded = json::decode(&encoded, &ty).unwrap();
                assert_eq!(json::encode(&decoded, &ty).unwrap(), encoded);
                format!("{ty:?} {}", encoded.len())
            }
            Err(error) => {
                assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}");
                kind(&error)
            }
        }
    });
}

/// A parsed type survives being written and parsed again.
#[test]
fn fuzz_type_json() {
    let corpus: [&[u8]; 3] = [
        br#"["list",["map","string"]]"#,
        br#"["object",{"a":"number","b":["tuple",["bool","dynamic"]]},["a"]]"#,
        br#""string""#,
    ];
    fuzz(
        "type-json",
        &corpus,
        INPUTS,
        |bytes| match Type::from_json(bytes) {
            Ok(ty) => {
                assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
                format!("{ty:?}").chars().take(80).collect()
            }
            Err(error) => kind(&error),
        },
    );
}
