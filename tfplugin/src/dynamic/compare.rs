//! Comparison as Terraform does it, and the implied type of a value.

use super::Dynamic;
use crate::types::Type;

impl Dynamic {
    /// Whether Terraform treats both as the same value of this type. It ignores the order of sets
    /// and the refinements of unknown values.
    #[must_use]
    pub fn same_as(&self, other: &Self, ty: &Type) -> bool {
        self == other || self.clone().canonical(ty) == other.clone().canonical(ty)
    }

    /// The value with sorted, distinct set elements and without refinements.
    #[must_use]
    pub fn canonical(self, ty: &Type) -> Self {
        match (self, ty) {
            (Self::Unknown(_), _) => Self::unknown(),
            (Self::Typed(ty, value), _) => {
                let value = value.canonical(&ty);
                Self::Typed(ty, Box::new(value))
            }
            (Self::List(elements), Type::Set(element)) => {
                let mut elements: Vec<_> = canonical_all(elements, |_| element);
                elements.sort_unstable();
                elements.dedup();
                Self::List(elements)
            }
            (Self::List(elements), Type::List(element)) => {
                Self::List(canonical_all(elements, |_| element))
            }
            (Self::List(elements), Type::Tuple(types)) => {
                Self::List(canonical_all(elements, |index| {
                    types.get(index).unwrap_or(&Type::Dynamic)
                }))
            }
            (Self::Map(entries), Type::Map(element)) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, value.canonical(element)))
                    .collect(),
            ),
            (Self::Map(entries), Type::Object(types)) => Self::Map(
                entries
                    .into_iter()
                    .map(|(name, value)| {
                        let ty = types.get(&name).unwrap_or(&Type::Dynamic);
                        let value = value.canonical(ty);
                        (name, value)
                    })
                    .collect(),
            ),
            (value, _) => value,
        }
    }

    /// The type of the value as a literal in HCL: a sequence is a tuple, a mapping is an object,
    /// and a null or unknown value has the type `dynamic`.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        match self {
            Self::Null | Self::Unknown(_) => Type::Dynamic,
            Self::Bool(_) => Type::Bool,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::List(elements) => Type::Tuple(elements.iter().map(Self::implied_type).collect()),
            Self::Map(entries) => {
                Type::object(entries.iter().map(|(name, v)| (name, v.implied_type())))
            }
            Self::Typed(ty, _) => (**ty).clone(),
        }
    }
}

fn canonical_all<'t>(elements: Vec<Dynamic>, ty: impl Fn(usize) -> &'t Type) -> Vec<Dynamic> {
    elements
        .into_iter()
        .enumerate()
        .map(|(index, element)| element.canonical(ty(index)))
        .collect()
}
