//! Walks a value together with its schema: visits each attribute with its path and value.

use super::nested::Members;
use super::{Attribute, Block, Nesting, Shape};
use crate::dynamic::Dynamic;
use crate::path::Path;

/// The value of an attribute that is missing from an object.
pub(super) static NULL: Dynamic = Dynamic::Null;

impl Block {
    /// Visits the attributes of the value, outer before inner, in schema order. Does not visit the
    /// attributes of a null or unknown object, or of a group block that is left out.
    ///
    /// Elements of a set have no path, so an attribute inside one has the path of the set.
    pub fn walk(&self, value: &Dynamic, visit: &mut impl FnMut(&Path, &Attribute, &Dynamic)) {
        self.walk_addresses(value, &mut |address, attribute, value| {
            visit(address.path(), attribute, value);
        });
    }

    /// Like [`Block::walk`], for a visitor that needs to know whether it is inside a set.
    pub(super) fn walk_addresses(
        &self,
        value: &Dynamic,
        visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
    ) {
        walk_inside(Members::of_block(self), value, &Address::root(), visit);
    }
}

fn walk_inside(
    members: Members<'_>,
    value: &Dynamic,
    address: &Address,
    visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
) {
    let Dynamic::Map(values) = value else { return };
    for attribute in members.attributes {
        let address = address.attribute(&attribute.name);
        let value = values.get(&attribute.name).unwrap_or(&NULL);
        visit(&address, attribute, value);
        if let Shape::Nested {
            nesting,
            attributes,
        } = &attribute.shape
        {
            let members = Members::of_attribute(attributes);
            walk_nested(*nesting, members, value, &address, visit);
        }
    }
    for block in members.blocks {
        let address = address.attribute(&block.name);
        let value = values.get(&block.name).unwrap_or(&NULL);
        let members = Members::of_block(&block.block);
        walk_nested(block.nesting, members, value, &address, visit);
    }
}

fn walk_nested(
    nesting: Nesting,
    members: Members<'_>,
    value: &Dynamic,
    address: &Address,
    visit: &mut impl FnMut(&Address, &Attribute, &Dynamic),
) {
    match (nesting, value) {
        (Nesting::Group, _) if is_empty(value) => {}
        (Nesting::Single | Nesting::Group, _) => walk_inside(members, value, address, visit),
        (Nesting::List, Dynamic::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                walk_inside(members, element, &address.index(index), visit);
            }
        }
        (Nesting::Set, Dynamic::List(elements)) => {
            for element in elements {
                walk_inside(members, element, &address.element_of_set(), visit);
            }
        }
        (Nesting::Map, Dynamic::Map(elements)) => {
            for (key, element) in elements {
                walk_inside(members, element, &address.key(key), visit);
            }
        }
        _ => {}
    }
}

/// Whether a block of a group is left out. Terraform then sends one whose members are all null or
/// empty.
fn is_empty(value: &Dynamic) -> bool {
    match value {
        Dynamic::Null => true,
        Dynamic::List(elements) => elements.is_empty(),
        Dynamic::Map(members) => members.values().all(is_empty),
        _ => false,
    }
}

/// A path that stops at the first set, because elements of sets have no path.
#[derive(Clone)]
pub(super) struct Address {
    path: Path,
    /// In a set, the path that leads into it.
    in_set: Option<Path>,
}

impl Address {
    pub(super) fn root() -> Self {
        Self {
            path: Path::root(),
            in_set: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path for a message, which also leads into sets.
    pub(super) fn location(&self) -> &Path {
        self.in_set.as_ref().unwrap_or(&self.path)
    }

    pub(super) fn in_set(&self) -> bool {
        self.in_set.is_some()
    }

    pub(super) fn attribute(&self, name: &str) -> Self {
        self.extend(|path| path.attribute(name))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.extend(|path| path.index(index))
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.extend(|path| path.key(key))
    }

    pub(super) fn element_of_set(&self) -> Self {
        Self {
            path: self.path.clone(),
            in_set: Some(self.location().element()),
        }
    }

    fn extend(&self, step: impl FnOnce(&Path) -> Path) -> Self {
        match &self.in_set {
            Some(inside) => Self {
                path: self.path.clone(),
                in_set: Some(step(inside)),
            },
            None => Self {
                path: step(&self.path),
                in_set: None,
            },
        }
    }
}
