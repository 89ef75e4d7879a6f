//! `GetProviderSchema`, `GetMetadata` and `GetFunctions`: what the provider offers.

use std::sync::Arc;

use super::Server;
use super::function::Signature;
use super::panic::guard_now;
use crate::diag::Diagnostic;
use crate::provider::Provider;
use crate::schema::{Schema, SchemaProblem};

/// Everything that the provider offers.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) provider: Arc<Schema>,
    pub(crate) resources: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) data_sources: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) functions: Vec<(&'static str, Signature)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The names of everything that the provider offers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) resources: Vec<&'static str>,
    pub(crate) data_sources: Vec<&'static str>,
    pub(crate) functions: Vec<&'static str>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn schemas(&self) -> Schemas {
        guard_now(|| Ok(self.make_schemas())).unwrap_or_else(|failure| Schemas {
            diagnostics: failure.into_diagnostics(),
            ..Schemas::default()
        })
    }

    fn make_schemas(&self) -> Schemas {
        let provider = Arc::clone(&self.config.schema);
        let mut diagnostics = self.registry.mistakes.clone();
        diagnostics.extend(mistakes("provider", "", provider.check_provider()));
        let mut resources = Vec::with_capacity(self.registry.resources.len());
        for (name, entry) in &self.registry.resources {
            diagnostics.extend(mistakes("resource", name, entry.schema.schema.check()));
            resources.push((*name, Arc::clone(&entry.schema.schema)));
        }
        let mut data_sources = Vec::with_capacity(self.registry.data_sources.len());
        for (name, entry) in &self.registry.data_sources {
            diagnostics.extend(mistakes("data source", name, entry.schema.schema.check()));
            data_sources.push((*name, Arc::clone(&entry.schema.schema)));
        }
        let mut functions = Vec::with_capacity(self.registry.functions.len());
        for (name, function) in &self.registry.functions {
            match function.signature() {
                Ok(signature) => functions.push((*name, signature)),
                Err(failure) => diagnostics.extend(failure.into_diagnostics()),
            }
        }
        Schemas {
            provider,
            resources,
            data_sources,
            functions,
            diagnostics,
        }
    }

    pub(crate) fn names(&self) -> Names {
        Names {
            resources: self.registry.resources.keys().copied().collect(),
            data_sources: self.registry.data_sources.keys().copied().collect(),
            functions: self.registry.functions.keys().copied().collect(),
        }
    }
}

/// What Core would refuse in a schema, or crash on.
fn mistakes(
    kind: &str,
    name: &str,
    check: Result<(), Vec<SchemaProblem>>,
) -> impl Iterator<Item = Diagnostic> {
    let of = format!("{kind} {name}");
    check.err().into_iter().flatten().map(move |problem| {
        Diagnostic::error(
            format!("The schema of {} is not valid", of.trim_end()),
            format!("{problem}. This is a mistake in the provider."),
        )
    })
}
