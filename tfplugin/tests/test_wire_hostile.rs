//! Hostile bytes cause errors, but no panics and no excessive use of memory or stack.

use crate::arbitrary;
use proptest::prelude::{
    ProptestConfig, TestCaseError, any, prop_assert, prop_assert_eq, proptest,
};
use tfplugin::internals::wire::{self, WireErrorKind, json};
use tfplugin::{Number, NumberError, Type};

/// Runs the test with the stack size of a tokio worker.
fn with_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

fn nested(times: usize) -> Type {
    (0..times).fold(Type::Bool, |ty, _| Type::list(ty))
}

/// A length of four billion elements in a few bytes allocates nothing.
#[test]
fn announced_lengths_allocate_nothing() {
    let list = Type::list(Type::Bool);
    let map = Type::map(Type::Bool);
    let object = Type::object([("a", Type::Bool)]);
    let table: [(&[u8], &Type); 8] = [
        (b"\xdd\xff\xff\xff\xff\xc0\xc0\xc0", &list),
        (b"\xdf\xff\xff\xff\xff\xa1a\xc0", &map),
        (b"\xdf\xff\xff\xff\xff\xa1a\xc0", &object),
        (b"\xdb\xff\xff\xff\xffabc", &Type::String),
        (b"\xdb\xff\xff\xff\xffabc", &Type::Number),
        (b"\xc9\xff\xff\xff\xff\x0cab", &Type::String),
        (b"\x92\xc6\xff\xff\xff\xffabc", &Type::Dynamic),
        // An unknown refinement, which is skipped.
        (b"\xc7\x07\x0c\x81\x09\xdd\xff\xff\xff\xff", &Type::Bool),
    ];
    for (bytes, ty) in table {
        let error = wire::decode(bytes, ty).unwrap_err();
        assert!(
            matches!(error.kind(), WireErrorKind::Truncated),
            "{bytes:02x?}: {error}"
        );
    }
}

/// The depth limit prevents stack overflows.
#[test]
fn depth_is_limited() {
    with_small_stack(|| {
        let pair = b"\x92\xc4\x09\"dynamic\"";
        let error = wire::decode(&pair.repeat(100_000), &Type::Dynamic).unwrap_err();
        assert!(matches!(error.kind(), WireErrorKind::TooDeep), "{error}");

        let error = wire::decode(&[0x91; 100_000], &nested(1000)).unwrap_err();
        assert!(matches!(error.kind(), WireErrorKind::TooDeep), "{error}");

        let open = r#"{"type":"dynamic","value":"#.repeat(100_000);
        assert!(json::decode(open.as_bytes(), &Type::Dynamic).is_err());
        assert!(json::decode("[".repeat(100_000).as_bytes(), &nested(1000)).is_err());

        assert!(Type::from_json(r#"["list","#.repeat(100_000).as_bytes()).is_err());
        assert!(Type::from_json(nested(65).to_json().as_bytes()).is_err());
        assert!(Type::from_json(nested(64).to_json().as_bytes()).is_ok());
    });
}

/// A value of the maximum depth works with a small stack.
#[test]
fn the_deepest_value_fits_the_stack() {
    with_small_stack(|| {
        let ty = nested(128);
        let bytes = [[0x91; 128].as_slice(), b"\xc3"].concat();
        let value = wire::decode(&bytes, &ty).unwrap();
        assert_eq!(wire::encode(&value, &ty).unwrap(), bytes);
        assert!(wire::decode(&[[0x91; 129].as_slice(), b"\xc3"].concat(), &nested(129)).is_err());
    });
}

/// A huge exponent is an error, unless the value is zero.
#[test]
fn exponents_cost_no_memory() {
    let huge = "9".repeat(1000);
    for text in [
        "1e999999999",
        "1e-999999999",
        "-1e4097",
        "1e9223372036854775807",
        &format!("1e{huge}"),
        &format!("1e-{huge}"),
    ] {
        assert_eq!(text.parse::<Number>(), Err(NumberError::Exponent), "{text}");
    }
    assert_eq!("0e999999999".parse(), Ok(Number::from(0)));
    assert_eq!(format!("0e-{huge}").parse(), Ok(Number::from(0)));

    let error = json::decode(b"1e999999999", &Type::Number).unwrap_err();
    assert!(matches!(error.kind(), WireErrorKind::Number(_)), "{error}");
}

/// Errors never contain values, which may be secrets.
#[test]
fn errors_do_not_contain_values() {
    let table = [
        (Type::Number, r#""hunter2""#),
        (Type::Bool, r#""hunter2""#),
        (Type::list(Type::Bool), r#""hunter2""#),
        (Type::map(Type::Number), r#"{"a":"hunter2"}"#),
        (Type::Dynamic, r#""hunter2""#),
        (Type::object([("a", Type::Bool)]), r#"["hunter2"]"#),
        (Type::String, r#""hunter2"#),
        (Type::String, r#"{"a":"hunter2"}"#),
    ];
    for (ty, text) in table {
        let error = json::decode(text.as_bytes(), &ty).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("hunter"),
            "{error:?}"
        );
    }
}

/// Checks that encoding a decoded value is stable. Only a map with two keys of the same normal form
/// cannot be encoded.
fn encoding_is_stable(bytes: &[u8], ty: &Type) -> Result<(), TestCaseError> {
    let Ok(value) = wire::decode(bytes, ty) else {
        return Ok(());
    };
    match wire::encode(&value, ty) {
        Ok(encoded) => {
            let again = wire::encode(&wire::decode(&encoded, ty).unwrap(), ty).unwrap();
            prop_assert_eq!(encoded, again);
        }
        Err(error) => prop_assert!(matches!(error.kind(), WireErrorKind::Duplicate)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random bytes never panic, and decoded values can be encoded and decoded again.
    #[test]
    fn random_bytes(ty in arbitrary::ty(), bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        encoding_is_stable(&bytes, &ty)?;
        let _ = json::decode(&bytes, &ty);
        let _ = Type::from_json(&bytes);
    }

    /// Valid bytes with one changed, or cut off, never panic.
    #[test]
    fn mutated_bytes(
        (ty, value) in arbitrary::pair(),
        position in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = wire::encode(&value, &ty).unwrap();
        let position = position.index(bytes.len());
        prop_assert!(wire::decode(&bytes[..position], &ty).is_err());
        bytes[position] = byte;
        encoding_is_stable(&bytes, &ty)?;
    }

    /// Valid JSON with one byte changed, or cut off, never panics.
    #[test]
    fn mutated_json(
        (ty, value) in arbitrary::known_pair(),
        position in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = json::encode(&value, &ty).unwrap();
        let position = position.index(bytes.len());
        let _ = json::decode(&bytes[..position], &ty);
        bytes[position] = byte;
        let _ = json::decode(&bytes, &ty);
    }
}
