//! The context of a create, an update or a delete.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::Context;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::{Element, Field, Model};
use crate::path::Path;
use crate::value::Value;

/// The context of a create, an update or a delete: a [`Context`] that also knows the model.
///
/// It can save the state of what exists now, and it has the configuration and the plan.
pub struct ApplyContext<'c, M> {
    context: &'c mut Context,
    model: PhantomData<fn() -> M>,
}

impl<'c, M: Model> ApplyContext<'c, M> {
    pub(crate) fn new(context: &'c mut Context) -> Self {
        Self {
            context,
            model: PhantomData,
        }
    }

    /// Saves the state of what exists now, in case this create, update or delete fails later.
    ///
    /// Terraform stores the saved state when the call returns an error, is interrupted or panics.
    /// When the call succeeds, Terraform stores the returned model instead. Unknown values are
    /// stored as null.
    pub fn save(&mut self, model: &M)
    where
        M: Clone,
    {
        self.context.saved = Some(model.clone().encode());
    }

    /// The configuration, including write-only values, which are in no plan or state. It has no
    /// defaults. `None` on delete.
    ///
    /// # Errors
    /// If the model cannot hold it.
    pub fn config(&self) -> Result<Option<M>> {
        match &self.context.config {
            Dynamic::Null => Ok(None),
            config => M::decode(config.clone(), &Path::root()).map(Some),
        }
    }

    /// The configuration as Terraform sent it; null on delete.
    #[must_use]
    pub fn config_value(&self) -> &Dynamic {
        &self.context.config
    }

    /// The plan as Terraform sent it, in which unknown values are still unknown; null on delete. It
    /// shows parts that the model cannot hold.
    #[must_use]
    pub fn planned_value(&self) -> &Dynamic {
        &self.context.planned
    }
}

impl<M: Model> ApplyContext<'_, M> {
    /// A write-only value that this call must set: on create, and when the attribute of its
    /// `versioned_by` changes. `None` if it did not change, or is null.
    ///
    /// # Errors
    /// If the attribute has no `versioned_by`, or its value has another type.
    pub fn changed_write_only<T: Element>(&self, path: impl Into<Path>) -> Result<Option<T>> {
        let path = path.into();
        let version = M::block()
            .at(&path)
            .and_then(|attribute| attribute.versioned_by.clone());
        let (Some(version), Some(parent)) = (version, path.parent()) else {
            return Err(Failure::new(
                "The provider read a write-only value by an invalid path",
                format!(
                    "No attribute with `versioned_by` is at `{path}`. This is a bug in the provider."
                ),
            ));
        };
        let version = parent.attribute(version);
        let Context {
            prior,
            planned,
            config,
            ..
        } = &*self.context;
        let is_new = prior.is_null() || prior.get(&version) != planned.get(&version);
        match config.get(&path) {
            Some(value) if is_new => Value::<T>::decode(value.clone(), &path)?.known_or_null(path),
            _ => Ok(None),
        }
    }
}

impl<M> Deref for ApplyContext<'_, M> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

impl<M> DerefMut for ApplyContext<'_, M> {
    fn deref_mut(&mut self) -> &mut Context {
        self.context
    }
}

impl<M> fmt::Debug for ApplyContext<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.context, f)
    }
}
