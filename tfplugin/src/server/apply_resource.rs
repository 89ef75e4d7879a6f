//! `ApplyResourceChange`: create, update and delete, and which state survives a failure.
//!
//! | call | success | failure, nothing saved | failure, something saved |
//! | --- | --- | --- | --- |
//! | create | what it returned | nothing | what was saved; Terraform marks it tainted |
//! | update | what it returned | the prior state, untouched | what was saved |
//! | delete | nothing | the prior state, untouched | what was saved |
//!
//! "Untouched" is an answer without a state: Core then keeps the one it has, private data included.
//! Whenever there is a state in the answer, its private data is there too, since Core replaces both.

use super::codec::{null_unknowns, settle, storable};
use super::{Encoded, Server, guard, said};
use crate::consistency;
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::private::Private;
use crate::provider::Provider;
use crate::registry::{ResourceEntry, Shapes};

#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyRequest {
    pub(crate) type_name: String,
    pub(crate) prior: Encoded,
    pub(crate) planned: Encoded,
    pub(crate) config: Encoded,
    pub(crate) private: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ApplyAnswer {
    /// None leaves the state as it was, private data included.
    pub(crate) state: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn apply_resource(&self, request: ApplyRequest) -> ApplyAnswer {
        let private = Private::new(request.private.clone());
        let mut cx = self.cx().with_private(private);
        let entry = match self.resource(&request.type_name) {
            Ok(entry) => entry,
            Err(failure) => return failed(cx, failure),
        };
        let change = match Change::decode(&entry.schema, request) {
            Ok(change) => change,
            Err(failure) => return failed(cx, failure),
        };
        cx.set_config(change.config.clone());
        let outcome = guard(self.change(entry, &mut cx, &change)).await;
        answer(&entry.schema, cx, &change, outcome)
    }

    /// Calls the author; the outcome of a delete is null.
    async fn change(
        &self,
        entry: &ResourceEntry<P::Client>,
        cx: &mut Cx,
        change: &Change,
    ) -> Result<Dynamic> {
        let client = self.client()?;
        let Change { prior, planned, .. } = change;
        match (prior.is_null(), planned.is_null()) {
            (true, true) => Ok(Dynamic::Null),
            (true, false) => (entry.calls.create)(client, cx, planned.clone()).await,
            (false, false) => {
                (entry.calls.update)(client, cx, prior.clone(), planned.clone()).await
            }
            (false, true) => {
                (entry.calls.delete)(client, cx, prior.clone()).await?;
                Ok(Dynamic::Null)
            }
        }
    }
}

struct Change {
    prior: Dynamic,
    planned: Dynamic,
    config: Dynamic,
}

impl Change {
    fn decode(shapes: &Shapes, request: ApplyRequest) -> Result<Self> {
        Ok(Self {
            prior: request.prior.shaped(shapes)?,
            planned: request.planned.shaped(shapes)?,
            config: request.config.shaped(shapes)?,
        })
    }
}

fn answer(shapes: &Shapes, mut cx: Cx, change: &Change, outcome: Result<Dynamic>) -> ApplyAnswer {
    let saved = cx.take_saved();
    let (state, mut problems) = match outcome {
        Ok(state) if state.is_null() => (Some(state), Vec::new()),
        Ok(state) => {
            let mut state = storable(shapes, state);
            let mut problems = settle(shapes, &mut state);
            if consistency::CHECKED {
                problems.extend(consistency::check_applied(shapes, &change.planned, &state));
            }
            (Some(state), problems)
        }
        Err(failure) => {
            let state = saved.map(|saved| null_unknowns(storable(shapes, saved)));
            (state, failure.into_diagnostics())
        }
    };
    let state = match state.map(|state| Encoded::of(shapes, &state)).transpose() {
        Ok(state) => state,
        Err(failure) => {
            problems.extend(failure.into_diagnostics());
            None
        }
    };
    let deleted = change.planned.is_null() && problems.is_empty();
    ApplyAnswer {
        private: match &state {
            Some(_) if !deleted => cx.private_bytes(),
            _ => Vec::new(),
        },
        diagnostics: said(cx, Failure::from_diagnostics(problems)),
        state,
    }
}

fn failed(cx: Cx, failure: Failure) -> ApplyAnswer {
    ApplyAnswer {
        diagnostics: said(cx, Some(failure)),
        ..ApplyAnswer::default()
    }
}
