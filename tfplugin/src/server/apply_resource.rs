//! `ApplyResourceChange`: create, update and delete, and which state survives a failure.
//!
//! | call | success | failure, nothing saved | failure, something saved |
//! | --- | --- | --- | --- |
//! | create | the returned model | none | the saved model; Terraform marks it tainted |
//! | update | the returned model | the prior state, unchanged | the saved model |
//! | delete | none | the prior state, unchanged | the saved model |
//!
//! "Unchanged" is a response without a state: Core then keeps the state and private data it has. A
//! response with a state always has private data too, because Core replaces both.

use super::catch_panic::catch_panic_sync;
use super::codec::{normalise_state, null_remaining_unknowns, null_unknowns};
use super::equivalents::restore_equivalents;
use super::{ClientOptions, Encoded, Server, catch_panic, diagnostics};
use crate::consistency;
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::private::Private;
use crate::provider::Provider;
use crate::registry::ResourceEntry;
use crate::schema::PreparedSchema;

#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyRequest {
    pub(crate) type_name: String,
    pub(crate) prior: Encoded,
    pub(crate) planned: Encoded,
    pub(crate) config: Encoded,
    pub(crate) private: Vec<u8>,
    /// The planned identity. Empty from Terraform before 1.12.
    pub(crate) identity: Encoded,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyResponse {
    /// `None` keeps the prior state and private data unchanged.
    pub(crate) state: Option<Encoded>,
    /// The identity of the state.
    pub(crate) identity: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn apply_resource(
        &self,
        request: ApplyRequest,
        options: ClientOptions,
    ) -> ApplyResponse {
        let private = Private::new(request.private.clone());
        let mut context = self.context_with(options).with_private(private);
        let decoded = catch_panic_sync(|| {
            let entry = self.resource(&request.type_name)?;
            Ok((entry, Change::decode(&entry.schema, request)?))
        });
        let (entry, change) = match decoded {
            Ok(decoded) => decoded,
            Err(failure) => return failed(context, failure),
        };
        let Change {
            prior,
            planned,
            config,
            ..
        } = &change;
        context.set_change(prior.clone(), config.clone(), planned.clone());
        let outcome = catch_panic(self.change(entry, &mut context, &change)).await;
        self.response(entry, context, &change, outcome)
    }

    /// Calls the resource's create, update or delete. The new state after a delete is null.
    async fn change(
        &self,
        entry: &ResourceEntry<P::Client>,
        context: &mut Context,
        change: &Change,
    ) -> Result<Dynamic> {
        let client = self.client()?;
        let Change { prior, planned, .. } = change;
        match (prior.is_null(), planned.is_null()) {
            (true, true) => Ok(Dynamic::Null),
            (true, false) => (entry.calls.create)(client, context, planned.clone()).await,
            (false, false) => {
                (entry.calls.update)(client, context, prior.clone(), planned.clone()).await
            }
            (false, true) => {
                (entry.calls.delete)(client, context, prior.clone()).await?;
                Ok(Dynamic::Null)
            }
        }
    }

    fn response(
        &self,
        entry: &ResourceEntry<P::Client>,
        mut context: Context,
        change: &Change,
        outcome: Result<Dynamic>,
    ) -> ApplyResponse {
        let schema = &*entry.schema;
        let (state, mut problems) = new_state(schema, context.take_saved(), change, outcome);
        let identity = state.as_ref().filter(|state| !state.is_null());
        let identity = identity.and_then(|state| {
            let updates = !change.prior.is_null();
            self.identity_after_apply(entry, &change.identity, updates, state, &mut problems)
        });
        let state = match state
            .map(|state| Encoded::from_value(schema, &state))
            .transpose()
        {
            Ok(state) => state,
            Err(failure) => {
                problems.extend(failure.into_diagnostics());
                None
            }
        };
        let deleted = change.planned.is_null() && problems.is_empty();
        ApplyResponse {
            private: match &state {
                Some(_) if !deleted => context.private_bytes(),
                _ => Vec::new(),
            },
            diagnostics: diagnostics(context, Failure::from_diagnostics(problems)),
            identity: identity.filter(|_| state.is_some()),
            state,
        }
    }
}

struct Change {
    prior: Dynamic,
    planned: Dynamic,
    config: Dynamic,
    identity: Encoded,
}

impl Change {
    fn decode(schema: &PreparedSchema, request: ApplyRequest) -> Result<Self> {
        Ok(Self {
            prior: request.prior.into_value(schema)?,
            planned: request.planned.into_value(schema)?,
            config: request.config.into_value(schema)?,
            identity: request.identity,
        })
    }
}

/// The state to store, and the problems with it. `None` keeps the prior state.
fn new_state(
    schema: &PreparedSchema,
    saved: Option<Dynamic>,
    change: &Change,
    outcome: Result<Dynamic>,
) -> (Option<Dynamic>, Vec<Diagnostic>) {
    match outcome {
        Ok(state) if state.is_null() => (Some(state), Vec::new()),
        Ok(state) => {
            let mut state = normalise_state(schema, state);
            let restored = restore_equivalents(schema, &change.planned, &mut state);
            let mut problems = null_remaining_unknowns(schema, &mut state);
            problems.extend(
                restored
                    .err()
                    .into_iter()
                    .flat_map(Failure::into_diagnostics),
            );
            if consistency::CHECKED {
                problems.extend(consistency::check_applied(schema, &change.planned, &state));
            }
            (Some(state), problems)
        }
        Err(failure) => {
            let mut problems = failure.into_diagnostics();
            let state = saved.map(|saved| {
                let mut saved = normalise_state(schema, saved);
                let restored = restore_equivalents(schema, &change.planned, &mut saved);
                problems.extend(
                    restored
                        .err()
                        .into_iter()
                        .flat_map(Failure::into_diagnostics),
                );
                null_unknowns(saved)
            });
            (state, problems)
        }
    }
}

fn failed(context: Context, failure: Failure) -> ApplyResponse {
    ApplyResponse {
        diagnostics: diagnostics(context, Some(failure)),
        ..ApplyResponse::default()
    }
}
