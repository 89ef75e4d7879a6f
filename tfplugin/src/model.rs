#![doc = include_str!("../docs/models.md")]

mod block;
mod collection;
#[doc(hidden)]
pub mod derive;
mod element;
mod field;
mod text;

pub use block::{BlockField, nesting};
pub use collection::Item;
pub use field::Field;
pub use text::Text;

use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Block, Schema, Shape, Validator};

/// A struct whose fields are the attributes of a block. Derive it: `#[derive(Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "a schema is made from this type",
    note = "add `#[derive(tfplugin::Model)]` to the struct"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// Counts up when stored state changes its shape: `#[model(version = 1)]`.
    const VERSION: i64 = 0;

    /// What is in the block; the field's doc comments are its descriptions.
    fn block() -> Block;

    /// The struct from a value of the block's type.
    ///
    /// # Errors
    /// Everything that does not fit, each with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// A value of the block's type.
    fn encode(self) -> Dynamic;

    /// The block with its version.
    #[must_use]
    fn schema() -> Schema {
        Schema {
            version: Self::VERSION,
            block: Self::block(),
        }
    }
}

/// What may stand in a [`Value`](crate::Value): text, numbers, booleans, collections, nested
/// models.
///
/// For types of your own that are written as text there is [`text_element!`](crate::text_element);
/// others delegate to an element that exists, as the [module's documentation](self) shows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "is not a `tfplugin::Element`",
    note = "elements are String, bool, integers, f64, Number, Dynamic, Vec, BTreeSet and BTreeMap<String, _> of elements, and structs with `#[derive(tfplugin::Model)]` that have no blocks",
    note = "for a type of yours that is written as text, add `tfplugin::text_element!({Self});`"
)]
pub trait Element: Sized {
    /// How many collections of models it is deep, so that no attribute can ask for more than
    /// Terraform has: 0 without a model, 1 for a model, 2 for a collection of models.
    #[doc(hidden)]
    const DEPTH: u8 = 0;

    /// The shape an attribute of this type has.
    fn shape() -> Shape;

    /// The element from a known, non-null value.
    ///
    /// # Errors
    /// A value that does not fit, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// The value of the element.
    fn encode(self) -> Dynamic;

    /// Whether the type has room for all that is unknown inside this known value. Where it has
    /// not, the attribute as a whole is [`Value::Unknown`](crate::Value::Unknown).
    #[must_use]
    fn has_room(value: &Dynamic) -> bool {
        let _ = value;
        true
    }

    /// What is checked of every value of this type: what its model says of itself.
    #[doc(hidden)]
    #[must_use]
    fn validators() -> Vec<Validator> {
        Vec::new()
    }
}
