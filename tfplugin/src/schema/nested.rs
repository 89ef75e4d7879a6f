//! Nested blocks and nested attributes: how many there are, and how paths address them.

use super::{Attribute, Block};
use crate::types::Type;

/// How many nested objects there are, and how paths address them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// None or one.
    Single,
    /// Always one. Its attributes are null when the configuration omits it. Blocks only.
    Group,
    /// Any number, in order, addressed by index.
    List,
    /// Any number, distinct and unordered. Elements have no address.
    Set,
    /// Any number, addressed by key.
    Map,
}

impl Nesting {
    /// The type of the nested value, from the type of one object.
    pub(crate) fn wrap(self, inner: Type) -> Type {
        match self {
            Self::Single | Self::Group => inner,
            Self::List => Type::List(Box::new(inner)),
            Self::Set => Type::Set(Box::new(inner)),
            Self::Map => Type::Map(Box::new(inner)),
        }
    }
}

/// A block inside another block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// The name: `[a-z0-9_]+`.
    pub name: String,
    /// How many blocks there are, and how paths address them.
    pub nesting: Nesting,
    /// The minimum number of blocks. 1 makes a single block required.
    pub min_items: i64,
    /// The maximum number of blocks. 0 means no limit.
    pub max_items: i64,
    /// The attributes and blocks in it.
    pub block: Block,
}

impl NestedBlock {
    /// The type of the value under the block's name.
    #[must_use]
    pub fn value_type(&self) -> Type {
        self.nesting.wrap(self.block.implied_type())
    }
}

/// The attributes and blocks of one object. It lets one walk handle both nested attributes and
/// nested blocks.
#[derive(Clone, Copy)]
pub(super) struct Members<'a> {
    pub(super) attributes: &'a [Attribute],
    pub(super) blocks: &'a [NestedBlock],
}

impl<'a> Members<'a> {
    /// The members of a nested attribute, which has no blocks.
    pub(super) fn of_attribute(attributes: &'a [Attribute]) -> Self {
        Self {
            attributes,
            blocks: &[],
        }
    }

    /// The members of a block.
    pub(super) fn of_block(block: &'a Block) -> Self {
        Self {
            attributes: &block.attributes,
            blocks: &block.blocks,
        }
    }
}
