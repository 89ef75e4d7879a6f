//! The untyped tree: any value of Terraform's, as it comes over the wire.

use std::collections::BTreeMap;

use crate::number::Number;
use crate::types::Type;

/// Any value. Whether a sequence is a list, a set or a tuple, and whether a mapping is a map, an
/// object or a block, is known from the type beside it, so the tree does not repeat it.
#[derive(Clone, Debug, Default, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
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
