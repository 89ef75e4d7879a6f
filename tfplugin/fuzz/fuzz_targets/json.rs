//! A decoded value is wholly known and complete, and encoding it is stable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;
use tfplugin::internals::wire::{WireErrorKind, conform_to_type, json};
use tfplugin_fuzz::FuzzedType;

fuzz_target!(|input: (FuzzedType, &[u8])| {
    let (fuzzed_type, bytes) = input;
    let ty = Type::from(fuzzed_type);
    let Ok(value) = json::decode(bytes, &ty) else {
        return;
    };
    assert!(value.is_wholly_known());
    assert_eq!(conform_to_type(&ty, value.clone()), value);
    match json::encode(&value, &ty) {
        Ok(encoded) => {
            let decoded = json::decode(&encoded, &ty).unwrap();
            assert_eq!(json::encode(&decoded, &ty).unwrap(), encoded);
        }
        // Two keys of a map have the same normal form.
        Err(error) => assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}"),
    }
});
