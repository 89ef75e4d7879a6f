//! Models: structs that are the twins of schemas.

use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Block, Shape};

/// A struct whose fields are the attributes of a block. Derive it: `#[derive(Model)]`.
pub trait Model: Sized + Send + Sync + 'static {
    /// What is in the block; the field's doc comments are its descriptions.
    fn block() -> Block;

    /// The struct from a value of the block's type.
    ///
    /// # Errors
    /// A value that does not fit, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// A value of the block's type.
    fn encode(self) -> Dynamic;
}

/// What may stand in a [`crate::Value`]: text, numbers, booleans, collections, nested models.
pub trait Element: Sized {
    /// The shape an attribute of this type has.
    fn shape() -> Shape;

    /// The element from a known, non-null value.
    ///
    /// # Errors
    /// A value that does not fit, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// The value of the element.
    fn encode(self) -> Dynamic;
}
