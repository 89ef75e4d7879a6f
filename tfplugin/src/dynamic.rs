//! Untyped values: any Terraform value, as the protocol transmits it.

mod access;
mod compare;
mod convert;

use std::collections::BTreeMap;

use crate::number::Number;
use crate::types::Type;

/// Any Terraform value. It does not tell a list from a set or tuple, or a map from an object or
/// block: its [`Type`] does.
///
/// `==` compares numbers by value, and sets as lists. [`Dynamic::same_as`] compares as Terraform
/// does.
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
    /// A value that becomes known during apply, with the refinements that Terraform sent.
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
    /// A value of type `dynamic`, with its own type.
    Typed(Box<Type>, Box<Dynamic>),
}

/// What Terraform guarantees about a value that it does not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refinements {
    /// The value will not be null.
    pub not_null: bool,
    /// The value will start with this text.
    pub prefix: Option<String>,
    /// The lower bound, and whether the bound itself is possible.
    pub lower: Option<(Number, bool)>,
    /// The upper bound, and whether the bound itself is possible.
    pub upper: Option<(Number, bool)>,
    /// The minimum number of elements.
    pub length_min: Option<u64>,
    /// The maximum number of elements.
    pub length_max: Option<u64>,
}

impl Dynamic {
    /// An unknown value without refinements.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::Unknown(None)
    }

    /// Creates a list, a set or a tuple.
    pub fn list<V: Into<Dynamic>>(elements: impl IntoIterator<Item = V>) -> Self {
        Self::List(elements.into_iter().map(Into::into).collect())
    }

    /// Creates a map, an object or a block.
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

    /// Creates a value for an attribute of type `dynamic`, with its own type.
    #[must_use]
    pub fn typed(ty: Type, value: impl Into<Dynamic>) -> Self {
        Self::Typed(Box::new(ty), Box::new(value.into()))
    }

    /// The value without its own type, if it has one.
    #[must_use]
    pub fn untyped(&self) -> &Self {
        let mut value = self;
        while let Self::Typed(_, inner) = value {
            value = inner;
        }
        value
    }

    /// Removes the value's own type, if it has one.
    #[must_use]
    pub fn into_untyped(self) -> Self {
        let mut value = self;
        while let Self::Typed(_, inner) = value {
            value = *inner;
        }
        value
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.untyped(), Self::Null)
    }

    /// Whether the value as a whole is unknown.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.untyped(), Self::Unknown(_))
    }

    /// Whether the value contains no unknown at any depth.
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

    /// The kind of the value for a message: `a number`.
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
