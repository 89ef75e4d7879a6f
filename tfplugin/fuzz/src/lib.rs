//! Types that the fuzzer can build directly, without learning their JSON form.

use arbitrary::Arbitrary;
use tfplugin::Type;

/// A type. Attribute names are single letters, so that fuzzed values often use the same names.
#[derive(Arbitrary, Debug)]
pub enum FuzzedType {
    Bool,
    Number,
    String,
    Dynamic,
    List(Box<FuzzedType>),
    Set(Box<FuzzedType>),
    Map(Box<FuzzedType>),
    Tuple(Vec<FuzzedType>),
    Object(Vec<(u8, FuzzedType)>),
}

impl From<FuzzedType> for Type {
    fn from(fuzzed: FuzzedType) -> Self {
        match fuzzed {
            FuzzedType::Bool => Self::Bool,
            FuzzedType::Number => Self::Number,
            FuzzedType::String => Self::String,
            FuzzedType::Dynamic => Self::Dynamic,
            FuzzedType::List(element) => Self::list((*element).into()),
            FuzzedType::Set(element) => Self::set((*element).into()),
            FuzzedType::Map(element) => Self::map((*element).into()),
            FuzzedType::Tuple(elements) => Self::Tuple(elements.into_iter().map(Into::into).collect()),
            FuzzedType::Object(attributes) => Self::object(
                attributes
                    .into_iter()
                    .map(|(name, ty)| (char::from(b'a' + name % 26), Type::from(ty))),
            ),
        }
    }
}
