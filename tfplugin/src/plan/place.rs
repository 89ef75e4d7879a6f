//! Which places a type has.

use crate::path::{Path, Step};
use crate::types::Type;

/// The type of what stands at the path; none where the type has no such place, which includes
/// every place inside a set.
pub(crate) fn type_at<'a>(ty: &'a Type, path: &Path) -> Option<&'a Type> {
    path.steps()
        .iter()
        .try_fold(ty, |ty, step| match (ty, step) {
            (Type::Object(attributes), Step::Attribute(name)) => attributes.get(name),
            (Type::Map(element), Step::Key(_)) | (Type::List(element), Step::Index(_)) => {
                Some(&**element)
            }
            (Type::Tuple(elements), Step::Index(index)) => usize::try_from(*index)
                .ok()
                .and_then(|index| elements.get(index)),
            (Type::Dynamic, _) => Some(ty),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_into_a_set() {
        let ty = Type::object([
            ("s", Type::set(Type::String)),
            ("l", Type::list(Type::Bool)),
        ]);
        assert_eq!(type_at(&ty, &Path::new("l").index(3)), Some(&Type::Bool));
        assert!(type_at(&ty, &Path::new("s")).is_some());
        assert_eq!(type_at(&ty, &Path::new("s").index(0)), None);
        assert_eq!(type_at(&ty, &Path::new("other")), None);
    }
}
