//! Encoding a decoded value is stable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;
use tfplugin::internals::wire::{self, WireErrorKind};
use tfplugin_fuzz::FuzzedType;

fuzz_target!(|input: (FuzzedType, &[u8])| {
    let (fuzzed_type, bytes) = input;
    let ty = Type::from(fuzzed_type);
    let Ok(value) = wire::decode(bytes, &ty) else {
        return;
    };
    match wire::encode(&value, &ty) {
        Ok(encoded) => {
            let decoded = wire::decode(&encoded, &ty).unwrap();
            assert_eq!(wire::encode(&decoded, &ty).unwrap(), encoded);
            assert!(decoded.same_as(&decoded.clone().canonical(&ty), &ty));
        }
        // Two keys of a map have the same normal form.
        Err(error) => assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}"),
    }
});
