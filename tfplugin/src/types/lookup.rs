//! Finding the type at a path inside a type.

use super::Type;
use crate::path::{Path, Step};

impl Type {
    /// The type of the value at the path. `None` when the type has no such path, which is true of
    /// every path into a set.
    pub(crate) fn at(&self, path: &Path) -> Option<&Self> {
        path.steps()
            .iter()
            .try_fold(self, |ty, step| match (ty, step) {
                (Self::Object(attributes), Step::Attribute(name)) => attributes.get(name),
                (Self::Map(element), Step::Key(_)) | (Self::List(element), Step::Index(_)) => {
                    Some(&**element)
                }
                (Self::Tuple(elements), Step::Index(index)) => usize::try_from(*index)
                    .ok()
                    .and_then(|index| elements.get(index)),
                (Self::Dynamic, _) => Some(ty),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path leads into a list, but never into a set.
    #[test]
    fn no_path_leads_into_a_set() {
        let ty = Type::object([
            ("s", Type::set(Type::String)),
            ("l", Type::list(Type::Bool)),
        ]);
        assert_eq!(ty.at(&Path::new("l").index(3)), Some(&Type::Bool));
        assert!(ty.at(&Path::new("s")).is_some());
        assert_eq!(ty.at(&Path::new("s").index(0)), None);
        assert_eq!(ty.at(&Path::new("other")), None);
    }
}
