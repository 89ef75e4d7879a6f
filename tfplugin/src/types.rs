//! Terraform's type constraints.

mod json;
mod lookup;

use std::collections::BTreeMap;
use std::fmt;

pub use json::TypeError;

/// The type of a value, in a schema or in a dynamic value.
///
/// [`Type::to_json`] and [`Type::from_json`] use Terraform's JSON form: `"string"`,
/// `["list","string"]`, `["object",{"a":"bool"}]`. `Display` prints it as in HCL.
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
    /// `dynamic`: each value has its own type.
    Dynamic,
    /// An ordered sequence of one type.
    List(Box<Type>),
    /// An unordered collection of distinct values of one type.
    Set(Box<Type>),
    /// String keys to values of one type.
    Map(Box<Type>),
    /// A sequence with a type for each element.
    Tuple(Vec<Type>),
    /// Named attributes, each with its own type.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// Creates a list type.
    #[must_use]
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    /// Creates a set type.
    #[must_use]
    pub fn set(element: Type) -> Self {
        Self::Set(Box::new(element))
    }

    /// Creates a map type.
    #[must_use]
    pub fn map(element: Type) -> Self {
        Self::Map(Box::new(element))
    }

    /// Creates an object type.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, ty)| (name.into(), ty))
                .collect(),
        )
    }

    /// Whether the type contains `dynamic` at any depth.
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
    /// The type constraint in HCL: `list(object({ name = string }))`, and `any` for dynamic.
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
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str("])")
            }
            Self::Object(attributes) if attributes.is_empty() => f.write_str("object({})"),
            Self::Object(attributes) => {
                f.write_str("object({")?;
                for (index, (name, ty)) in attributes.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma} {name} = {ty}")?;
                }
                f.write_str(" })")
            }
        }
    }
}
