//! `ImportResourceState`: takes over the object with an id or an identity.

use super::codec::{normalise_state, null_unknowns};
use super::{Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::registry::ResourceEntry;

/// What identifies the object to import.
#[derive(Clone, Debug)]
pub(crate) enum ImportTarget {
    Id(String),
    /// From Terraform 1.12 on.
    Identity(Encoded),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ImportResponse {
    pub(crate) state: Option<Encoded>,
    pub(crate) identity: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn import_resource(
        &self,
        type_name: &str,
        target: ImportTarget,
    ) -> ImportResponse {
        let mut context = self.context();
        let imported = catch_panic(self.try_import(&mut context, type_name, target)).await;
        let (state, identity, failure) = match imported {
            Ok((state, identity)) => (Some(state), identity, None),
            Err(failure) => (None, None, Some(failure)),
        };
        ImportResponse {
            state,
            identity,
            private: context.private_bytes(),
            diagnostics: diagnostics(context, failure),
        }
    }

    /// The state and the identity.
    async fn try_import(
        &self,
        context: &mut Context,
        type_name: &str,
        target: ImportTarget,
    ) -> Result<(Encoded, Option<Encoded>)> {
        let entry = self.resource(type_name)?;
        let (state, requested) = match target {
            ImportTarget::Id(id) => {
                let import = entry
                    .calls
                    .import
                    .ok_or_else(|| cannot_import(entry, type_name))?;
                let state = import(self.client()?, context, id).await?;
                (state, Dynamic::Null)
            }
            ImportTarget::Identity(requested) => {
                let identity = self.identity(type_name)?;
                let requested = requested.into_value(&identity.schema)?;
                let problems = identity.schema.block().validate(&requested);
                if let Some(failure) = Failure::from_diagnostics(problems) {
                    return Err(failure);
                }
                let client = self.client()?;
                let state = (identity.import)(client, context, requested.clone()).await?;
                (state, requested)
            }
        };
        // Terraform calls ReadResource next, which fills in the values that the target does not
        // give.
        let state = null_unknowns(normalise_state(&entry.schema, state));
        let identity = self.identity_after_import(entry, &requested, &state)?;
        Ok((Encoded::from_value(&entry.schema, &state)?, identity))
    }
}

/// The error for an import by id.
fn cannot_import<C>(entry: &ResourceEntry<C>, type_name: &str) -> Failure {
    let detail = if entry.calls.identity.is_some() {
        "This resource is imported by its identity. Use an `import` block with `identity`, which \
         needs Terraform 1.12."
    } else {
        "This resource does not support import. Create it with Terraform instead."
    };
    Failure::new(format!("{type_name} cannot be imported"), detail)
}
