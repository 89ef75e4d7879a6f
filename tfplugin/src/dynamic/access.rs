//! Access to the value at a path: get, set, change and find.

use super::Dynamic;
use crate::diag::{Failure, Result};
use crate::path::{Path, Step};
use crate::types::Type;

impl Dynamic {
    /// The value at a path, if there is one. The types of dynamic values are ignored.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, Self::step)
    }

    /// A mutable reference to the value at a path, if there is one.
    #[must_use]
    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Self> {
        path.steps().iter().try_fold(self, Self::step_mut)
    }

    /// Sets the value at a path. The last step may be an attribute or a key that does not exist
    /// yet.
    ///
    /// # Errors
    /// If a parent on the path does not exist, with the path of the first that is missing.
    pub fn set(&mut self, path: &Path, value: impl Into<Self>) -> Result<()> {
        let Some((last, parents)) = path.steps().split_last() else {
            *self = value.into();
            return Ok(());
        };
        let mut target = self;
        for (depth, step) in parents.iter().enumerate() {
            target = target
                .step_mut(step)
                .ok_or_else(|| no_value_at(&path.steps()[..=depth]))?;
        }
        match (target.untyped_mut(), last) {
            (Self::Map(entries), Step::Attribute(name) | Step::Key(name)) => {
                entries.insert(name.clone(), value.into());
                return Ok(());
            }
            (Self::List(elements), Step::Index(index)) => {
                if let Some(element) = element_mut(elements, *index) {
                    *element = value.into();
                    return Ok(());
                }
            }
            _ => {}
        }
        Err(no_value_at(path.steps()))
    }

    /// Replaces the value at a path with the result of the function.
    ///
    /// # Errors
    /// If there is no value at the path.
    pub fn transform(&mut self, path: &Path, change: impl FnOnce(Self) -> Self) -> Result<()> {
        let target = self
            .get_mut(path)
            .ok_or_else(|| no_value_at(path.steps()))?;
        *target = change(std::mem::take(target));
        Ok(())
    }

    /// The path of the first value that matches, outer before inner. For a value inside a set, it
    /// is the path of the set.
    ///
    /// ```
    /// # use tfplugin::{Dynamic, Type};
    /// let ty = Type::object([("ports", Type::list(Type::Number))]);
    /// let ports = Dynamic::list([Dynamic::from(80), Dynamic::unknown()]);
    /// let value = Dynamic::object([("ports", ports)]);
    /// let path = value.find(&ty, Dynamic::is_unknown);
    /// assert_eq!(path.map(|p| p.to_string()).as_deref(), Some("ports[1]"));
    /// ```
    #[must_use]
    pub fn find(&self, ty: &Type, matches: impl FnMut(&Self) -> bool) -> Option<Path> {
        self.locate(ty, matches).map(|path| path.addressable())
    }

    /// Like [`find`](Self::find), with the path into a set, for messages.
    pub(crate) fn locate(&self, ty: &Type, mut matches: impl FnMut(&Self) -> bool) -> Option<Path> {
        let mut steps = Vec::new();
        self.search(ty, &mut matches, &mut steps).then(|| {
            steps.reverse();
            Path::from(steps)
        })
    }

    /// Searches this value. If it finds a match, `steps` has the path to it, innermost step first.
    fn search(
        &self,
        ty: &Type,
        matches: &mut impl FnMut(&Self) -> bool,
        steps: &mut Vec<Step>,
    ) -> bool {
        if matches(self) {
            return true;
        }
        match (self, ty) {
            (Self::Typed(ty, value), _) => value.search(ty, matches, steps),
            (Self::List(elements), Type::Set(element)) => {
                let found = elements.iter().any(|e| e.search(element, matches, steps));
                if found {
                    steps.push(Step::Element);
                }
                found
            }
            (Self::List(elements), _) => elements.iter().enumerate().any(|(index, value)| {
                let element = match ty {
                    Type::List(element) => element,
                    Type::Tuple(types) => types.get(index).unwrap_or(&Type::Dynamic),
                    _ => &Type::Dynamic,
                };
                let found = value.search(element, matches, steps);
                if found {
                    steps.push(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)));
                }
                found
            }),
            (Self::Map(entries), _) => entries.iter().any(|(name, value)| {
                let (step, element): (fn(String) -> Step, _) = match ty {
                    Type::Map(element) => (Step::Key, &**element),
                    Type::Object(types) => {
                        (Step::Attribute, types.get(name).unwrap_or(&Type::Dynamic))
                    }
                    _ => (Step::Attribute, &Type::Dynamic),
                };
                let found = value.search(element, matches, steps);
                if found {
                    steps.push(step(name.clone()));
                }
                found
            }),
            _ => false,
        }
    }

    fn step(&self, step: &Step) -> Option<&Self> {
        match (self.untyped(), step) {
            (Self::Map(entries), Step::Attribute(name) | Step::Key(name)) => entries.get(name),
            (Self::List(elements), Step::Index(index)) => {
                elements.get(usize::try_from(*index).ok()?)
            }
            _ => None,
        }
    }

    fn step_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (self.untyped_mut(), step) {
            (Self::Map(entries), Step::Attribute(name) | Step::Key(name)) => entries.get_mut(name),
            (Self::List(elements), Step::Index(index)) => element_mut(elements, *index),
            _ => None,
        }
    }

    fn untyped_mut(&mut self) -> &mut Self {
        match self {
            Self::Typed(_, value) => value.untyped_mut(),
            value => value,
        }
    }
}

fn element_mut(elements: &mut [Dynamic], index: i64) -> Option<&mut Dynamic> {
    elements.get_mut(usize::try_from(index).ok()?)
}

fn no_value_at(steps: &[Step]) -> Failure {
    Failure::new(
        "No value at this path",
        "A part of the path does not exist.",
    )
    .at(Path::from(steps.to_vec()))
}
