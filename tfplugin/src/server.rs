//! The server: implements each call of the protocol, one file per call.
//!
//! Each call looks up the type by name, decodes the request, calls the provider's code and encodes
//! the response. An error becomes a diagnostic in the response. The gRPC call itself never fails,
//! because Terraform shows its user almost nothing about a failed call.

pub(crate) mod apply_resource;
pub(crate) mod call_function;
mod call_span;
mod catch_panic;
pub(crate) mod client_options;
mod codec;
pub(crate) mod configure;
mod equivalents;
pub(crate) mod generate_config;
pub(crate) mod identity;
pub(crate) mod import_resource;
mod invoke_action;
pub(crate) mod list_resource;
pub(crate) mod move_resource;
pub(crate) mod open_ephemeral;
pub(crate) mod plan_action;
pub(crate) mod plan_resource;
pub(crate) mod read_data_source;
pub(crate) mod read_resource;
pub(crate) mod renew_ephemeral;
pub(crate) mod schemas;
mod stop_provider;
pub(crate) mod upgrade_resource;
pub(crate) mod validate;

use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use call_span::in_call_span;
pub(crate) use catch_panic::catch_panic;
pub(crate) use client_options::ClientOptions;
pub(crate) use codec::Encoded;

use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
#[cfg(feature = "testing")]
use crate::function::Signature;
use crate::model::Model;
use crate::plugin::Ending;
use crate::provider::Provider;
use crate::registry::{ActionEntry, DataSourceEntry, EphemeralEntry, Registry, ResourceEntry};
use crate::schema::{LazySchema, PreparedSchema};
use stop_provider::StopSignal;

/// A provider behind the calls of the protocol, without a transport.
///
/// [`serve`](crate::serve) connects one to Terraform. `testing::Harness` calls one in process.
pub struct Server<P: Provider> {
    provider: P,
    registry: Registry<P::Client>,
    config: LazySchema,
    session: RwLock<Option<Session<P::Client>>>,
    stop_signal: StopSignal,
}

/// The result of a successful `ConfigureProvider` call.
struct Session<C> {
    client: C,
    terraform_version: Arc<str>,
    /// Whether every value of the provider block is known.
    config_is_known: bool,
}

impl<P: Provider> Server<P> {
    /// Creates a server for the provider. It is not configured yet.
    pub fn new(provider: P) -> Self {
        const { P::Config::USES.check_provider() };
        let mut registry = Registry::new();
        P::register(&mut registry);
        Self {
            provider,
            registry,
            config: PreparedSchema::lazy::<P::Config>(P::Config::VERSION),
            session: RwLock::new(None),
            stop_signal: StopSignal::default(),
        }
    }

    /// Calls the provider's shutdown hook if it was configured. A second call does nothing.
    pub async fn shutdown(&self, ending: Ending) {
        let ending = if self.stop_signal.was_sent() {
            Ending::Abandoned
        } else {
            ending
        };
        let session = self
            .session
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(session) = session {
            let shutdown = async {
                self.provider.shutdown(&session.client, ending).await;
                Ok(())
            };
            if let Err(failure) = catch_panic(shutdown).await {
                tracing::error!(%failure, "the provider's shutdown hook failed");
            }
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn provider_schema(&self) -> &PreparedSchema {
        &self.config
    }

    #[cfg(feature = "testing")]
    pub(crate) fn resource_types(&self) -> Vec<&'static str> {
        self.registry.resources.keys().copied().collect()
    }

    #[cfg(feature = "testing")]
    pub(crate) fn data_source_types(&self) -> Vec<&'static str> {
        self.registry.data_sources.keys().copied().collect()
    }

    #[cfg(feature = "testing")]
    pub(crate) fn resource_schema(&self, name: &str) -> Result<&PreparedSchema> {
        Ok(&self.resource(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn data_source_schema(&self, name: &str) -> Result<&PreparedSchema> {
        Ok(&self.data_source(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn identity_schema(&self, name: &str) -> Option<&PreparedSchema> {
        self.identity(name).ok().map(|identity| &*identity.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn list_schema(&self, name: &str) -> Result<&PreparedSchema> {
        Ok(&self.list(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn signature(&self, function: &str) -> Result<Signature> {
        let entry = self.registry.functions.get(function);
        entry
            .ok_or_else(|| not_registered("function", function))?
            .signature()
    }

    #[cfg(feature = "testing")]
    pub(crate) fn action_schema(&self, name: &str) -> Result<&PreparedSchema> {
        Ok(&self.action(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn ephemeral_schema(&self, name: &str) -> Result<&PreparedSchema> {
        Ok(&self.ephemeral_resource(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn provider_meta_schema(&self) -> Option<&PreparedSchema> {
        self.registry.provider_meta.as_deref()
    }

    fn context(&self) -> Context {
        let version = self.with_session(|session| Arc::clone(&session.terraform_version));
        Context::new(self.stop_signal.token(), version)
    }

    fn client(&self) -> Result<P::Client> {
        self.with_session(|session| session.client.clone())
            .ok_or_else(|| {
                Failure::new(
                    "The provider is not configured",
                    "Terraform called it before ConfigureProvider, or ConfigureProvider failed.",
                )
            })
    }

    fn with_session<T>(&self, read: impl FnOnce(&Session<P::Client>) -> T) -> Option<T> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(read)
    }

    fn resource(&self, name: &str) -> Result<&ResourceEntry<P::Client>> {
        self.registry
            .resources
            .get(name)
            .ok_or_else(|| not_registered("resource", name))
    }

    fn data_source(&self, name: &str) -> Result<&DataSourceEntry<P::Client>> {
        self.registry
            .data_sources
            .get(name)
            .ok_or_else(|| not_registered("data source", name))
    }

    fn action(&self, name: &str) -> Result<&ActionEntry<P::Client>> {
        let entry = self.registry.actions.get(name);
        entry.ok_or_else(|| not_registered("action", name))
    }

    fn ephemeral_resource(&self, name: &str) -> Result<&EphemeralEntry<P::Client>> {
        let entry = self.registry.ephemeral_resources.get(name);
        entry.ok_or_else(|| not_registered("ephemeral resource", name))
    }
}

impl<P: Provider> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// The error for a name that the provider does not register.
pub(crate) fn not_registered(kind: &str, name: &str) -> Failure {
    Failure::new(
        format!("This provider has no {kind} {name}"),
        "The configuration may need a newer version of the provider. `terraform providers schema` \
         lists what this version has.",
    )
}

/// The diagnostics of a response: the call's warnings, then its errors.
fn diagnostics(mut context: Context, failure: Option<Failure>) -> Vec<Diagnostic> {
    let mut diagnostics = context.take_warnings();
    diagnostics.extend(failure.into_iter().flat_map(Failure::into_diagnostics));
    diagnostics
}
