//! The context of one call: warnings, cancellation, private data and saved state.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::diag::{Diagnostic, Result};
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::private::Private;

/// The context of one call from Terraform.
///
/// It collects the call's warnings, and gives access to cancellation and private data.
#[derive(Default)]
pub struct Context {
    warnings: Vec<Diagnostic>,
    cancellation: CancellationToken,
    terraform_version: Option<Arc<str>>,
    private: Private,
    saved: Option<Dynamic>,
    config: Dynamic,
    planned: Dynamic,
}

impl Context {
    pub(crate) fn new(
        cancellation: CancellationToken,
        terraform_version: Option<Arc<str>>,
    ) -> Self {
        Self {
            cancellation,
            terraform_version,
            ..Self::default()
        }
    }

    pub(crate) fn with_terraform_version(mut self, version: Arc<str>) -> Self {
        self.terraform_version = Some(version);
        self
    }

    pub(crate) fn with_private(mut self, private: Private) -> Self {
        self.private = private;
        self
    }

    /// Sets the values of a create, an update or a delete.
    pub(crate) fn set_change(&mut self, config: Dynamic, planned: Dynamic) {
        self.config = config;
        self.planned = planned;
    }

    /// Adds a warning. Terraform shows it whether the call succeeds or fails.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.warnings.push(Diagnostic::warning(summary, detail));
    }

    /// Adds a warning about an attribute. Terraform shows it whether the call succeeds or fails.
    pub fn warn_at(
        &mut self,
        path: impl Into<Path>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.warnings
            .push(Diagnostic::warning(summary, detail).at(path));
    }

    /// Waits until the user interrupts Terraform. Use it in `select!`, next to the work.
    ///
    /// The call itself is not aborted. It has time to clean up, to [`save`](ApplyContext::save)
    /// what it created, and to return an error that says what is done and what is not.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        self.cancellation.clone().cancelled_owned()
    }

    /// The token that an interrupt cancels, to pass to other tasks.
    #[must_use]
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// The version of Terraform that configured the provider; `None` in calls before that.
    #[must_use]
    pub fn terraform_version(&self) -> Option<&str> {
        self.terraform_version.as_deref()
    }

    /// Reads a value from the resource's private data, which Terraform stores in the state but
    /// never shows or compares.
    ///
    /// # Errors
    /// If the stored value is not a `T`.
    pub fn private<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.private.get(key)
    }

    /// Sets a value in the private data. Keep it small: every byte is stored in every state.
    ///
    /// Values that are not set stay as they are: the SDK always returns private data to Terraform.
    ///
    /// # Errors
    /// If the value cannot be written as JSON.
    pub fn set_private<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        self.private.set(key, value)
    }

    /// Removes a value from the private data.
    pub fn remove_private(&mut self, key: &str) {
        self.private.remove(key);
    }

    pub(crate) fn push_warning(&mut self, diagnostic: Diagnostic) {
        self.warnings.push(diagnostic);
    }

    pub(crate) fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    pub(crate) fn take_saved(&mut self) -> Option<Dynamic> {
        self.saved.take()
    }

    pub(crate) fn private_bytes(&self) -> Vec<u8> {
        self.private.to_bytes()
    }
}

impl fmt::Debug for Context {
    /// Prints no values: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("terraform_version", &self.terraform_version)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

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
