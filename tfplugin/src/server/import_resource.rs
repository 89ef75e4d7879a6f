//! `ImportResourceState`: takes over the object with an id.

use super::codec::{normalise_state, null_unknowns};
use super::{Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ImportResponse {
    pub(crate) state: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn import_resource(&self, type_name: &str, id: String) -> ImportResponse {
        let mut context = self.context();
        let (state, failure) = match catch_panic(self.try_import(&mut context, type_name, id)).await
        {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        ImportResponse {
            state,
            private: context.private_bytes(),
            diagnostics: diagnostics(context, failure),
        }
    }

    async fn try_import(
        &self,
        context: &mut Context,
        type_name: &str,
        id: String,
    ) -> Result<Encoded> {
        let entry = self.resource(type_name)?;
        let Some(import) = entry.calls.import else {
            return Err(Failure::new(
                format!("{type_name} cannot be imported"),
                "This resource does not support import. Create it with Terraform instead.",
            ));
        };
        let state = import(self.client()?, context, id).await?;
        // Terraform calls ReadResource next, which fills in the values that the id does not give.
        Encoded::from_value(
            &entry.schema,
            &null_unknowns(normalise_state(&entry.schema, state)),
        )
    }
}
