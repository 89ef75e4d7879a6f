//! Nesting: how many of a nested thing there are, how they are addressed, and what type they have.

use super::{Attribute, Block};
use crate::types::Type;

/// How many of a nested thing there are, and how they are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One or none.
    Single,
    /// Always one, its attributes null when it is left out. Blocks only.
    Group,
    /// Any number, in order.
    List,
    /// Any number, distinct, without order.
    Set,
    /// Any number, by key.
    Map,
}

impl Nesting {
    /// The type of things of this type, nested so.
    pub(crate) fn wrap(self, inner: Type) -> Type {
        match self {
            Self::Single | Self::Group => inner,
            Self::List => Type::List(Box::new(inner)),
            Self::Set => Type::Set(Box::new(inner)),
            Self::Map => Type::Map(Box::new(inner)),
        }
    }
}

/// A block within a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// `[a-z0-9_]+`
    pub name: String,
    /// How many, and how addressed.
    pub nesting: Nesting,
    /// The least number; 1 makes a single block required.
    pub min_items: i64,
    /// The greatest number; 0 is no limit.
    pub max_items: i64,
    /// What is in it.
    pub block: Block,
}

impl NestedBlock {
    /// The type of what stands under the block's name.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.nesting.wrap(self.block.implied_type())
    }
}

/// The inside of anything nested, so that nested attributes and nested blocks are walked alike.
#[derive(Clone, Copy)]
pub(super) struct Inside<'a> {
    pub(super) attributes: &'a [Attribute],
    pub(super) blocks: &'a [NestedBlock],
}

impl<'a> Inside<'a> {
    /// The inside of a nested attribute, which has no blocks.
    pub(super) fn attributes(attributes: &'a [Attribute]) -> Self {
        Self {
            attributes,
            blocks: &[],
        }
    }

    /// The inside of a block.
    pub(super) fn block(block: &'a Block) -> Self {
        Self {
            attributes: &block.attributes,
            blocks: &block.blocks,
        }
    }
}
