//! Comparing trees as Terraform does, and the type that a tree shows by itself.

use super::Dynamic;
use crate::types::Type;

impl Dynamic {
    /// Whether Terraform takes the two for the same value of this type: sets without regard to
    /// order, unknown values without regard to what is promised of them.
    #[must_use]
    pub fn same_as(&self, other: &Self, ty: &Type) -> bool {
        self == other || self.clone().canonical(ty) == other.clone().canonical(ty)
    }

    /// The value with the elements of sets in one order, each once, and without promises.
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
                Self::List(canonical_all(elements, |place| {
                    types.get(place).unwrap_or(&Type::Dynamic)
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

    /// The type that the tree shows by itself, as for a literal in HCL: a sequence is a tuple, a
    /// mapping an object, and a null or unknown value may be of any type.
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
        .map(|(place, element)| element.canonical(ty(place)))
        .collect()
}
