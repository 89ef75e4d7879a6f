//! What is written is what is read: any value of any type, in both forms.

use crate::arbitrary;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use tfplugin::wire::{self, WireErrorKind, fill_type, json};
use tfplugin::{Dynamic, Type};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any value of any type comes back from its MessagePack as it was.
    #[test]
    fn msgpack((ty, value) in arbitrary::pair()) {
        let bytes = wire::encode(&value, &ty).unwrap();
        prop_assert_eq!(wire::decode(&bytes, &ty).unwrap(), value);
    }

    /// Any known value of any type comes back from its JSON as it was.
    #[test]
    fn json_form((ty, value) in arbitrary::known_pair()) {
        let bytes = json::encode(&value, &ty).unwrap();
        prop_assert_eq!(json::decode(&bytes, &ty).unwrap(), value);
    }

    /// A value with something unknown in it has no JSON, and the message says where.
    #[test]
    fn unknown_values_have_no_json((ty, value) in arbitrary::pair()) {
        match json::encode(&value, &ty) {
            Ok(_) => prop_assert!(value.is_wholly_known()),
            Err(error) => {
                prop_assert!(matches!(error.kind(), WireErrorKind::Unknown));
                prop_assert_eq!(Some(error.path()), value.find(&ty, |v| matches!(v, Dynamic::Unknown(_))));
            }
        }
    }

    /// A type comes back from its JSON as it was.
    #[test]
    fn types(ty in arbitrary::ty()) {
        prop_assert_eq!(Type::from_json(ty.to_json().as_bytes()).unwrap(), ty);
    }

    /// A value that has its type's shape already is not changed by filling.
    #[test]
    fn filling_changes_nothing_that_is_whole((ty, value) in arbitrary::pair()) {
        prop_assert_eq!(fill_type(&ty, value.clone()), value);
    }

    /// A value is the same as itself with its sets in another order.
    #[test]
    fn sets_have_no_order((ty, value) in arbitrary::pair()) {
        let ty = Type::set(ty);
        let one = Dynamic::list([value.clone(), Dynamic::Null]);
        let other = Dynamic::list([Dynamic::Null, value.clone()]);
        prop_assert!(one.same_as(&other, &ty));
        let nothing = Dynamic::list([Dynamic::Null]);
        prop_assert_eq!(value == Dynamic::Null, one.same_as(&nothing, &ty));
    }
}
