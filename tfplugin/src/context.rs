//! The context of one call: warnings, cancellation, private data and saved state.

mod apply;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

pub use apply::ApplyContext;

use crate::deferral::{AllowedDeferrals, DeferralReason};
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
    prior: Dynamic,
    config: Dynamic,
    planned: Dynamic,
    provider_meta: Option<Result<Dynamic>>,
    renewal: Option<SystemTime>,
    allowed_deferrals: AllowedDeferrals,
    deferral: Option<DeferralReason>,
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
    pub(crate) fn set_change(&mut self, prior: Dynamic, config: Dynamic, planned: Dynamic) {
        self.prior = prior;
        self.config = config;
        self.planned = planned;
    }

    /// Sets the values of the module's `provider_meta` block, or why they are invalid.
    pub(crate) fn with_provider_meta(mut self, meta: Option<Result<Dynamic>>) -> Self {
        self.provider_meta = meta;
        self
    }

    pub(crate) fn allow_deferrals(&mut self, allowed: AllowedDeferrals) {
        self.allowed_deferrals = allowed;
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

    /// The values of the module's `provider_meta` block; `None` if the module has none, or in a
    /// call to which Terraform does not send them. It sends them to plans, reads and applies of
    /// resources, and to reads of data sources.
    ///
    /// # Errors
    /// If the block is invalid, or `M` is not the model that
    /// [`Registry::provider_meta`](crate::Registry::provider_meta) registered.
    pub fn provider_meta<M: Model>(&self) -> Result<Option<M>> {
        match self.provider_meta.clone().transpose()? {
            Some(meta) => M::decode(meta, &Path::root()).map(Some),
            None => Ok(None),
        }
    }

    /// Defers this plan to a later run, if the client allows that. Returns whether it does.
    ///
    /// Only Terraform's `-allow-deferral` does, in alpha and development builds. Where this returns
    /// false, plan what is known, or return an error. A resource that is deferred for an unknown
    /// value must have one in its configuration or in the provider block. An action can be deferred
    /// only for the provider block.
    #[must_use = "where the client allows no deferral, the provider must plan or fail"]
    pub fn defer(&mut self, reason: DeferralReason) -> bool {
        let allowed = self.allowed_deferrals.contains(reason);
        if allowed {
            self.deferral = Some(reason);
        }
        allowed
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

    pub(crate) fn deferral(&self) -> Option<DeferralReason> {
        self.deferral
    }

    pub(crate) fn set_renewal(&mut self, time: SystemTime) {
        self.renewal = Some(time);
    }

    pub(crate) fn renewal(&self) -> Option<SystemTime> {
        self.renewal
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
