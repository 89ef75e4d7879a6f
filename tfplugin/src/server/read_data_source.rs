//! `ReadDataSource`: reads a data source and keeps the configured values as they were written.

use super::codec::{normalise_state, null_remaining_unknowns};
use super::{Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::schema::{Block, Counterparts};

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
    ) -> ReadDataResponse {
        let mut context = self.context();
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

/// Puts the configured values back into the result. Core does not compare the two, but users do.
fn restore_configured_values(block: &Block, config: &Dynamic, found: &mut Dynamic) {
    if let (Dynamic::Map(config), Dynamic::Map(found)) = (config, &mut *found) {
        for nested in &block.blocks {
            let (Some(config), Some(found)) =
                (config.get(&nested.name), found.get_mut(&nested.name))
            else {
                continue;
            };
            if len(config) != len(found) {
                *found = config.clone();
            }
        }
    }
    let counterparts = Counterparts {
        config,
        prior: &Dynamic::Null,
    };
    block.walk_correlated(found, counterparts, &mut |position, value, counterparts| {
        let same_elements =
            position.attribute.nested().is_some() && len(counterparts.config) == len(value);
        if !counterparts.config.is_null() && !same_elements {
            *value = counterparts.config.clone();
        }
    });
}

/// The number of elements of a collection; `None` for other values.
fn len(value: &Dynamic) -> Option<usize> {
    match value.untyped() {
        Dynamic::List(elements) => Some(elements.len()),
        Dynamic::Map(entries) => Some(entries.len()),
        _ => None,
    }
}
