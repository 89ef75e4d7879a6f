//! Type constraints: what Terraform calls the type of an attribute.

mod json;

use std::collections::BTreeMap;
use std::fmt;

pub use json::TypeError;

/// The type of a value, as schemas declare it and as dynamic values carry it.
///
/// Its JSON form is Terraform's own: `"string"`, `["list","string"]`,
/// `["object",{"a":"bool"}]`; see [`Type::to_json`] and [`Type::from_json`]. It prints as in HCL.
///
/// ```
/// # use tfplugin::Type;
/// let tags = Type::map(Type::String);
/// assert_eq!(tags.to_json(), r#"["map","string"]"#);
/// assert_eq!(tags.to_string(), "map(string)");
/// assert_eq!(Type::from_json(br#"["map","string"]"#)?, tags);
/// # Ok::<_, tfplugin::TypeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`: any precision, see [`crate::Number`].
    Number,
    /// `string`, in Unicode normal form C.
    String,
    /// `dynamic`: the value carries its own type.
    Dynamic,
    /// An ordered sequence of one type.
    List(Box<Type>),
    /// An unordered collection of distinct values of one type.
    Set(Box<Type>),
    /// String keys to values of one type.
    Map(Box<Type>),
    /// A sequence with a type for each place.
    Tuple(Vec<Type>),
    /// Named attributes, each with its own type.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// A list of this type.
    #[must_use]
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of this type.
    #[must_use]
    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map of this type.
    #[must_use]
    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, ty)| (name.into(), ty))
                .collect(),
        )
    }

    /// Whether a value of this type carries a type of its own anywhere.
    #[must_use]
    pub fn has_dynamic(&self) -> bool {
        match self {
            Self::Dynamic => true,
            Self::Bool | Self::Number | Self::String => false,
            Self::List(element) | Self::Set(element) | Self::Map(element) => element.has_dynamic(),
            Self::Tuple(elements) => elements.iter().any(Self::has_dynamic),
            Self::Object(attributes) => attributes.values().any(Self::has_dynamic),
        }
    }
}

impl fmt::Display for Type {
    /// As a type constraint is written: `list(object({ name = string }))`, `any` for dynamic.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Dynamic => f.write_str("any"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Tuple(elements) => {
                f.write_str("tuple([")?;
                for (place, element) in elements.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str("])")
            }
            Self::Object(attributes) if attributes.is_empty() => f.write_str("object({})"),
            Self::Object(attributes) => {
                f.write_str("object({")?;
                for (place, (name, ty)) in attributes.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(f, "{comma} {name} = {ty}")?;
                }
                f.write_str(" })")
            }
        }
    }
}
