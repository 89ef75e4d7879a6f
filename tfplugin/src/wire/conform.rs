//! Brings a value into the exact shape of its schema.

use std::collections::BTreeMap;

use crate::dynamic::Dynamic;
use crate::schema::{Attribute, Block, NestedBlock, Nesting, Shape};
use crate::types::Type;

/// Brings the value into the shape that the protocol requires for the block.
///
/// Missing attributes become null, and attributes that the block does not have are dropped. Missing
/// and null blocks become empty: an empty collection, or for a group one block of nulls. A value
/// that is null or unknown as a whole does not change.
#[must_use]
pub fn conform(block: &Block, mut value: Dynamic) -> Dynamic {
    conform_block(block, &mut value);
    value
}

/// Gives every object in the value exactly the attributes of its type.
#[cfg(feature = "testing")]
#[must_use]
pub fn conform_to_type(ty: &Type, mut value: Dynamic) -> Dynamic {
    conform_plain(ty, &mut value);
    value
}

fn conform_block(block: &Block, value: &mut Dynamic) {
    let Dynamic::Map(entries) = value else {
        return;
    };
    for attribute in &block.attributes {
        with_entry(entries, &attribute.name, |v| {
            conform_attribute(attribute, v);
        });
    }
    for nested in &block.blocks {
        with_entry(entries, &nested.name, |v| conform_nested(nested, v));
    }
    if entries.len() > block.attributes.len() + block.blocks.len() {
        entries.retain(|name, _| {
            block.attribute(name).is_some() || block.nested_block(name).is_some()
        });
    }
}

fn conform_nested(nested: &NestedBlock, value: &mut Dynamic) {
    if matches!(value, Dynamic::Null) {
        match nested.nesting {
            Nesting::Single => return,
            Nesting::List | Nesting::Set => *value = Dynamic::List(Vec::new()),
            Nesting::Map | Nesting::Group => *value = Dynamic::Map(BTreeMap::new()),
        }
    }
    for_each_object(nested.nesting, value, |value| {
        conform_block(&nested.block, value);
    });
}

fn conform_attribute(attribute: &Attribute, value: &mut Dynamic) {
    match &attribute.shape {
        Shape::Type(ty) => conform_plain(ty, value),
        Shape::Nested {
            nesting,
            attributes,
        } => for_each_object(*nesting, value, |value| {
            let Dynamic::Map(entries) = value else {
                return;
            };
            for attribute in attributes {
                with_entry(entries, &attribute.name, |v| {
                    conform_attribute(attribute, v);
                });
            }
            if entries.len() > attributes.len() {
                entries.retain(|name, _| attributes.iter().any(|a| a.name == *name));
            }
        }),
    }
}

fn conform_plain(ty: &Type, value: &mut Dynamic) {
    match (ty, value) {
        (Type::List(element) | Type::Set(element), Dynamic::List(elements)) => {
            for value in elements {
                conform_plain(element, value);
            }
        }
        (Type::Tuple(types), Dynamic::List(elements)) => {
            for (ty, value) in types.iter().zip(elements) {
                conform_plain(ty, value);
            }
        }
        (Type::Map(element), Dynamic::Map(entries)) => {
            for value in entries.values_mut() {
                conform_plain(element, value);
            }
        }
        (Type::Object(types), Dynamic::Map(entries)) => {
            for (name, ty) in types {
                with_entry(entries, name, |v| conform_plain(ty, v));
            }
            if entries.len() > types.len() {
                entries.retain(|name, _| types.contains_key(name));
            }
        }
        _ => {}
    }
}

/// Calls the function with the single object, or with each object of the collection.
fn for_each_object(nesting: Nesting, value: &mut Dynamic, mut conform: impl FnMut(&mut Dynamic)) {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, value) => conform(value),
        (Nesting::List | Nesting::Set, Dynamic::List(elements)) => {
            elements.iter_mut().for_each(conform);
        }
        (Nesting::Map, Dynamic::Map(entries)) => entries.values_mut().for_each(conform),
        _ => {}
    }
}

/// Calls the function with the entry under a name, after inserting null if there is none.
fn with_entry(
    entries: &mut BTreeMap<String, Dynamic>,
    name: &str,
    conform: impl FnOnce(&mut Dynamic),
) {
    if let Some(value) = entries.get_mut(name) {
        return conform(value);
    }
    let mut value = Dynamic::Null;
    conform(&mut value);
    entries.insert(name.to_owned(), value);
}
