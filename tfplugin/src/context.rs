//! The context of one call: warnings, cancellation, private data and what to remember if it fails.

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
#[derive(Debug, Default)]
pub struct Cx {
    warnings: Vec<Diagnostic>,
    cancellation: CancellationToken,
    terraform_version: Option<Arc<str>>,
    private: Private,
    saved: Option<Dynamic>,
    config: Dynamic,
}

impl Cx {
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

    /// Tells the person something, whether the call succeeds or fails.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.warnings.push(Diagnostic::warning(summary, detail));
    }

    /// Tells the person something about an attribute, whether the call succeeds or fails.
    pub fn warn_at(
        &mut self,
        path: impl Into<Path>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.warnings
            .push(Diagnostic::warning(summary, detail).at(path));
    }

    /// Waits until the person interrupts Terraform. For `select!`, beside the work.
    ///
    /// The call goes on until it returns: it has the time to leave things in order, to
    /// [`save`](Self::save) what it made, and to say how far it came.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        self.cancellation.clone().cancelled_owned()
    }

    /// The interruption as a token, to hand on to tasks.
    #[must_use]
    pub fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }

    /// The version of Terraform that configured the provider; unknown in calls that come before.
    #[must_use]
    pub fn terraform_version(&self) -> Option<&str> {
        self.terraform_version.as_deref()
    }

    /// A value of the resource's private data: kept in state, hidden from people, never in a diff.
    ///
    /// # Errors
    /// A value that is not a `T`.
    pub fn private<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.private.get(key)
    }

    /// Sets a value of the private data. Keep it small: every byte is in every state.
    ///
    /// What is not set stays as it was: private data is always handed back to Terraform.
    ///
    /// # Errors
    /// A value that has no JSON form.
    pub fn set_private<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        self.private.set(key, value)
    }

    /// Removes a value of the private data.
    pub fn remove_private(&mut self, key: &str) {
        self.private.remove(key);
    }

    /// Remembers what exists by now, in case this create, update or delete fails later.
    ///
    /// Terraform stores it when the call returns an error, is interrupted or panics; when the call
    /// succeeds, what it returns counts. What is unknown in it is stored as null.
    pub fn save<M: Model + Clone>(&mut self, model: &M) {
        self.saved = Some(model.clone().encode());
    }

    /// The configuration of this call, write-only values included, which no plan or state has.
    ///
    /// # Errors
    /// When the call has none (read, delete, import), or the model cannot hold it.
    pub fn config<M: Model>(&self) -> Result<M> {
        if matches!(self.config, Dynamic::Null) {
            return Err(Failure::new(
                "There is no configuration in this call",
                "Terraform sends a resource's configuration to validate, plan, create and update. \
                 This is a mistake in the provider.",
            ));
        }
        M::decode(self.config.clone(), &Path::root())
    }

    pub(crate) fn warn_with(&mut self, diagnostic: Diagnostic) {
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
