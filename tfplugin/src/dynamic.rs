//! The untyped tree: any value of Terraform's, as it comes over the wire.

mod compare;
mod convert;
mod walk;

use std::collections::BTreeMap;

use crate::number::Number;
use crate::types::Type;

/// Any value. Whether a sequence is a list, a set or a tuple, and whether a mapping is a map, an
/// object or a block, is known from the type beside it, so the tree does not repeat it.
///
/// Equality is that of the trees: numbers are equal when their values are, and sets only in the
/// same order. [`Dynamic::same_as`] compares as Terraform does.
///
/// ```
/// # use tfplugin::{Dynamic, Path};
/// let server = Dynamic::object([("name", Dynamic::from("web")), ("port", Dynamic::from(80))]);
/// assert_eq!(server.get(&Path::new("name")).and_then(Dynamic::as_str), Some("web"));
/// assert!(server.is_wholly_known());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dynamic {
    /// No value.
    #[default]
    Null,
    /// A value that apply will decide. What Terraform already promises of it is kept, not sent back.
    Unknown(Option<Box<Refinements>>),
    /// `true` or `false`
    Bool(bool),
    /// A number of any precision.
    Number(Number),
    /// Text.
    String(String),
    /// A list, a set or a tuple.
    List(Vec<Dynamic>),
    /// A map, an object or a block.
    Map(BTreeMap<String, Dynamic>),
    /// A value of type `dynamic`, with the type that it carries.
    Typed(Box<Type>, Box<Dynamic>),
}

/// What Terraform promises of a value that it does not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinements {
    /// It will not be null.
    pub not_null: bool,
    /// It will begin with this text.
    pub prefix: Option<String>,
    /// Its least value, and whether that value itself is possible.
    pub lower: Option<(Number, bool)>,
    /// Its greatest value, and whether that value itself is possible.
    pub upper: Option<(Number, bool)>,
    /// Its least number of elements.
    pub length_min: Option<u64>,
    /// Its greatest number of elements.
    pub length_max: Option<u64>,
}

impl Dynamic {
    /// A value that apply will decide, with no promises.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::Unknown(None)
    }

    /// A list, a set or a tuple.
    pub fn list<V: Into<Dynamic>>(elements: impl IntoIterator<Item = V>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }

    /// A map, an object or a block.
    pub fn object<N: Into<String>, V: Into<Dynamic>>(
        entries: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// A value for an attribute of type `dynamic`, with the type that it is to carry.
    #[must_use]
    pub fn typed(ty: Type, value: impl Into<Dynamic>) -> Self {
        Self::Typed(Box::new(ty), Box::new(value.into()))
    }

    /// The value itself, where it may carry a type.
    #[must_use]
    pub fn untyped(&self) -> &Self {
        let mut value = self;
        while let Self::Typed(_, inner) = value {
            value = inner;
        }
        value
    }

    /// The value itself, where it may carry a type.
    #[must_use]
    pub fn into_untyped(self) -> Self {
        let mut value = self;
        while let Self::Typed(_, inner) = value {
            value = *inner;
        }
        value
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.untyped(), Self::Null)
    }

    /// Whether apply will decide the whole value.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.untyped(), Self::Unknown(_))
    }

    /// Whether apply has nothing to decide, here or anywhere inside.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(entries) => entries.values().all(Self::is_wholly_known),
            Self::Typed(_, value) => value.is_wholly_known(),
        }
    }

    /// The value, if it is a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.untyped() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value, if it is a number.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self.untyped() {
            Self::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The value, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.untyped() {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The elements, if it is a list, a set or a tuple.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Dynamic]> {
        match self.untyped() {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries, if it is a map, an object or a block.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Dynamic>> {
        match self.untyped() {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// What it is, in a word for a person: `a number`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Typed(_, value) => value.kind(),
        }
    }
}
