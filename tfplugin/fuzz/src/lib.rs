//! Types made of a fuzzer's bytes, so that it need not learn to write them as JSON.

use arbitrary::Arbitrary;
use tfplugin::Type;

/// A type; names of attributes are single letters, which the values are likely to have as well.
#[derive(Arbitrary, Debug)]
pub enum Shape {
    Bool,
    Number,
    String,
    Dynamic,
    List(Box<Shape>),
    Set(Box<Shape>),
    Map(Box<Shape>),
    Tuple(Vec<Shape>),
    Object(Vec<(u8, Shape)>),
}

impl From<Shape> for Type {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Bool => Self::Bool,
            Shape::Number => Self::Number,
            Shape::String => Self::String,
            Shape::Dynamic => Self::Dynamic,
            Shape::List(element) => Self::list((*element).into()),
            Shape::Set(element) => Self::set((*element).into()),
            Shape::Map(element) => Self::map((*element).into()),
            Shape::Tuple(elements) => Self::Tuple(elements.into_iter().map(Into::into).collect()),
            Shape::Object(attributes) => Self::object(
                attributes
                    .into_iter()
                    .map(|(name, ty)| (char::from(b'a' + name % 26), Type::from(ty))),
            ),
        }
    }
}
