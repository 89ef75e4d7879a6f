//! Collections: lists, sets and maps of elements, and what may stand in them.

use std::collections::{BTreeMap, BTreeSet};

use super::element::unexpected;
use super::{Element, Field};
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Nesting, Shape, Validator};
use crate::value::Value;

/// What may stand in a collection: an [`Element`], or a [`Value`] of one where single elements can
/// be null or unknown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a collection",
    label = "is neither a `tfplugin::Element` nor a `tfplugin::Value` of one",
    note = "elements are String, bool, integers, f64, Number, Dynamic, Vec, BTreeSet and BTreeMap<String, _> of elements, and structs with `#[derive(tfplugin::Model)]` that have no blocks"
)]
pub trait Item: Sized {
    /// What it is or has a value of.
    type Element: Element;

    /// The item from any value.
    ///
    /// # Errors
    /// A value that does not fit, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// The value of the item.
    fn encode(self) -> Dynamic;

    /// Whether the type has room for what is unknown in this value, or for its being unknown.
    #[must_use]
    fn has_room(value: &Dynamic) -> bool;
}

impl<T: Element> Item for T {
    type Element = T;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        if value.is_null() {
            return Err(
                Failure::new("Missing element", "An element of it is null.").at(path.clone())
            );
        }
        <T as Element>::decode(value, path)
    }

    fn encode(self) -> Dynamic {
        <T as Element>::encode(self)
    }

    fn has_room(value: &Dynamic) -> bool {
        !value.is_unknown() && (value.is_null() || <T as Element>::has_room(value))
    }
}

impl<T: Element> Item for Value<T> {
    type Element = T;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        <Self as Field>::decode(value, path)
    }

    fn encode(self) -> Dynamic {
        <Self as Field>::encode(self)
    }

    fn has_room(_value: &Dynamic) -> bool {
        true
    }
}

impl<T: Item> Element for Vec<T> {
    const DEPTH: u8 = deeper::<T>();

    fn shape() -> Shape {
        const { _ = Self::DEPTH };
        shape::<T>(Nesting::List)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = open_list("a list", value, path)?;
        let elements = elements.into_iter().enumerate();
        collect(elements.map(|(index, element)| item(element, || path.index(index))))
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(Item::encode).collect())
    }

    fn has_room(value: &Dynamic) -> bool {
        every(value, T::has_room)
    }

    fn validators() -> Vec<Validator> {
        in_each::<T>(Nesting::List)
    }
}

/// Two unknown elements may yet be different or the same, so a set with anything unknown inside is
/// unknown as a whole.
impl<T: Item + Ord> Element for BTreeSet<T> {
    const DEPTH: u8 = deeper::<T>();

    fn shape() -> Shape {
        const { _ = Self::DEPTH };
        shape::<T>(Nesting::Set)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        // Elements of a set have no address; whatever is wrong with one is wrong at the set.
        let elements = open_list("a set", value, path)?.into_iter();
        collect(elements.map(|element| item(element, || path.clone())))
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(Item::encode).collect())
    }

    fn has_room(value: &Dynamic) -> bool {
        value.is_wholly_known()
    }

    fn validators() -> Vec<Validator> {
        in_each::<T>(Nesting::Set)
    }
}

impl<T: Item> Element for BTreeMap<String, T> {
    const DEPTH: u8 = deeper::<T>();

    fn shape() -> Shape {
        const { _ = Self::DEPTH };
        shape::<T>(Nesting::Map)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = match value.into_untyped() {
            Dynamic::Map(elements) => elements.into_iter(),
            other => return Err(unexpected("a map", &other, path)),
        };
        collect(elements.map(|(key, element)| {
            let element = item(element, || path.key(&key))?;
            Ok((key, element))
        }))
    }

    fn encode(self) -> Dynamic {
        let elements = self.into_iter();
        Dynamic::Map(elements.map(|(key, item)| (key, item.encode())).collect())
    }

    fn has_room(value: &Dynamic) -> bool {
        every(value, T::has_room)
    }

    fn validators() -> Vec<Validator> {
        in_each::<T>(Nesting::Map)
    }
}

/// Terraform nests attributes in one collection and no deeper.
///
/// ```compile_fail,E0080
/// # use tfplugin::{Element, Model, Value};
/// /// A cell of a table.
/// #[derive(Model)]
/// struct Cell {
///     /// What is in it.
///     #[attribute(required)]
///     text: Value<String>,
/// }
/// # <Vec<Cell> as Element>::shape(); // As far as it goes.
/// <Vec<Vec<Cell>> as Element>::shape();
/// ```
const fn deeper<T: Item>() -> u8 {
    let inner = T::Element::DEPTH;
    assert!(
        inner < 2,
        "a model can stand in one collection, not in collections of collections"
    );
    inner * 2
}

fn shape<T: Item>(nesting: Nesting) -> Shape {
    match T::Element::shape() {
        Shape::Nested {
            nesting: Nesting::Single,
            attributes,
        } => Shape::Nested {
            nesting,
            attributes,
        },
        inner => Shape::Type(nesting.wrap(inner.ty())),
    }
}

fn open_list(wanted: &str, value: Dynamic, path: &Path) -> Result<Vec<Dynamic>> {
    match value.into_untyped() {
        Dynamic::List(elements) => Ok(elements),
        other => Err(unexpected(wanted, &other, path)),
    }
}

/// One item. Its path is only made when something is wrong with it.
fn item<T: Item>(value: Dynamic, path: impl FnOnce() -> Path) -> Result<T> {
    T::decode(value, &Path::root()).map_err(|failure| failure.under(&path()))
}

/// All items, or all that is wrong with them.
pub(super) fn collect<T, C: FromIterator<T>>(items: impl Iterator<Item = Result<T>>) -> Result<C> {
    let mut failed: Option<Failure> = None;
    let good = items.filter_map(|item| {
        item.map_err(|failure| {
            failed = Some(match failed.take() {
                Some(earlier) => earlier.and(failure),
                None => failure,
            });
        })
        .ok()
    });
    let collected = good.collect();
    failed.map_or(Ok(collected), Err)
}

fn every(value: &Dynamic, holds: impl Fn(&Dynamic) -> bool) -> bool {
    match value.untyped() {
        Dynamic::List(elements) => elements.iter().all(holds),
        Dynamic::Map(elements) => elements.values().all(holds),
        _ => true,
    }
}

/// The element's own validators, asked about every element that is known.
fn in_each<T: Item>(nesting: Nesting) -> Vec<Validator> {
    let inner = T::Element::validators();
    if inner.is_empty() {
        return Vec::new();
    }
    let check = move |value: &Dynamic, path: &Path| -> Vec<Diagnostic> {
        if value.is_null() || value.is_unknown() {
            return Vec::new();
        }
        inner.iter().flat_map(|v| v.check(value, path)).collect()
    };
    vec![Validator::new(move |value, path| match value.untyped() {
        Dynamic::List(elements) if nesting == Nesting::Set => elements
            .iter()
            .flat_map(|element| check(element, path))
            .collect(),
        Dynamic::List(elements) => elements
            .iter()
            .enumerate()
            .flat_map(|(index, element)| check(element, &path.index(index)))
            .collect(),
        Dynamic::Map(elements) => elements
            .iter()
            .flat_map(|(key, element)| check(element, &path.key(key)))
            .collect(),
        _ => Vec::new(),
    })]
}
