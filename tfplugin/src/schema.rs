//! Schemas: the attributes and blocks of a configuration, and what the SDK does with each.
//!
//! Schemas are data, and `#[derive(Model)]` creates them from structs. A schema gives the type of
//! its values ([`Block::implied_type`]) and the attribute at a path ([`Block::at`],
//! [`Block::walk`]). It validates a configuration ([`Block::validate`]) and itself
//! ([`Schema::check`]).

mod attribute;
mod check;
mod correlated_walk;
mod equivalence;
mod nested;
mod prepared;
mod validate;
mod walk;

use std::collections::BTreeMap;

pub use attribute::{Attribute, Mode, Modifier, ReplaceCondition, Shape, Validator};
pub use check::SchemaProblem;
pub use correlated_walk::{AttributePosition, Counterparts};
pub(crate) use equivalence::keep_equivalent_in;
pub use nested::{NestedBlock, Nesting};
pub(crate) use prepared::{LazySchema, PreparedSchema};

use crate::dynamic::Dynamic;
use crate::path::{Path, Step};
use crate::types::Type;

/// The schema of a provider, a resource or a data source.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Raised when the shape of stored state changes.
    pub version: i64,
    /// The outermost block.
    pub block: Block,
}

/// The attributes and nested blocks of a block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The description, in Markdown.
    pub description: String,
    /// If the block is deprecated, what to use instead.
    pub deprecated: Option<String>,
    /// The attributes, in declaration order. Attributes and blocks share one set of unique names.
    pub attributes: Vec<Attribute>,
    /// The nested blocks, in declaration order.
    pub blocks: Vec<NestedBlock>,
    /// Validators of the whole block, parts of which may be unknown.
    pub validators: Vec<Validator>,
}

impl Block {
    /// The type of the block's values: an object of its attributes and its blocks.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|a| (a.name.clone(), a.value_type()));
        let blocks = self.blocks.iter().map(|b| (b.name.clone(), b.value_type()));
        Type::Object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }

    /// Gives every null attribute its default, for a configuration that is not planned.
    pub(crate) fn fill_defaults(&self, config: &mut Dynamic) {
        if config.is_null() {
            return;
        }
        self.walk_mut(config, &mut |_, attribute, value| {
            if let Some(default) = &attribute.default
                && value.is_null()
            {
                *value = default.clone();
            }
        });
    }

    /// The value with every sensitive and write-only value replaced, for `Debug`.
    pub(crate) fn masked(&self, value: &Dynamic) -> Dynamic {
        let mut masked = value.clone();
        self.walk_mut(&mut masked, &mut |_, attribute, value| {
            if (attribute.sensitive || attribute.write_only) && !value.is_null() {
                *value = Dynamic::from("(sensitive)");
            }
        });
        masked
    }

    /// Whether the value at the path is sensitive or write-only, or inside such a value.
    pub(crate) fn is_sensitive_at(&self, path: &Path) -> bool {
        let steps = path.steps();
        (1..=steps.len()).any(|depth| {
            let outer = Path::from(steps[..depth].to_vec());
            self.at(&outer).is_some_and(|a| a.sensitive || a.write_only)
        })
    }

    /// The attribute with this name, directly in this block.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The nested block with this name, directly in this block.
    #[must_use]
    pub fn nested_block(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|b| b.name == name)
    }

    /// The innermost attribute on the path. For `http[0].url` it is `url`; for `labels["team"]`, an
    /// element of a plain map, it is `labels`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&Attribute> {
        let mut attributes = self.attributes.as_slice();
        let mut blocks = self.blocks.as_slice();
        let mut found = None;
        for step in path.steps() {
            // An index or a key selects an element. All elements have the same attributes.
            let Step::Attribute(name) = step else {
                continue;
            };
            if let Some(attribute) = attributes.iter().find(|a| a.name == *name) {
                found = Some(attribute);
                blocks = &[];
                attributes = match &attribute.shape {
                    Shape::Nested { attributes, .. } => attributes,
                    // The rest of the path is inside this attribute's value.
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
