//! The server: what a provider answers to each call of the protocol. One call, one file.
//!
//! Every call goes the same way: look up the type by name, decode, call the author's code, encode.
//! An error is a diagnostic in the answer and never a failed call, since Terraform would show a
//! person nothing of the latter.

pub(crate) mod apply_resource;
pub(crate) mod call_function;
mod codec;
pub(crate) mod configure;
pub(crate) mod function;
pub(crate) mod import_resource;
pub(crate) mod move_resource;
mod panic;
pub(crate) mod plan_resource;
pub(crate) mod read_data_source;
pub(crate) mod read_resource;
pub(crate) mod schemas;
mod span;
mod stop;
pub(crate) mod upgrade_resource;
pub(crate) mod validate;

use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use codec::Encoded;
pub(crate) use panic::guard;
pub(crate) use span::observed;

use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::model::Model;
use crate::plugin::{self, Ending};
use crate::provider::Provider;
#[cfg(feature = "testing")]
use crate::registry::Shapes;
use crate::registry::{DataSourceEntry, Prepared, Registry, ResourceEntry, prepare};
use crate::wire::Service;
use stop::Generation;

/// Runs the process as this provider until Terraform ends it: all that `main` has to do.
///
/// `address` is the full one, such as `registry.terraform.io/hashicorp/time`.
///
/// One thread waits for everything. Work that computes or blocks belongs on
/// `tokio::task::spawn_blocking`, so that the calls beside it, and an interruption, are heard.
pub fn serve<P: Provider>(address: &str, provider: P) -> ExitCode {
    plugin::serve(address, || Service::new(Arc::new(Server::new(provider))))
}

/// A provider as the protocol sees it, without a transport.
///
/// [`serve`](crate::serve) puts one behind a socket, `testing::Harness` drives one in process.
pub struct Server<P: Provider> {
    provider: P,
    registry: Registry<P::Client>,
    config: Prepared,
    session: RwLock<Option<Session<P::Client>>>,
    generation: Generation,
}

/// What configuring the provider made.
struct Session<C> {
    client: C,
    terraform_version: Arc<str>,
}

impl<P: Provider> Server<P> {
    /// A server of this provider, not configured yet.
    pub fn new(provider: P) -> Self {
        let mut registry = Registry::new();
        P::register(&mut registry);
        Self {
            provider,
            registry,
            config: prepare::<P::Config>(P::Config::VERSION),
            session: RwLock::new(None),
            generation: Generation::default(),
        }
    }

    /// Says goodbye to the client of a configured provider. A second call has nothing to do.
    pub async fn shutdown(&self, ending: Ending) {
        let ending = if self.generation.interrupted() {
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
            let farewell = async {
                self.provider.shutdown(&session.client, ending).await;
                Ok(())
            };
            if let Err(failure) = guard(farewell).await {
                tracing::error!(%failure, "the provider's shutdown failed");
            }
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn provider_shapes(&self) -> &Shapes {
        &self.config
    }

    #[cfg(feature = "testing")]
    pub(crate) fn resource_shapes(&self, name: &str) -> Result<&Shapes> {
        Ok(&self.resource(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn data_source_shapes(&self, name: &str) -> Result<&Shapes> {
        Ok(&self.data_source(name)?.schema)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn signature(&self, function: &str) -> Result<function::Signature> {
        let entry = self.registry.functions.get(function);
        entry
            .ok_or_else(|| unknown("function", function))?
            .signature()
    }

    fn cx(&self) -> Cx {
        let version = self.with_session(|session| Arc::clone(&session.terraform_version));
        Cx::new(self.generation.token(), version)
    }

    fn client(&self) -> Result<P::Client> {
        self.with_session(|session| session.client.clone())
            .ok_or_else(|| {
                Failure::new(
                    "The provider is not configured",
                    "Terraform called it before it was configured, or its configuration failed.",
                )
            })
    }

    fn with_session<T>(&self, look: impl FnOnce(&Session<P::Client>) -> T) -> Option<T> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(look)
    }

    fn resource(&self, name: &str) -> Result<&ResourceEntry<P::Client>> {
        self.registry
            .resources
            .get(name)
            .ok_or_else(|| unknown("resource", name))
    }

    fn data_source(&self, name: &str) -> Result<&DataSourceEntry<P::Client>> {
        self.registry
            .data_sources
            .get(name)
            .ok_or_else(|| unknown("data source", name))
    }
}

impl<P: Provider> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// That the provider has nothing of this kind and name.
pub(crate) fn unknown(kind: &str, name: &str) -> Failure {
    Failure::new(
        format!("This provider has no {kind} {name}"),
        "Its version may be older than the configuration expects. Terraform lists what it has \
         with `terraform providers schema`.",
    )
}

/// Everything there is to say: warnings first, as they came first, then why it failed.
fn said(mut cx: Cx, failure: Option<Failure>) -> Vec<Diagnostic> {
    let mut diagnostics = cx.take_warnings();
    diagnostics.extend(failure.into_iter().flat_map(Failure::into_diagnostics));
    diagnostics
}
