//! A set whose elements need no order and may be partly unknown.

use std::ops::Deref;

use super::collection::{
    all_elements, collect, collection_depth, decode_item, element_validators, into_list, shape,
};
use super::{Element, Item, Uses};
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Nesting, Shape, Validator, keep_equivalent_in};

/// A set of any elements. Use it where a `BTreeSet` does not fit: for elements without `Ord`, and
/// for sets of which several elements may be unknown in a plan.
///
/// Unknown elements can turn out to be equal, so it may have equal elements until apply. `==`
/// ignores the order.
///
/// ```
/// # use tfplugin::UnorderedSet;
/// let zones: UnorderedSet<&str> = ["a", "b"].into_iter().collect();
/// assert_eq!(zones, UnorderedSet::from(vec!["b", "a"]));
/// assert!(zones.contains(&"a"));
/// ```
#[derive(Clone, Debug)]
pub struct UnorderedSet<T>(Vec<T>);

impl<T> UnorderedSet<T> {
    /// The elements, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

impl<T> Default for UnorderedSet<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> PartialEq for UnorderedSet<T> {
    fn eq(&self, other: &Self) -> bool {
        let mut unmatched: Vec<&T> = other.iter().collect();
        self.len() == other.len()
            && self.iter().all(|element| {
                let found = unmatched.iter().position(|other| *other == element);
                found.map(|index| unmatched.swap_remove(index)).is_some()
            })
    }
}

impl<T: Eq> Eq for UnorderedSet<T> {}

impl<T> Deref for UnorderedSet<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for UnorderedSet<T> {
    fn from(elements: Vec<T>) -> Self {
        Self(elements)
    }
}

impl<T> FromIterator<T> for UnorderedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<T> IntoIterator for UnorderedSet<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s, T> IntoIterator for &'s UnorderedSet<T> {
    type Item = &'s T;
    type IntoIter = std::slice::Iter<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'s, T> IntoIterator for &'s mut UnorderedSet<T> {
    type Item = &'s mut T;
    type IntoIter = std::slice::IterMut<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Item> Element for UnorderedSet<T> {
    const MODEL_DEPTH: u8 = collection_depth::<T>();
    const USES: Uses = <T::Element as Element>::USES;
    const NULL_ELEMENTS: bool = T::NULLABLE;

    fn shape() -> Shape {
        const { _ = Self::MODEL_DEPTH };
        shape::<T>(Nesting::Set)
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let elements = into_list("a set", value, path)?.into_iter();
        collect(elements.map(|element| decode_item(element, || path.element())))
    }

    fn encode(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(Item::encode).collect())
    }

    fn can_hold(value: &Dynamic) -> bool {
        all_elements(value, T::can_hold)
    }

    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        keep_equivalent_in(Nesting::Set, earlier, value, <T::Element>::keep_equivalent);
    }

    fn validators() -> Vec<Validator> {
        element_validators::<T>(Nesting::Set, <Self as Element>::can_hold)
    }
}
