//! The plan in a resource's `plan`: read as typed models, written by path.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::{Element, Field, Model};
use crate::path::{Path, Step};
use crate::schema::{AttributePosition, Counterparts, PreparedSchema};
use crate::value::Value;

/// What a plan will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlannedAction {
    /// There is no prior state. This is also the second half of a replacement, which Terraform
    /// plans separately.
    Create,
    /// The plan differs from the prior state.
    Update,
    /// The plan differs in an attribute that cannot change in place.
    Replace,
    /// The plan equals the prior state.
    Unchanged,
    /// Terraform will delete the resource. No value can be planned, but the plan can add warnings
    /// and errors.
    Destroy,
}

/// The plan that a resource can adjust.
///
/// Read it as models and write it by path, so that partly known values and values that the resource
/// does not touch stay exactly as they are:
///
/// ```ignore
/// plan.set("tags", tags).set_unknown("expires_at").keep("created_at").require_replace("name");
/// ```
///
/// A write to a path that the schema does not have fails the plan.
///
#[doc = include_str!("../../docs/planning.md")]
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

    /// What the plan, as adjusted so far, will do.
    #[must_use]
    pub fn action(&self) -> PlannedAction {
        self.draft.action()
    }

    /// The configuration; `None` on destroy.
    ///
    /// # Errors
    /// If the model cannot hold a value, usually an unknown one.
    pub fn config(&self) -> Result<Option<M>> {
        decode(&self.draft.config)
    }

    /// The prior state; `None` on create.
    ///
    /// # Errors
    /// If the model cannot hold a value.
    pub fn prior(&self) -> Result<Option<M>> {
        decode(&self.draft.prior)
    }

    /// The planned state, as adjusted so far; `None` on destroy.
    ///
    /// # Errors
    /// If the model cannot hold a value, usually an unknown one.
    pub fn planned(&self) -> Result<Option<M>> {
        decode(&self.draft.planned)
    }

    /// One planned value. Works even when the model as a whole cannot hold the plan. Like a field
    /// of a model, the value is unknown as a whole when its type cannot hold an unknown inside it.
    ///
    /// # Errors
    /// If the value has another type.
    pub fn get<T: Element>(&self, path: impl Into<Path>) -> Result<Value<T>> {
        let path = path.into();
        match self.draft.planned.get(&path) {
            None => Ok(Value::Null),
            Some(value) => Value::decode(value.clone(), &path),
        }
    }

    /// Whether the planned value differs from the prior one. An unknown value counts as different.
    #[must_use]
    pub fn changes(&self, path: impl Into<Path>) -> bool {
        self.draft.changes(&path.into())
    }

    /// Plans a value. Terraform accepts this only for attributes without a configured value.
    pub fn set(&mut self, path: impl Into<Path>, value: impl Plannable) -> &mut Self {
        self.draft.write(path.into(), value.into_dynamic());
        self
    }

    /// Plans an unknown value, which becomes known during apply.
    pub fn set_unknown(&mut self, path: impl Into<Path>) -> &mut Self {
        self.draft.write(path.into(), Dynamic::unknown());
        self
    }

    /// Plans the prior value. If there is none, the planned value does not change.
    ///
    /// For a configured attribute this says that both values are equivalent. To keep only what the
    /// provider computed in nested attributes or blocks, use
    /// [`keep_computed`](Self::keep_computed).
    pub fn keep(&mut self, path: impl Into<Path>) -> &mut Self {
        let path = path.into();
        match self.draft.prior.get(&path) {
            Some(prior) => {
                let prior = prior.clone();
                self.draft.write(path, prior);
            }
            None => self.draft.check_path(&path),
        }
        self
    }

    /// Plans the prior values of the computed attributes in a nested attribute or in blocks, where
    /// the configuration sets none. Elements of a set correspond by their configured values.
    pub fn keep_computed(&mut self, path: impl Into<Path>) -> &mut Self {
        let path = path.into();
        self.draft.check_path(&path);
        if !self.draft.prior.is_null() && !self.draft.planned.is_null() {
            self.draft.keep_inside(path);
        }
        self
    }

    /// Requires replacement if this value changes.
    pub fn require_replace(&mut self, path: impl Into<Path>) -> &mut Self {
        let path = path.into();
        self.draft.check_path(&path);
        self.draft.replace.insert(path);
        self
    }
}

impl<M> fmt::Debug for Plan<'_, M> {
    /// Masks sensitive and write-only values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = self.draft.schema.block();
        f.debug_struct("Plan")
            .field("action", &self.draft.action())
            .field("prior", &block.masked(&self.draft.prior))
            .field("planned", &block.masked(&self.draft.planned))
            .finish_non_exhaustive()
    }
}

/// A type that [`Plan::set`] accepts: an element, or a [`Value`] of one.
pub trait Plannable {
    /// Converts it to the untyped value that goes into the plan.
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

/// The untyped plan that the planning steps change in turn.
pub(crate) struct Draft {
    pub(crate) schema: PreparedSchema,
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) planned: Dynamic,
    /// The paths that the resource's `plan` has set. No later step changes them.
    pub(crate) set_by_resource: BTreeSet<Path>,
    /// The paths that require replacement if they change.
    pub(crate) replace: BTreeSet<Path>,
    /// Errors from invalid writes in the resource's `plan`.
    pub(crate) errors: Vec<Diagnostic>,
}

impl Draft {
    pub(crate) fn action(&self) -> PlannedAction {
        if self.planned.is_null() {
            PlannedAction::Destroy
        } else if self.prior.is_null() {
            PlannedAction::Create
        } else if self.prior.same_as(&self.planned, &self.schema.value_type) {
            PlannedAction::Unchanged
        } else if self.replace.iter().any(|path| self.changes(path)) {
            PlannedAction::Replace
        } else {
            PlannedAction::Update
        }
    }

    /// Whether the planned value at this path differs from the prior one.
    pub(crate) fn changes(&self, path: &Path) -> bool {
        let prior = self.prior.get(path).unwrap_or(&Dynamic::Null);
        let planned = self.planned.get(path).unwrap_or(&Dynamic::Null);
        self.schema
            .value_type
            .at(path)
            .is_none_or(|ty| !prior.same_as(planned, ty))
    }

    /// Plans the prior values of the computed attributes below the path.
    fn keep_inside(&mut self, path: Path) {
        let mut planned = std::mem::take(&mut self.planned);
        let counterparts = Counterparts {
            config: &self.config,
            prior: &self.prior,
        };
        self.schema.block().walk_correlated(
            &mut planned,
            counterparts,
            &mut |position: AttributePosition<'_>, value, counterparts| {
                let Counterparts { config, prior } = counterparts;
                let is_open = position.attribute.mode.is_computed() && config.is_null();
                if position.path.starts_with(&path) && is_open && !prior.is_null() {
                    *value = prior.clone();
                }
            },
        );
        self.planned = planned;
        self.set_by_resource.insert(path);
    }

    fn write(&mut self, path: Path, value: Dynamic) {
        if self.planned.is_null() {
            self.errors.push(invalid_write(
                &path,
                "The resource will be destroyed, so no value can be planned. Return early when the \
                 action is Destroy.",
            ));
        } else if self.schema.value_type.at(&path).is_none() {
            self.check_path(&path);
        } else if self.planned.set(&path, value).is_ok() {
            self.set_by_resource.insert(path);
        } else {
            self.errors.push(invalid_write(
                &path,
                "A value on the way to this path is null or unknown. Plan the outermost attribute \
                 instead.",
            ));
        }
    }

    fn check_path(&mut self, path: &Path) {
        if self.schema.value_type.at(path).is_none() {
            self.errors.push(invalid_write(
                path,
                "The schema has no such path. An element of a set has no path: plan the whole set.",
            ));
        }
    }
}

fn invalid_write(path: &Path, detail: &str) -> Diagnostic {
    // Terraform can show a path only if it starts with an attribute.
    let shown = match path.steps().first() {
        Some(Step::Attribute(_)) => path.clone(),
        _ => Path::root(),
    };
    Diagnostic::error(
        "The provider made an invalid plan",
        format!("It wrote `{path}`. {detail} This is a bug in the provider."),
    )
    .at(shown)
}

fn decode<M: Model>(value: &Dynamic) -> Result<Option<M>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    M::decode(value.clone(), &Path::root()).map(Some)
}
