//! Type constraints: what Terraform calls the type of an attribute.

use std::collections::BTreeMap;

/// The type of a value, as schemas declare it and as dynamic values carry it.
///
/// Its JSON form is Terraform's own: `"string"`, `["list","string"]`,
/// `["object",{"a":"bool"}]`; see its `to_json` and `from_json`.
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
