//! Whatever bytes decode to has one encoding from then on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;
use tfplugin::wire::{self, WireErrorKind};
use tfplugin_fuzz::Shape;

fuzz_target!(|input: (Shape, &[u8])| {
    let (shape, bytes) = input;
    let ty = Type::from(shape);
    let Ok(value) = wire::decode(bytes, &ty) else {
        return;
    };
    match wire::encode(&value, &ty) {
        Ok(once) => {
            let read = wire::decode(&once, &ty).unwrap();
            assert_eq!(wire::encode(&read, &ty).unwrap(), once);
            assert!(read.same_as(&read.clone().canonical(&ty), &ty));
        }
        // Two keys of a map that are one text in normal form.
        Err(error) => assert!(matches!(error.kind(), WireErrorKind::Duplicate), "{error}"),
    }
});
