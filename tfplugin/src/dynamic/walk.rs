//! Getting to a place in a tree, and changing what is there.

use super::Dynamic;
use crate::diag::{Failure, Result};
use crate::path::{Path, Step};
use crate::types::Type;

impl Dynamic {
    /// What is at a path, if anything is. The types that dynamic values carry are walked through.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, Self::step)
    }

    /// What is at a path, to change it.
    #[must_use]
    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Self> {
        path.steps().iter().try_fold(self, Self::step_mut)
    }

    /// Puts a value at a path. The last step may name an attribute or a key that is not there yet.
    ///
    /// # Errors
    /// A path that leads through nothing, with the first place that is not there.
    pub fn set(&mut self, path: &Path, value: impl Into<Self>) -> Result<()> {
        let Some((last, parents)) = path.steps().split_last() else {
            *self = value.into();
            return Ok(());
        };
        let mut place = self;
        for (depth, step) in parents.iter().enumerate() {
            place = place
                .step_mut(step)
                .ok_or_else(|| nowhere(&path.steps()[..=depth]))?;
        }
        match (place.untyped_mut(), last) {
            (Self::Map(entries), Step::Attribute(name) | Step::Key(name)) => {
                entries.insert(name.clone(), value.into());
                return Ok(());
            }
            (Self::List(elements), Step::Index(index)) => {
                if let Some(element) = at_mut(elements, *index) {
                    *element = value.into();
                    return Ok(());
                }
            }
            _ => {}
        }
        Err(nowhere(path.steps()))
    }

    /// Replaces what is at a path by what is made of it.
    ///
    /// # Errors
    /// A path that leads nowhere.
    pub fn transform(&mut self, path: &Path, make: impl FnOnce(Self) -> Self) -> Result<()> {
        let place = self.get_mut(path).ok_or_else(|| nowhere(path.steps()))?;
        *place = make(std::mem::take(place));
        Ok(())
    }

    /// The path of the first value of which this is true, from the outside in. A value that is in
    /// a set is found at the set.
    ///
    /// ```
    /// # use tfplugin::{Dynamic, Type};
    /// let ty = Type::object([("ports", Type::list(Type::Number))]);
    /// let value = Dynamic::object([("ports", Dynamic::list([Dynamic::from(80), Dynamic::unknown()]))]);
    /// let path = value.find(&ty, Dynamic::is_unknown);
    /// assert_eq!(path.map(|p| p.to_string()).as_deref(), Some("ports[1]"));
    /// ```
    #[must_use]
    pub fn find(&self, ty: &Type, mut wanted: impl FnMut(&Self) -> bool) -> Option<Path> {
        let mut steps = Vec::new();
        self.search(ty, &mut wanted, &mut steps).then(|| {
            steps.reverse();
            Path::from(steps)
        })
    }

    /// Whether it is here; the way to it is left behind, innermost step first.
    fn search(
        &self,
        ty: &Type,
        wanted: &mut impl FnMut(&Self) -> bool,
        steps: &mut Vec<Step>,
    ) -> bool {
        if wanted(self) {
            return true;
        }
        match (self, ty) {
            (Self::Typed(ty, value), _) => value.search(ty, wanted, steps),
            (Self::List(elements), Type::Set(element)) => {
                let found = elements.iter().any(|e| e.search(element, wanted, steps));
                steps.clear();
                found
            }
            (Self::List(elements), _) => elements.iter().enumerate().any(|(index, value)| {
                let element = match ty {
                    Type::List(element) => element,
                    Type::Tuple(types) => types.get(index).unwrap_or(&Type::Dynamic),
                    _ => &Type::Dynamic,
                };
                let found = value.search(element, wanted, steps);
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
                let found = value.search(element, wanted, steps);
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
            (Self::List(elements), Step::Index(index)) => at_mut(elements, *index),
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

fn at_mut(elements: &mut [Dynamic], index: i64) -> Option<&mut Dynamic> {
    elements.get_mut(usize::try_from(index).ok()?)
}

fn nowhere(steps: &[Step]) -> Failure {
    Failure::new("No such place", "The value has nothing at this path.")
        .at(Path::from(steps.to_vec()))
}
