//! Arbitrary types and values for the property tests.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use tfplugin::{Dynamic, Number, Type};
use unicode_normalization::UnicodeNormalization;

/// Any type, including dynamic types and empty objects and tuples.
pub(crate) fn ty() -> BoxedStrategy<Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Dynamic),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Type::Tuple),
            proptest::collection::btree_map(text(), inner, 0..4).prop_map(Type::Object),
        ]
    })
    .boxed()
}

/// Any type and a value of it.
pub(crate) fn pair() -> impl Strategy<Value = (Type, Dynamic)> {
    ty().prop_flat_map(|ty| {
        let value = value(&ty, true);
        (Just(ty), value)
    })
}

/// Any type and a value of it without unknowns.
pub(crate) fn known_pair() -> impl Strategy<Value = (Type, Dynamic)> {
    ty().prop_flat_map(|ty| {
        let value = value(&ty, false);
        (Just(ty), value)
    })
}

/// A value of this type.
pub(crate) fn value(ty: &Type, unknowns: bool) -> BoxedStrategy<Dynamic> {
    let known = known(ty, unknowns);
    if unknowns {
        prop_oneof![
            1 => Just(Dynamic::Null),
            1 => Just(Dynamic::unknown()),
            8 => known,
        ]
        .boxed()
    } else {
        prop_oneof![1 => Just(Dynamic::Null), 8 => known].boxed()
    }
}

/// Any number: small and large, with and without fraction, short and long.
pub(crate) fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<i128>().prop_map(Number::from),
        any::<i8>().prop_map(Number::from),
        proptest::num::f64::NORMAL.prop_map(|float| Number::try_from(float).unwrap()),
        (any::<i32>(), 0_u32..20).prop_map(|(numerator, halvings)| {
            Number::try_from(f64::from(numerator) / f64::from(1_u32 << halvings)).unwrap()
        }),
        "-?[0-9]{1,40}\\.[0-9]{1,40}".prop_map(|text| text.parse().unwrap()),
        "-?[0-9]{1,20}e-?[0-9]{1,3}".prop_map(|text| text.parse().unwrap()),
    ]
}

/// Any text in normal form C.
pub(crate) fn text() -> impl Strategy<Value = String> {
    "[a-zé\u{212b}e\u{301}\"\\\\\u{1f600}한]{0,6}|\\PC{0,6}".prop_map(|text| text.nfc().collect())
}

fn known(ty: &Type, unknowns: bool) -> BoxedStrategy<Dynamic> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Dynamic::Bool).boxed(),
        Type::Number => number().prop_map(Dynamic::Number).boxed(),
        Type::String => text().prop_map(Dynamic::String).boxed(),
        Type::Dynamic => prop_oneof![
            Just(Type::Bool),
            Just(Type::Number),
            Just(Type::list(Type::String)),
            Just(Type::object([("a", Type::Dynamic), ("b", Type::Number)])),
        ]
        .prop_flat_map(move |ty| {
            value(&ty, unknowns).prop_map(move |value| Dynamic::typed(ty.clone(), value))
        })
        .boxed(),
        Type::List(element) | Type::Set(element) => {
            proptest::collection::vec(value(element, unknowns), 0..4)
                .prop_map(Dynamic::List)
                .boxed()
        }
        Type::Map(element) => {
            proptest::collection::btree_map(text(), value(element, unknowns), 0..4)
                .prop_map(Dynamic::Map)
                .boxed()
        }
        Type::Tuple(types) => types
            .iter()
            .map(|ty| value(ty, unknowns))
            .collect::<Vec<_>>()
            .prop_map(Dynamic::List)
            .boxed(),
        Type::Object(types) => types
            .iter()
            .map(|(name, ty)| (Just(name.clone()), value(ty, unknowns)))
            .collect::<Vec<_>>()
            .prop_map(|entries| Dynamic::Map(entries.into_iter().collect()))
            .boxed(),
    }
}
