//! Reading a value beside its schema: every attribute with its place and its value.

use super::nested::Inside;
use super::{Attribute, Block, Nesting, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;

/// What an attribute that the value leaves out has.
pub(super) static NULL: Dynamic = Dynamic::Null;

impl Block {
    /// Visits every attribute that the value has a place for, outer before inner, in the order of
    /// the schema. What a null or unknown object would hold is not visited.
    ///
    /// Elements of a set have no address, so the path of whatever is inside one is the set's own.
    pub fn walk(&self, value: &Dynamic, visit: &mut impl FnMut(&Path, &Attribute, &Dynamic)) {
        self.walk_addresses(value, &mut |address, attribute, value| {
            visit(address.path(), attribute, value);
        });
    }

    /// As [`Block::walk`], for a visitor that has to know of sets.
    pub(super) fn walk_addresses(
        &self,
        value: &Dynamic,
        visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
    ) {
        walk_inside(Inside::block(self), value, &Address::root(), visit);
    }
}

fn walk_inside(
    inside: Inside<'_>,
    value: &Dynamic,
    address: &Address,
    visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
) {
    let Dynamic::Map(values) = value else { return };
    for attribute in inside.attributes {
        let address = address.attribute(&attribute.name);
        let value = values.get(&attribute.name).unwrap_or(&NULL);
        visit(&address, attribute, value);
        if let Shape::Nested {
            nesting,
            attributes,
        } = &attribute.shape
        {
            let inside = Inside::attributes(attributes);
            walk_nested(*nesting, inside, value, &address, visit);
        }
    }
    for block in inside.blocks {
        let address = address.attribute(&block.name);
        let value = values.get(&block.name).unwrap_or(&NULL);
        let inside = Inside::block(&block.block);
        walk_nested(block.nesting, inside, value, &address, visit);
    }
}

fn walk_nested(
    nesting: Nesting,
    inside: Inside<'_>,
    value: &Dynamic,
    address: &Address,
    visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
) {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, _) => walk_inside(inside, value, address, visit),
        (Nesting::List, Dynamic::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                walk_inside(inside, element, &address.index(index), visit);
            }
        }
        (Nesting::Set, Dynamic::List(elements)) => {
            for element in elements {
                walk_inside(inside, element, &address.element_of_set(), visit);
            }
        }
        (Nesting::Map, Dynamic::Map(elements)) => {
            for (key, element) in elements {
                walk_inside(inside, element, &address.key(key), visit);
            }
        }
        _ => {}
    }
}

/// A path that stops growing once it has entered a set.
#[derive(Clone)]
pub(super) struct Address {
    path: Path,
    in_set: bool,
}

impl Address {
    pub(super) fn root() -> Self {
        Self {
            path: Path::root(),
            in_set: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn in_set(&self) -> bool {
        self.in_set
    }

    pub(super) fn attribute(&self, name: &str) -> Self {
        self.deeper(|path| path.attribute(name))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.deeper(|path| path.index(index))
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.deeper(|path| path.key(key))
    }

    pub(super) fn element_of_set(&self) -> Self {
        Self {
            path: self.path.clone(),
            in_set: true,
        }
    }

    fn deeper(&self, step: impl FnOnce(&Path) -> Path) -> Self {
        Self {
            path: if self.in_set {
                self.path.clone()
            } else {
                step(&self.path)
            },
            in_set: self.in_set,
        }
    }
}
