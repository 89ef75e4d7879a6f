//! What a client sends along with many calls: the values of `provider_meta`, and whether it allows
//! the provider to defer.

use super::catch_panic::catch_panic_sync;
use super::{Encoded, Server};
use crate::context::Context;
use crate::deferral::{AllowedDeferrals, supports_deferrals};
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ClientOptions {
    pub(crate) provider_meta: Encoded,
    pub(crate) deferral_allowed: bool,
}

impl<P: Provider> Server<P> {
    /// The context of a call with these options.
    pub(super) fn context_with(&self, options: ClientOptions) -> Context {
        let meta = catch_panic_sync(|| self.provider_meta(options.provider_meta));
        self.context().with_provider_meta(meta.transpose())
    }

    /// The values of the module's `provider_meta` block, which Terraform does not validate in a
    /// call of its own.
    fn provider_meta(&self, meta: Encoded) -> Result<Option<Dynamic>> {
        let Some(schema) = &self.registry.provider_meta else {
            return Ok(None);
        };
        let mut meta = meta.into_value(schema)?;
        if meta.is_null() {
            return Ok(None);
        }
        schema.block().fill_defaults(&mut meta);
        match Failure::from_diagnostics(schema.block().validate(&meta)) {
            None => Ok(Some(meta)),
            Some(failure) => Err(failure),
        }
    }

    /// The reasons with which a plan of a resource with this configuration may be deferred.
    ///
    /// During apply, when the client may wrongly claim to allow deferrals, the configuration is
    /// known, and so is that of the provider.
    pub(super) fn resource_deferrals(
        &self,
        deferral_allowed: bool,
        config: &Dynamic,
    ) -> AllowedDeferrals {
        if !deferral_allowed || !self.client_supports_deferrals() {
            return AllowedDeferrals::default();
        }
        AllowedDeferrals {
            resource_config: !config.is_wholly_known(),
            provider_config: !self.provider_config_is_known(),
            prerequisite: true,
        }
    }

    /// The reasons with which a plan of an action may be deferred.
    pub(super) fn action_deferrals(&self, deferral_allowed: bool) -> AllowedDeferrals {
        let allowed = deferral_allowed && self.client_supports_deferrals();
        AllowedDeferrals {
            provider_config: allowed && !self.provider_config_is_known(),
            ..AllowedDeferrals::default()
        }
    }

    fn client_supports_deferrals(&self) -> bool {
        self.with_session(|session| supports_deferrals(&session.terraform_version))
            .unwrap_or_default()
    }

    fn provider_config_is_known(&self) -> bool {
        self.with_session(|session| session.config_is_known)
            .unwrap_or(true)
    }
}
