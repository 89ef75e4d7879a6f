//! Any value of any type survives encoding and decoding, in both encodings.

use crate::arbitrary;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use tfplugin::internals::wire::{self, WireErrorKind, conform_to_type, json};
use tfplugin::{Dynamic, Type};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// MessagePack encoding and decoding are inverse.
    #[test]
    fn msgpack((ty, value) in arbitrary::pair()) {
        let bytes = wire::encode(&value, &ty).unwrap();
        prop_assert_eq!(wire::decode(&bytes, &ty).unwrap(), value);
    }

    /// JSON encoding and decoding are inverse for known values.
    #[test]
    fn json_form((ty, value) in arbitrary::known_pair()) {
        let bytes = json::encode(&value, &ty).unwrap();
        prop_assert_eq!(json::decode(&bytes, &ty).unwrap(), value);
    }

    /// Encoding an unknown value as JSON is an error with its path.
    #[test]
    fn unknown_values_have_no_json((ty, value) in arbitrary::pair()) {
        match json::encode(&value, &ty) {
            Ok(_) => prop_assert!(value.is_wholly_known()),
            Err(error) => {
                prop_assert!(matches!(error.kind(), WireErrorKind::Unknown));
                prop_assert_eq!(Some(error.path().addressable()), value.find(&ty, |v| matches!(v, Dynamic::Unknown(_))));
            }
        }
    }

    /// A type survives its JSON form.
    #[test]
    fn types(ty in arbitrary::ty()) {
        prop_assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
    }

    /// Conforming does not change a complete value.
    #[test]
    fn conforming_keeps_complete_values((ty, value) in arbitrary::pair()) {
        prop_assert_eq!(conform_to_type(&ty, value.clone()), value);
    }

    /// The order of a set does not matter for equality.
    #[test]
    fn sets_have_no_order((ty, value) in arbitrary::pair()) {
        let ty = Type::set(ty);
        let left = Dynamic::list([value.clone(), Dynamic::Null]);
        let reordered = Dynamic::list([Dynamic::Null, value.clone()]);
        prop_assert!(left.same_as(&reordered, &ty));
        let only_null = Dynamic::list([Dynamic::Null]);
        prop_assert_eq!(value == Dynamic::Null, left.same_as(&only_null, &ty));
    }
}
