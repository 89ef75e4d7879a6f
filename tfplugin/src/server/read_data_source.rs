//! `ReadDataSource`: reads a data source and keeps the configured values as they were written.

use super::codec::{normalise_state, null_remaining_unknowns, restore_configured_values};
use super::{ClientOptions, Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadDataResponse {
    pub(crate) state: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn read_data_source(
        &self,
        type_name: &str,
        config: Encoded,
        options: ClientOptions,
    ) -> ReadDataResponse {
        let mut context = self.context_with(options);
        let (state, failure) =
            match catch_panic(self.try_read_data_source(&mut context, type_name, config)).await {
                Ok(state) => (Some(state), None),
                Err(failure) => (None, Some(failure)),
            };
        ReadDataResponse {
            state,
            diagnostics: diagnostics(context, failure),
        }
    }

    async fn try_read_data_source(
        &self,
        context: &mut Context,
        type_name: &str,
        config: Encoded,
    ) -> Result<Encoded> {
        let entry = self.data_source(type_name)?;
        let schema = &*entry.schema;
        let mut config = config.into_value(schema)?;
        schema.block().fill_defaults(&mut config);
        let found = (entry.calls.read)(self.client()?, context, config.clone()).await?;
        let mut found = normalise_state(schema, found);
        restore_configured_values(schema.block(), &config, &mut found);
        match Failure::from_diagnostics(null_remaining_unknowns(schema, &mut found)) {
            None => Encoded::from_value(schema, &found),
            Some(failure) => Err(failure),
        }
    }
}
