//! `OpenEphemeralResource`: opens an ephemeral resource, and keeps the configured values as they
//! were written.

use std::time::SystemTime;

use super::codec::{normalise_state, null_remaining_unknowns, restore_configured_values};
use super::{Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::provider::Provider;
use crate::schema::{Block, Counterparts};

#[derive(Clone, Debug, Default)]
pub(crate) struct OpenResponse {
    pub(crate) result: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn open_ephemeral(&self, type_name: &str, config: Encoded) -> OpenResponse {
        let mut context = self.context();
        let (result, failure) =
            match catch_panic(self.try_open(&mut context, type_name, config)).await {
                Ok(result) => (Some(result), None),
                Err(failure) => (None, Some(failure)),
            };
        OpenResponse {
            private: context.private_bytes(),
            renew_at: context.renewal().filter(|_| result.is_some()),
            diagnostics: diagnostics(context, failure),
            result,
        }
    }

    async fn try_open(
        &self,
        context: &mut Context,
        type_name: &str,
        config: Encoded,
    ) -> Result<Encoded> {
        let entry = self.ephemeral_resource(type_name)?;
        let schema = &*entry.schema;
        let mut config = config.into_value(schema)?;
        schema.block().fill_defaults(&mut config);
        let result = (entry.calls.open)(self.client()?, context, config.clone()).await?;
        let mut result = normalise_state(schema, result);
        restore_configured_values(schema.block(), &config, &mut result);
        let mut problems = null_remaining_unknowns(schema, &mut result);
        problems.extend(undeclared_values(schema.block(), &config, &mut result));
        match Failure::from_diagnostics(problems) {
            None => Encoded::from_value(schema, &result),
            Some(failure) => Err(failure),
        }
    }
}

/// The errors for values that are neither configured nor computed, which Core would reject.
fn undeclared_values(block: &Block, config: &Dynamic, result: &mut Dynamic) -> Vec<Diagnostic> {
    let counterparts = Counterparts {
        config,
        prior: &Dynamic::Null,
    };
    let mut problems = Vec::new();
    block.walk_correlated(
        result,
        counterparts,
        &mut |position, value, counterparts| {
            let may_be_set =
                position.attribute.mode.is_computed() || !counterparts.config.is_null();
            if !may_be_set && !value.is_null() {
                problems.push(
                Diagnostic::error(
                    "The provider set a value that is not configured",
                    format!(
                        "`{}` is neither configured nor computed. Declare it computed. This is a \
                         bug in the provider.",
                        position.path
                    ),
                )
                .at(position.path.clone()),
            );
            }
        },
    );
    problems
}
