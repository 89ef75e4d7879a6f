//! A parsed type survives being written and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tfplugin::Type;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ty) = Type::from_json(bytes) {
        assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
    }
});
