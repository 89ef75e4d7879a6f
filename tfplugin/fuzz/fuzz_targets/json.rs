//! Whatever JSON decodes to is known and whole, and has one form from then on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;
use tfplugin::wire::{WireErrorKind, fill_type, json};
use tfplugin_fuzz::Shape;

fuzz_target!(|input: (Shape, &[u8])| {
    let (shape, bytes) = input;
    let ty = Type::from(shape);
    let Ok(value) = json::decode(bytes, &ty) else {
        return;
    };
    assert!(value.is_wholly_known());
    assert_eq!(fill_type(&ty, value.clone()), value);
    match json::encode(&value, &ty) {
        Ok(once) => {
            let read = json::decode(&once, &ty).unwrap();
            assert_eq!(json::encode(&read, &ty).unwrap(), once);
        }
        // Two keys of a map that are one text in normal form.
        Err(error) => assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}"),
    }
});
