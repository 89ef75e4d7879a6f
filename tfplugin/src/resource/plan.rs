//! The plan that a resource's author sees: typed to read, written by path.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::{Element, Model};
use crate::path::{Path, Step};
use crate::plan::place;
use crate::registry::Shapes;
use crate::value::Value;

/// What a plan will do, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// There is nothing yet; also the second half of a replacement, which Terraform plans anew.
    Create,
    /// Something differs.
    Update,
    /// Something differs that cannot change in place.
    Replace,
    /// Nothing differs so far.
    Unchanged,
    /// It will be deleted. Nothing can be planned for it, but there can be warnings and errors.
    Destroy,
}

/// A plan in the making.
///
/// Models are for reading. Writing is by path, so that values that are only partly known, and that
/// the author does not touch, stay exactly as they are:
///
/// ```ignore
/// plan.set("tags", tags).set_unknown("expires_at").keep("created_at").require_replace("name");
/// ```
///
/// A write that makes no sense (a path that the schema does not have) fails the plan by itself.
///
#[doc = include_str!("../../docs/planning.md")]
#[derive(Debug)]
pub struct Plan<'a, M> {
    draft: &'a mut Draft,
    model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> Plan<'a, M> {
    pub(crate) fn new(draft: &'a mut Draft) -> Self {
        Self {
            draft,
            model: PhantomData,
        }
    }

    /// What the plan will do, as it stands.
    #[must_use]
    pub fn action(&self) -> Action {
        self.draft.action()
    }

    /// The configuration as it was written; `None` on destroy.
    ///
    /// # Errors
    /// A value that the model cannot hold, usually an unknown one.
    pub fn config(&self) -> Result<Option<M>> {
        decode(&self.draft.config)
    }

    /// What there is; `None` on create.
    ///
    /// # Errors
    /// A value that the model cannot hold.
    pub fn prior(&self) -> Result<Option<M>> {
        decode(&self.draft.prior)
    }

    /// What there will be, as planned so far; `None` on destroy.
    ///
    /// # Errors
    /// A value that the model cannot hold, usually an unknown one.
    pub fn planned(&self) -> Result<Option<M>> {
        decode(&self.draft.planned)
    }

    /// One planned value, where the whole model is not needed or not known.
    ///
    /// # Errors
    /// A value of another type.
    pub fn get<T: Element>(&self, path: impl Into<Path>) -> Result<Value<T>> {
        let path = path.into();
        match self.draft.planned.get(&path) {
            None | Some(Dynamic::Null) => Ok(Value::Null),
            Some(Dynamic::Unknown(_)) => Ok(Value::Unknown),
            Some(value) => T::decode(value.clone(), &path).map(Value::Known),
        }
    }

    /// Whether the planned value differs from the prior one. An unknown value does.
    #[must_use]
    pub fn changes(&self, path: impl Into<Path>) -> bool {
        self.draft.changes(&path.into())
    }

    /// Plans a value. Only what the configuration leaves out can be planned otherwise.
    pub fn set(&mut self, path: impl Into<Path>, value: impl Plannable) -> &mut Self {
        self.draft.write(path.into(), value.into_dynamic());
        self
    }

    /// Plans a value that apply will decide.
    pub fn set_unknown(&mut self, path: impl Into<Path>) -> &mut Self {
        self.draft.write(path.into(), Dynamic::unknown());
        self
    }

    /// Plans the prior value: apply will not change it. Without one, the value stays unknown.
    pub fn keep(&mut self, path: impl Into<Path>) -> &mut Self {
        let path = path.into();
        match self.draft.prior.get(&path) {
            Some(prior) => {
                let prior = prior.clone();
                self.draft.write(path, prior);
            }
            None => self.draft.check(&path),
        }
        self
    }

    /// A change of this value cannot be made in place. It counts only when the value does change.
    pub fn require_replace(&mut self, path: impl Into<Path>) -> &mut Self {
        let path = path.into();
        self.draft.check(&path);
        self.draft.replace.insert(path);
        self
    }
}

/// What [`Plan::set`] takes: an element, or a [`Value`] of one.
pub trait Plannable {
    /// The value as it goes into the plan.
    fn into_dynamic(self) -> Dynamic;
}

impl<T: Element> Plannable for T {
    fn into_dynamic(self) -> Dynamic {
        self.encode()
    }
}

impl<T: Element> Plannable for Value<T> {
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Known(value) => value.encode(),
            Self::Null => Dynamic::Null,
            Self::Unknown => Dynamic::unknown(),
        }
    }
}

/// A plan without types: what the planning steps hand from one to the next.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) shapes: Shapes,
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) planned: Dynamic,
    /// What the author has decided, which no later step may undo.
    pub(crate) decided: BTreeSet<Path>,
    /// What cannot change in place.
    pub(crate) replace: BTreeSet<Path>,
    /// What the author asked for in vain.
    pub(crate) mistakes: Vec<Diagnostic>,
}

impl Draft {
    pub(crate) fn action(&self) -> Action {
        if self.planned.is_null() {
            Action::Destroy
        } else if self.prior.is_null() {
            Action::Create
        } else if self.prior.same_as(&self.planned, &self.shapes.ty) {
            Action::Unchanged
        } else if self.replace.iter().any(|path| self.changes(path)) {
            Action::Replace
        } else {
            Action::Update
        }
    }

    /// Whether what is planned at this path is something else than what there is.
    pub(crate) fn changes(&self, path: &Path) -> bool {
        let prior = self.prior.get(path).unwrap_or(&Dynamic::Null);
        let planned = self.planned.get(path).unwrap_or(&Dynamic::Null);
        place::type_at(&self.shapes.ty, path).is_none_or(|ty| !prior.same_as(planned, ty))
    }

    fn write(&mut self, path: Path, value: Dynamic) {
        if self.planned.is_null() {
            self.mistakes.push(mistake(
                &path,
                "The resource is to be destroyed, and nothing else can be planned for it. Return \
                 early when the action is Destroy.",
            ));
        } else if place::type_at(&self.shapes.ty, &path).is_none() {
            self.check(&path);
        } else if self.planned.set(&path, value).is_ok() {
            self.decided.insert(path);
        } else {
            self.mistakes.push(mistake(
                &path,
                "What leads to this place is null or not known yet. Plan the outermost attribute \
                 instead.",
            ));
        }
    }

    fn check(&mut self, path: &Path) {
        if place::type_at(&self.shapes.ty, path).is_none() {
            self.mistakes.push(mistake(
                path,
                "The schema has no such place. An element of a set has no path: plan the whole set.",
            ));
        }
    }
}

fn mistake(path: &Path, detail: &str) -> Diagnostic {
    let shown = match path.steps().first() {
        Some(Step::Attribute(_)) => path.clone(),
        _ => Path::root(),
    };
    Diagnostic::error(
        "The provider planned the impossible",
        format!("It wrote `{path}`. {detail} This is a mistake in the provider."),
    )
    .at(shown)
}

fn decode<M: Model>(value: &Dynamic) -> Result<Option<M>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    M::decode(value.clone(), &Path::root()).map(Some)
}
