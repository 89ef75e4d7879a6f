//! `ImportResourceState`: taking over what has this id.

use super::codec::{null_unknowns, storable};
use super::{Encoded, Server, guard, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ImportAnswer {
    pub(crate) state: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn import_resource(&self, type_name: &str, id: String) -> ImportAnswer {
        let mut cx = self.cx();
        let (state, failure) = match guard(self.try_import(&mut cx, type_name, id)).await {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        ImportAnswer {
            state,
            private: cx.private_bytes(),
            diagnostics: said(cx, failure),
        }
    }

    async fn try_import(&self, cx: &mut Cx, type_name: &str, id: String) -> Result<Encoded> {
        let entry = self.resource(type_name)?;
        let Some(import) = entry.calls.import else {
            return Err(Failure::new(
                format!("{type_name} cannot be imported"),
                "This resource has no import. Create it with Terraform instead.",
            ));
        };
        let state = import(self.client()?, cx, id).await?;
        // Read comes next and finds out what the id alone does not tell.
        Encoded::of(
            &entry.schema,
            &null_unknowns(storable(&entry.schema, state)),
        )
    }
}
