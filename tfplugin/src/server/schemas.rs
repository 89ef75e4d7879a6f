//! `GetProviderSchema`, `GetMetadata` and `GetFunctions`: the schemas and names of a provider.

use std::sync::Arc;

use super::Server;
use super::catch_panic::catch_panic_sync;
use crate::diag::Diagnostic;
use crate::function::Signature;
use crate::provider::Provider;
use crate::schema::{Schema, SchemaProblem};

/// The schemas of everything that the provider registers.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) provider: Arc<Schema>,
    pub(crate) resources: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) data_sources: Vec<(&'static str, Arc<Schema>)>,
    /// The filters of the resources that can be listed.
    pub(crate) lists: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) functions: Vec<(&'static str, Signature)>,
    pub(crate) actions: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) ephemeral_resources: Vec<(&'static str, Arc<Schema>)>,
    pub(crate) provider_meta: Option<Arc<Schema>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The names of everything that the provider registers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) resources: Vec<&'static str>,
    pub(crate) data_sources: Vec<&'static str>,
    pub(crate) lists: Vec<&'static str>,
    pub(crate) functions: Vec<&'static str>,
    pub(crate) actions: Vec<&'static str>,
    pub(crate) ephemeral_resources: Vec<&'static str>,
}

/// The functions that the provider registers.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub(crate) signatures: Vec<(&'static str, Signature)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) fn schemas(&self) -> Schemas {
        catch_panic_sync(|| Ok(self.build_schemas())).unwrap_or_else(|failure| Schemas {
            diagnostics: failure.into_diagnostics(),
            ..Schemas::default()
        })
    }

    fn build_schemas(&self) -> Schemas {
        let provider = Arc::clone(&self.config.definition);
        let mut diagnostics = self.registry.problems();
        diagnostics.extend(schema_errors("provider", "", provider.check_provider()));
        let mut resources = Vec::with_capacity(self.registry.resources.len());
        let mut lists = Vec::new();
        for (name, entry) in &self.registry.resources {
            diagnostics.extend(schema_errors(
                "resource",
                name,
                entry.schema.definition.check(),
            ));
            resources.push((*name, Arc::clone(&entry.schema.definition)));
            if let Some(identity) = &entry.calls.identity {
                let check = identity.schema.definition.check_identity();
                diagnostics.extend(schema_errors("the identity of", name, check));
            }
            if let Some(list) = &entry.calls.list {
                let check = list.schema.definition.check_nested();
                diagnostics.extend(schema_errors("list resource", name, check));
                lists.push((*name, Arc::clone(&list.schema.definition)));
            }
        }
        let mut data_sources = Vec::with_capacity(self.registry.data_sources.len());
        for (name, entry) in &self.registry.data_sources {
            diagnostics.extend(schema_errors(
                "data source",
                name,
                entry.schema.definition.check(),
            ));
            data_sources.push((*name, Arc::clone(&entry.schema.definition)));
        }
        let functions = self.build_functions();
        diagnostics.extend(functions.diagnostics);
        let mut actions = Vec::with_capacity(self.registry.actions.len());
        for (name, entry) in &self.registry.actions {
            let schema = &entry.schema.definition;
            diagnostics.extend(schema_errors("action", name, schema.check_nested()));
            actions.push((*name, Arc::clone(schema)));
        }
        let mut ephemeral_resources = Vec::with_capacity(self.registry.ephemeral_resources.len());
        for (name, entry) in &self.registry.ephemeral_resources {
            let schema = &entry.schema.definition;
            diagnostics.extend(schema_errors("ephemeral resource", name, schema.check()));
            ephemeral_resources.push((*name, Arc::clone(schema)));
        }
        let provider_meta = self.registry.provider_meta.as_ref();
        let provider_meta = provider_meta.map(|schema| Arc::clone(&schema.definition));
        if let Some(schema) = &provider_meta {
            diagnostics.extend(schema_errors("provider_meta", "", schema.check_nested()));
        }
        Schemas {
            provider,
            resources,
            data_sources,
            lists,
            functions: functions.signatures,
            actions,
            ephemeral_resources,
            provider_meta,
            diagnostics,
        }
    }

    /// The functions alone: OpenTofu asks for them when a configuration calls one.
    pub(crate) fn functions(&self) -> Functions {
        catch_panic_sync(|| Ok(self.build_functions())).unwrap_or_else(|failure| Functions {
            diagnostics: failure.into_diagnostics(),
            ..Functions::default()
        })
    }

    fn build_functions(&self) -> Functions {
        let mut functions = Functions::default();
        for (name, function) in &self.registry.functions {
            match function.signature() {
                Ok(signature) => functions.signatures.push((*name, signature)),
                Err(failure) => functions.diagnostics.extend(failure.into_diagnostics()),
            }
        }
        functions
    }

    pub(crate) fn names(&self) -> Names {
        let listable = self.registry.resources.iter();
        let listable = listable.filter(|(_, entry)| entry.calls.list.is_some());
        Names {
            lists: listable.map(|(name, _)| *name).collect(),
            resources: self.registry.resources.keys().copied().collect(),
            data_sources: self.registry.data_sources.keys().copied().collect(),
            functions: self.registry.functions.keys().copied().collect(),
            actions: self.registry.actions.keys().copied().collect(),
            ephemeral_resources: self.registry.ephemeral_resources.keys().copied().collect(),
        }
    }
}

/// Errors for the problems in a schema that Core would reject or crash on.
fn schema_errors(
    kind: &str,
    name: &str,
    check: Result<(), Vec<SchemaProblem>>,
) -> impl Iterator<Item = Diagnostic> {
    let owner = format!("{kind} {name}");
    check.err().into_iter().flatten().map(move |problem| {
        Diagnostic::error(
            format!("Invalid schema of {}", owner.trim_end()),
            format!("{problem}. This is a bug in the provider."),
        )
    })
}
