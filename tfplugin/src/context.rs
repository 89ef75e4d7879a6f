//! The context of one call: warnings, cancellation, private data and saved state.

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::private::Private;

/// The context of one call from Terraform.
///
/// It collects the call's warnings and saved state, and gives access to cancellation, private data
/// and the configuration.
#[derive(Debug, Default)]
pub struct Context {
    warnings: Vec<Diagnostic>,
    cancellation: CancellationToken,
    terraform_version: Option<Arc<str>>,
    private: Private,
    saved: Option<Dynamic>,
    config: Dynamic,
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

    pub(crate) fn set_config(&mut self, config: Dynamic) {
        self.config = config;
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
    /// The call itself is not aborted. It has time to clean up, to [`save`](Self::save) what it
    /// created, and to return an error that says what is done and what is not.
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

    /// Saves the state of what exists now, in case this create, update or delete fails later.
    ///
    /// Terraform stores the saved state when the call returns an error, is interrupted or panics.
    /// When the call succeeds, Terraform stores the returned model instead. Unknown values are
    /// stored as null.
    pub fn save<M: Model + Clone>(&mut self, model: &M) {
        self.saved = Some(model.clone().encode());
    }

    /// The configuration of this call, including write-only values, which are in no plan or state.
    ///
    /// # Errors
    /// If the call has no configuration (read, delete, import), or the model cannot hold it.
    pub fn config<M: Model>(&self) -> Result<M> {
        if matches!(self.config, Dynamic::Null) {
            return Err(Failure::new(
                "This call has no configuration",
                "Terraform sends a resource's configuration to validate, plan, create and update \
                 only. This is a bug in the provider.",
            ));
        }
        M::decode(self.config.clone(), &Path::root())
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
