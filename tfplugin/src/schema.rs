//! Schemas: what may be written in a block, and what the SDK does with each attribute.
//!
//! They are data. `#[derive(Model)]` makes them from a struct; nothing else needs to.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::dynamic::Dynamic;
use crate::path::Path;
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
}

/// One attribute and everything that the SDK does for it.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `[a-z0-9_]+`, not one of Terraform's own words.
    pub name: String,
    /// A type, or attributes of its own.
    pub shape: Shape,
    /// Who sets it.
    pub mode: Mode,
    /// Hidden in Terraform's output.
    pub sensitive: bool,
    /// Given to the provider, never stored in plan or state.
    pub write_only: bool,
    /// Markdown.
    pub description: String,
    /// Set when the attribute is deprecated: what to use instead.
    pub deprecated: Option<String>,
    /// The value when the configuration leaves it out. The attribute is then optional and computed.
    pub default: Option<Dynamic>,
    /// Applied to the plan, in order.
    pub modifiers: Vec<Modifier>,
    /// Run on every known value of the configuration.
    pub validators: Vec<Validator>,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of a type.
    Type(Type),
    /// An object with attributes of its own, or a collection of them.
    Nested {
        /// One, a list, a set or a map of them.
        nesting: Nesting,
        /// Their attributes.
        attributes: Vec<Attribute>,
    },
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may; else it is null.
    Optional,
    /// The configuration may; else the provider does.
    OptionalComputed,
    /// Only the provider does.
    Computed,
}

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

/// What the plan does with an attribute.
#[derive(Clone)]
pub enum Modifier {
    /// A computed value that the configuration leaves out stays what it was; it is unknown only on create.
    KeepPrior,
    /// A change of it replaces the resource.
    RequiresReplace,
    /// A change of it replaces the resource when this says so of (prior, planned).
    RequiresReplaceIf(Arc<dyn Fn(&Dynamic, &Dynamic) -> bool + Send + Sync>),
}

impl std::fmt::Debug for Modifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::KeepPrior => "KeepPrior",
            Self::RequiresReplace => "RequiresReplace",
            Self::RequiresReplaceIf(_) => "RequiresReplaceIf",
        })
    }
}

/// A check of one attribute's configured value. It sees known values only.
#[derive(Clone)]
pub struct Validator(Arc<dyn Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync>);

impl Validator {
    /// A check from a function of the value and its path.
    pub fn new(check: impl Fn(&Dynamic, &Path) -> Vec<Diagnostic> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// What is wrong with this value; nothing when it is right.
    #[must_use]
    pub fn check(&self, value: &Dynamic, path: &Path) -> Vec<Diagnostic> {
        (self.0)(value, path)
    }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Validator")
    }
}
