#![doc = include_str!("../docs/models.md")]

mod block;
mod collection;
#[doc(hidden)]
pub mod derive;
mod element;
mod field;
mod rules;
mod secret;
mod set;
mod text;
mod uses;

pub use block::{BlockField, nesting};
pub use collection::Item;
pub use field::Field;
pub use secret::{Secret, Sensitive};
pub use set::UnorderedSet;
pub use text::Text;
#[doc(hidden)]
pub use uses::Uses;

use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Block, Schema, Shape, Validator};

/// A struct whose fields are the attributes and blocks of a block. Derive it with
/// `#[derive(Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "the SDK needs the schema of this type",
    note = "add `#[derive(tfplugin::Model)]` to the struct"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The schema version, raised when the shape of stored state changes: `#[model(version = 1)]`.
    const VERSION: i64 = 0;

    /// The options that the model uses.
    #[doc(hidden)]
    const USES: Uses = Uses::NONE;

    /// The block's schema. Its descriptions are the doc comments of the struct and its fields.
    fn block() -> Block;

    /// Converts a value of the block's type to the struct.
    ///
    /// # Errors
    /// If values do not match their fields; the failure has one diagnostic for each.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// Converts the struct to a value of the block's type.
    fn encode(self) -> Dynamic;

    /// The schema: the block with its version.
    #[must_use]
    fn schema() -> Schema {
        Schema {
            version: Self::VERSION,
            block: Self::block(),
        }
    }
}

/// A type that a [`Value`](crate::Value) can hold: text, numbers, booleans, collections and nested
/// models.
///
/// For your own types that are written as text, use [`text_element!`](crate::text_element). Other
/// types delegate to an existing element, as the [module's documentation](self) shows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "is not a `tfplugin::Element`",
    note = "elements are String, bool, integers, f64, Number, Dynamic, Vec, BTreeSet and BTreeMap<String, _> of elements, and structs with `#[derive(tfplugin::Model)]` that have no blocks",
    note = "for your own type that is written as text, add `tfplugin::text_element!({Self});`"
)]
pub trait Element: Sized {
    /// How models are nested: 0 for no model, 1 for a model, 2 for a collection of models.
    /// Terraform supports no deeper nesting, so it does not compile.
    #[doc(hidden)]
    const MODEL_DEPTH: u8 = 0;

    /// The options that the models in it use.
    #[doc(hidden)]
    const USES: Uses = Uses::NONE;

    /// Whether it is a collection whose elements can be null.
    #[doc(hidden)]
    const NULL_ELEMENTS: bool = false;

    /// The shape of an attribute of this type.
    fn shape() -> Shape;

    /// Converts a known, non-null value.
    ///
    /// # Errors
    /// If the value does not match the type, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// Converts the element to a value.
    fn encode(self) -> Dynamic;

    /// Whether the type can hold all unknowns inside this known value. If it cannot, the attribute
    /// as a whole becomes [`Value::Unknown`](crate::Value::Unknown).
    #[must_use]
    fn can_hold(value: &Dynamic) -> bool {
        let _ = value;
        true
    }

    /// Whether both values mean the same, as the durations `90m` and `1h30m` do.
    ///
    /// When a create, an update or a read returns a value that means the same as the planned or the
    /// prior one, the SDK stores that one, so that Terraform finds no change. A configured value
    /// that only changes its spelling updates the resource and does not replace it.
    #[must_use]
    fn is_equivalent(&self, other: &Self) -> bool {
        let _ = other;
        false
    }

    /// Replaces the value with the earlier one if both mean the same.
    #[doc(hidden)]
    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        if earlier == value
            || [earlier, value]
                .iter()
                .any(|v| v.is_null() || v.is_unknown())
        {
            return;
        }
        let decode = |value: &Dynamic| Self::decode(value.clone(), &Path::root());
        if let (Ok(before), Ok(after)) = (decode(earlier), decode(value))
            && after.is_equivalent(&before)
        {
            value.clone_from(earlier);
        }
    }

    /// The validators of every value of this type, which come from its model.
    #[doc(hidden)]
    #[must_use]
    fn validators() -> Vec<Validator> {
        Vec::new()
    }
}
