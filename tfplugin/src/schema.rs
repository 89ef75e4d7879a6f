//! Schemas: what may be written in a block, and what the SDK does with each attribute.
//!
//! They are data. `#[derive(Model)]` makes them from a struct; nothing else needs to. A schema
//! answers three questions: what type its values have ([`Block::implied_type`]), what stands at a
//! place in them ([`Block::at`], [`Block::walk`]), and what is wrong: with a configuration
//! ([`Block::validate`]), or with the schema itself ([`Schema::check`]).

mod attribute;
mod check;
mod nested;
mod together;
mod validate;
mod walk;

use std::collections::BTreeMap;

pub use attribute::{Attribute, Decides, Mode, Modifier, Shape, Validator};
pub use check::SchemaProblem;
pub use nested::{NestedBlock, Nesting};
pub use together::{Beside, Spot};

use crate::path::{Path, Step};
use crate::types::Type;

/// The schema of a provider, a resource or a data source.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Counts up when stored state changes its shape.
    pub version: i64,
    /// What is in it.
    pub block: Block,
}

/// The inside of a block: attributes and blocks in it.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Markdown.
    pub description: String,
    /// Set when the block is deprecated: what to use instead.
    pub deprecated: Option<String>,
    /// In the order of declaration; names are unique, also among the blocks.
    pub attributes: Vec<Attribute>,
    /// Blocks within the block.
    pub blocks: Vec<NestedBlock>,
    /// Run on the whole block, parts of which may be unknown.
    pub validators: Vec<Validator>,
}

impl Block {
    /// The type of the block's values: an object of its attributes and its blocks.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|a| (a.name.clone(), a.ty()));
        let blocks = self.blocks.iter().map(|b| (b.name.clone(), b.ty()));
        Type::Object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }

    /// The attribute of this name directly in the block.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The block of this name directly in the block.
    #[must_use]
    pub fn nested_block(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|b| b.name == name)
    }

    /// The innermost attribute that the path leads to or into: for `http[0].url` it is `url`, and
    /// for `labels["team"]`, an element of a plain map, it is `labels`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&Attribute> {
        let mut attributes = self.attributes.as_slice();
        let mut blocks = self.blocks.as_slice();
        let mut found = None;
        for step in path.steps() {
            // An index or a key picks one of many, all of which have the same attributes.
            let Step::Attribute(name) = step else {
                continue;
            };
            if let Some(attribute) = attributes.iter().find(|a| a.name == *name) {
                found = Some(attribute);
                blocks = &[];
                attributes = match &attribute.shape {
                    Shape::Nested { attributes, .. } => attributes,
                    // Whatever the path does from here on, it stays inside this value.
                    Shape::Type(_) => return found,
                };
            } else {
                let block = blocks.iter().find(|b| b.name == *name)?;
                found = None;
                attributes = &block.block.attributes;
                blocks = &block.block.blocks;
            }
        }
        found
    }
}
