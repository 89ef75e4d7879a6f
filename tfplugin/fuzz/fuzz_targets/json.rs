//! Whatever JSON decodes to is known, and means the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;
use tfplugin::wire::{fill_type, json};
use tfplugin_fuzz::Shape;

fuzz_target!(|input: (Shape, &[u8])| {
    let (shape, bytes) = input;
    let ty = Type::from(shape);
    let Ok(value) = json::decode(bytes, &ty) else {
        return;
    };
    assert!(value.is_wholly_known());
    assert_eq!(fill_type(&ty, value.clone()), value);
    let once = json::encode(&value, &ty).unwrap();
    let again = json::encode(&json::decode(&once, &ty).unwrap(), &ty).unwrap();
    let again = json::decode(&again, &ty).unwrap();
    assert_eq!(json::decode(&once, &ty).unwrap(), again);
});
