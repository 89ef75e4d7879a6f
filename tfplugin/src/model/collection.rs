//! Collections: lists, sets and maps of elements.

use std::collections::{BTreeMap, BTreeSet};

use super::element::unexpected;
use super::{Element, Field, UnorderedSet, Uses};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Nesting, Shape, Validator, keep_equivalent_in};
use crate::value::Value;

/// A type that a collection can hold: an [`Element`], or a [`Value`] of one, so that single
/// elements can be null or unknown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of a collection",
    label = "is neither a `tfplugin::Element` nor a `tfplugin::Value` of one",
    note = "elements are String, bool, integers, f64, Number, Dynamic, Vec, BTreeSet and BTreeMap<String, _> of elements, and structs with `#[derive(tfplugin::Model)]` that have no blocks"
)]
pub trait Item: Sized {
    /// The element type.
    type Element: Element;

    /// Whether it can be null.
    #[doc(hidden)]
    const NULLABLE: bool = false;

    /// Converts any value, including null and unknown.
    ///
    /// # Errors
    /// If the value does not match the type, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// Converts the item to a value.
    fn encode(self) -> Dynamic;

    /// Whether the type can hold the value, if it is or contains an unknown.
    #[must_use]
    fn can_hold(value: &Dynamic) -> bool;
}

impl<T: Element> Item for T {
    type Element = T;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        if value.is_null() {
            return Err(
                Failure::new("Null element", "An element is null, but must have a value.")
                    .at(path.clone()),
            );
        }
        <T as Element>::decode(value, path)
    }

    fn encode(self) -> Dynamic {
        <T as Element>::encode(self)
    }

    fn can_hold(value: &Dynamic) -> bool {
        !value.is_unknown() && (value.is_null() || <T as Element>::can_hold(value))
    }
}

impl<T: Element> Item for Value<T> {
    type Element = T;

    const NULLABLE: bool = true;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        <Self as Field>::decode(value, path)
    }

    fn encode(self) -> Dynamic {
        <Self as Field>::encode(self)
    }

    fn can_hold(_value: &Dynamic) -> bool {
        true
    }
}

impl<T: Item> Element for Vec<T> {
    const MODEL_DEPTH: u8 = collection_depth::<T>();
    const USES: Uses = <T::Element as Element>::USES;
    const NULL_ELEMENTS: bool = T::NULLABLE;

    fn shape() -> Shape {
        const { _ = Self::MODEL_DEPTH };
        shape::<T>(Nesting::List)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = into_list("a list", value, path)?;
        let elements = elements.into_iter().enumerate();
        collect(elements.map(|(index, element)| decode_item(element, || path.index(index))))
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(Item::encode).collect())
    }

    fn can_hold(value: &Dynamic) -> bool {
        all_elements(value, T::can_hold)
    }

    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        keep_equivalent_in(Nesting::List, earlier, value, <T::Element>::keep_equivalent);
    }

    fn validators() -> Vec<Validator> {
        element_validators::<T>(Nesting::List, <Self as Element>::can_hold)
    }
}

/// It cannot hold equal elements. While elements are unknown and two of them look the same, such as
/// two new objects with an unknown name, the set is unknown as a whole.
/// [`UnorderedSet`](crate::UnorderedSet) holds them.
impl<T: Item + Ord> Element for BTreeSet<T> {
    const MODEL_DEPTH: u8 = collection_depth::<T>();
    const USES: Uses = <T::Element as Element>::USES;
    const NULL_ELEMENTS: bool = T::NULLABLE;

    fn shape() -> Shape {
        const { _ = Self::MODEL_DEPTH };
        shape::<T>(Nesting::Set)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = <UnorderedSet<T> as Element>::decode(value, path)?;
        Ok(elements.into_iter().collect())
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(Item::encode).collect())
    }

    fn can_hold(value: &Dynamic) -> bool {
        if value.is_wholly_known() {
            return true;
        }
        let Dynamic::List(elements) = value.untyped() else {
            return true;
        };
        let decode = |element: &Dynamic| T::decode(element.clone(), &Path::root());
        elements.iter().all(T::can_hold)
            && elements
                .iter()
                .map(decode)
                .collect::<Result<Self>>()
                // Decoding reports the errors.
                .is_ok_and(|decoded| decoded.len() == elements.len())
    }

    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        keep_equivalent_in(Nesting::Set, earlier, value, <T::Element>::keep_equivalent);
    }

    fn validators() -> Vec<Validator> {
        element_validators::<T>(Nesting::Set, <Self as Element>::can_hold)
    }
}

impl<T: Item> Element for BTreeMap<String, T> {
    const MODEL_DEPTH: u8 = collection_depth::<T>();
    const USES: Uses = <T::Element as Element>::USES;
    const NULL_ELEMENTS: bool = T::NULLABLE;

    fn shape() -> Shape {
        const { _ = Self::MODEL_DEPTH };
        shape::<T>(Nesting::Map)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = match value.into_untyped() {
            Dynamic::Map(elements) => elements.into_iter(),
            other => return Err(unexpected("a map", &other, path)),
        };
        collect(elements.map(|(key, element)| {
            let element = decode_item(element, || path.key(&key))?;
            Ok((key, element))
        }))
    }

    fn encode(self) -> Dynamic {
        let elements = self.into_iter();
        Dynamic::Map(elements.map(|(key, item)| (key, item.encode())).collect())
    }

    fn can_hold(value: &Dynamic) -> bool {
        all_elements(value, T::can_hold)
    }

    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        keep_equivalent_in(Nesting::Map, earlier, value, <T::Element>::keep_equivalent);
    }

    fn validators() -> Vec<Validator> {
        element_validators::<T>(Nesting::Map, <Self as Element>::can_hold)
    }
}

/// Terraform supports nested attributes in one collection, but not in collections of collections.
///
/// ```compile_fail,E0080
/// # use tfplugin::{Element, Model, Value};
/// /// A cell of a table.
/// #[derive(Model)]
/// struct Cell {
///     /// The text.
///     #[attribute(required)]
///     text: Value<String>,
/// }
/// # <Vec<Cell> as Element>::shape(); // One collection is allowed.
/// <Vec<Vec<Cell>> as Element>::shape();
/// ```
pub(super) const fn collection_depth<T: Item>() -> u8 {
    let inner = T::Element::MODEL_DEPTH;
    assert!(
        inner < 2,
        "a model can be in one collection, but not in a collection of collections"
    );
    inner * 2
}

pub(super) fn shape<T: Item>(nesting: Nesting) -> Shape {
    match T::Element::shape() {
        Shape::Nested {
            nesting: Nesting::Single,
            attributes,
        } => Shape::Nested {
            nesting,
            attributes,
        },
        inner => Shape::Type(nesting.wrap(inner.value_type())),
    }
}

pub(super) fn into_list(expected: &str, value: Dynamic, path: &Path) -> Result<Vec<Dynamic>> {
    match value.into_untyped() {
        Dynamic::List(elements) => Ok(elements),
        other => Err(unexpected(expected, &other, path)),
    }
}

/// Decodes an item. Its path is built only for an error.
pub(super) fn decode_item<T: Item>(value: Dynamic, path: impl FnOnce() -> Path) -> Result<T> {
    T::decode(value, &Path::root()).map_err(|failure| failure.under(&path()))
}

/// Collects all items, or the errors of all of them.
pub(super) fn collect<T, C: FromIterator<T>>(items: impl Iterator<Item = Result<T>>) -> Result<C> {
    let mut failures: Option<Failure> = None;
    let decoded = items.filter_map(|item| {
        item.map_err(|failure| {
            failures = Some(match failures.take() {
                Some(earlier) => earlier.and(failure),
                None => failure,
            });
        })
        .ok()
    });
    let collected = decoded.collect();
    failures.map_or(Ok(collected), Err)
}

pub(super) fn all_elements(value: &Dynamic, holds: impl Fn(&Dynamic) -> bool) -> bool {
    match value.untyped() {
        Dynamic::List(elements) => elements.iter().all(holds),
        Dynamic::Map(elements) => elements.values().all(holds),
        _ => true,
    }
}

/// A validator of every known element: it runs the validators of the element type. When the
/// collection as a whole counts as unknown because of another element, decoding does not reach this
/// one, so the validator also decodes it.
pub(super) fn element_validators<T: Item>(
    nesting: Nesting,
    holds: fn(&Dynamic) -> bool,
) -> Vec<Validator> {
    let inner = T::Element::validators();
    let check = move |value: &Dynamic, is_decoded: bool, path: &Path| -> Vec<Diagnostic> {
        if value.is_null() || value.is_unknown() {
            return Vec::new();
        }
        let mut found: Vec<_> = inner.iter().flat_map(|v| v.check(value, path)).collect();
        if !is_decoded
            && T::can_hold(value)
            && let Err(failure) = T::decode(value.clone(), path)
        {
            found.extend(failure.into_diagnostics());
        }
        found
    };
    vec![Validator::new(move |value, path| {
        let is_decoded = holds(value);
        match value.untyped() {
            Dynamic::List(elements) if nesting == Nesting::Set => elements
                .iter()
                .flat_map(|element| check(element, is_decoded, &path.element()))
                .collect(),
            Dynamic::List(elements) => elements
                .iter()
                .enumerate()
                .flat_map(|(index, element)| check(element, is_decoded, &path.index(index)))
                .collect(),
            Dynamic::Map(elements) => elements
                .iter()
                .flat_map(|(key, element)| check(element, is_decoded, &path.key(key)))
                .collect(),
            _ => Vec::new(),
        }
    })]
}
