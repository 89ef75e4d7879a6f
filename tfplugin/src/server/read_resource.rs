//! `ReadResource`: refreshes the state of a resource.

use super::codec::{normalise_state, null_remaining_unknowns};
use super::equivalents::restore_equivalents;
use super::{ClientOptions, Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::private::Private;
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadRequest {
    pub(crate) type_name: String,
    pub(crate) state: Encoded,
    pub(crate) private: Vec<u8>,
    /// Empty from Terraform before 1.12.
    pub(crate) identity: Encoded,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadResponse {
    pub(crate) state: Encoded,
    pub(crate) private: Vec<u8>,
    /// `None` if the resource has no identity.
    pub(crate) identity: Option<Encoded>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    /// After an error, returns the state as it arrived: a response without a state would tell
    /// Terraform that the resource no longer exists.
    pub(crate) async fn read_resource(
        &self,
        request: ReadRequest,
        options: ClientOptions,
    ) -> ReadResponse {
        let private = Private::new(request.private.clone());
        let mut context = self.context_with(options).with_private(private);
        let (state, identity, private, failure) =
            match catch_panic(self.try_read(&mut context, &request)).await {
                Ok((state, identity)) => (state, identity, context.private_bytes(), None),
                Err(failure) => {
                    let identity = request.identity.if_present();
                    (request.state, identity, request.private, Some(failure))
                }
            };
        ReadResponse {
            state,
            private,
            identity,
            diagnostics: diagnostics(context, failure),
        }
    }

    /// The state and the identity.
    async fn try_read(
        &self,
        context: &mut Context,
        request: &ReadRequest,
    ) -> Result<(Encoded, Option<Encoded>)> {
        let entry = self.resource(&request.type_name)?;
        let schema = &*entry.schema;
        let state = request.state.decode(&schema.value_type)?;
        if state.is_null() {
            let identity = request.identity.clone().if_present();
            return Ok((request.state.clone(), identity));
        }
        match (entry.calls.read)(self.client()?, context, state.clone()).await? {
            None => {
                let gone = Encoded::from_value(schema, &Dynamic::Null)?;
                Ok((gone, request.identity.clone().if_present()))
            }
            Some(found) => {
                let mut found = normalise_state(schema, found);
                restore_equivalents(schema, &state, &mut found)?;
                match Failure::from_diagnostics(null_remaining_unknowns(schema, &mut found)) {
                    None => {
                        let identity =
                            self.identity_after_read(entry, &request.identity, &found)?;
                        Ok((Encoded::from_value(schema, &found)?, identity))
                    }
                    Some(failure) => Err(failure),
                }
            }
        }
    }
}
