//! Giving a value the shape of its block: what is missing, what is too much, and blocks never null.

use std::collections::BTreeMap;

use crate::dynamic::Dynamic;
use crate::schema::{Attribute, Block, NestedBlock, Nesting, Shape};
use crate::types::Type;

/// The value with the shape that the wire asks of the block's values.
///
/// Attributes that are missing become null, and what the block does not have is dropped. Blocks
/// that are missing or null become empty ones: no elements for those of which there may be many,
/// and one of nulls for a group. A value that is null or unknown as a whole stays so.
#[must_use]
pub fn fill(block: &Block, mut value: Dynamic) -> Dynamic {
    fill_block(block, &mut value);
    value
}

/// The value with every object in it having exactly the attributes of its type.
#[must_use]
pub fn fill_type(ty: &Type, mut value: Dynamic) -> Dynamic {
    fill_plain(ty, &mut value);
    value
}

fn fill_block(block: &Block, value: &mut Dynamic) {
    let Dynamic::Map(entries) = value else {
        return;
    };
    for attribute in &block.attributes {
        at(entries, &attribute.name, |v| fill_attribute(attribute, v));
    }
    for nested in &block.blocks {
        at(entries, &nested.name, |v| fill_nested(nested, v));
    }
    if entries.len() > block.attributes.len() + block.blocks.len() {
        entries.retain(|name, _| {
            block.attribute(name).is_some() || block.nested_block(name).is_some()
        });
    }
}

fn fill_nested(nested: &NestedBlock, value: &mut Dynamic) {
    if matches!(value, Dynamic::Null) {
        match nested.nesting {
            Nesting::Single => return,
            Nesting::List | Nesting::Set => *value = Dynamic::List(Vec::new()),
            Nesting::Map | Nesting::Group => *value = Dynamic::Map(BTreeMap::new()),
        }
    }
    each(nested.nesting, value, |value| {
        fill_block(&nested.block, value);
    });
}

fn fill_attribute(attribute: &Attribute, value: &mut Dynamic) {
    match &attribute.shape {
        Shape::Type(ty) => fill_plain(ty, value),
        Shape::Nested {
            nesting,
            attributes,
        } => each(*nesting, value, |value| {
            let Dynamic::Map(entries) = value else {
                return;
            };
            for attribute in attributes {
                at(entries, &attribute.name, |v| fill_attribute(attribute, v));
            }
            if entries.len() > attributes.len() {
                entries.retain(|name, _| attributes.iter().any(|a| a.name == *name));
            }
        }),
    }
}

fn fill_plain(ty: &Type, value: &mut Dynamic) {
    match (ty, value) {
        (Type::List(element) | Type::Set(element), Dynamic::List(elements)) => {
            for value in elements {
                fill_plain(element, value);
            }
        }
        (Type::Tuple(types), Dynamic::List(elements)) => {
            for (ty, value) in types.iter().zip(elements) {
                fill_plain(ty, value);
            }
        }
        (Type::Map(element), Dynamic::Map(entries)) => {
            for value in entries.values_mut() {
                fill_plain(element, value);
            }
        }
        (Type::Object(types), Dynamic::Map(entries)) => {
            for (name, ty) in types {
                at(entries, name, |v| fill_plain(ty, v));
            }
            if entries.len() > types.len() {
                entries.retain(|name, _| types.contains_key(name));
            }
        }
        _ => {}
    }
}

/// Does this to the one, or to each of the many.
fn each(nesting: Nesting, value: &mut Dynamic, mut fill: impl FnMut(&mut Dynamic)) {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, value) => fill(value),
        (Nesting::List | Nesting::Set, Dynamic::List(elements)) => {
            elements.iter_mut().for_each(fill);
        }
        (Nesting::Map, Dynamic::Map(entries)) => entries.values_mut().for_each(fill),
        _ => {}
    }
}

/// Does this to what stands under a name; to null where nothing did. Names are copied only then.
fn at(entries: &mut BTreeMap<String, Dynamic>, name: &str, fill: impl FnOnce(&mut Dynamic)) {
    if let Some(value) = entries.get_mut(name) {
        return fill(value);
    }
    let mut value = Dynamic::Null;
    fill(&mut value);
    entries.insert(name.to_owned(), value);
}
