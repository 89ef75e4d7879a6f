//! `MoveResourceState`: takes over the state of another resource type.

use super::catch_panic::catch_panic_sync;
use super::codec::{normalise_state, null_unknowns, parse_state};
use super::upgrade_resource::too_old;
use super::{Encoded, Server, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::private::Private;
use crate::provider::Provider;
use crate::resource::{MoveSource, StoredState};

#[derive(Clone, Debug, Default)]
pub(crate) struct MoveRequest {
    pub(crate) source_provider: String,
    pub(crate) source_type: String,
    pub(crate) source_version: i64,
    pub(crate) source_json: Vec<u8>,
    pub(crate) source_private: Vec<u8>,
    pub(crate) target_type: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MoveResponse {
    pub(crate) state: Option<Encoded>,
    pub(crate) identity: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    /// Stores no private data of the other type: only what `move_from` sets is stored.
    pub(crate) fn move_resource(&self, request: &MoveRequest) -> MoveResponse {
        let mut context = self.context();
        let moved = catch_panic_sync(|| self.try_move(&mut context, request));
        let (state, identity, failure) = match moved {
            Ok((state, identity)) => (Some(state), identity, None),
            Err(failure) => (None, None, Some(failure)),
        };
        MoveResponse {
            state,
            identity,
            private: context.private_bytes(),
            diagnostics: diagnostics(context, failure),
        }
    }

    /// The state and the identity.
    fn try_move(
        &self,
        context: &mut Context,
        request: &MoveRequest,
    ) -> Result<(Encoded, Option<Encoded>)> {
        let entry = self.resource(&request.target_type)?;
        let moved = match entry.calls.move_from {
            Some(move_from) => {
                if request.source_json.is_empty() {
                    return Err(too_old());
                }
                let attributes = parse_state(&request.source_json, &Path::root())?;
                let source = MoveSource {
                    provider: request.source_provider.clone(),
                    type_name: request.source_type.clone(),
                    state: StoredState::new(request.source_version, attributes),
                    private: Private::new(request.source_private.clone()),
                };
                move_from(context, source)?
            }
            None => None,
        };
        let state = moved.ok_or_else(|| {
            Failure::new(
                format!(
                    "{} cannot take over from {}",
                    request.target_type, request.source_type
                ),
                format!(
                    "A moved block names a resource of {}, whose state this resource type does \
                     not support. Remove the moved block, and import instead.",
                    request.source_provider
                ),
            )
        })?;
        let state = null_unknowns(normalise_state(&entry.schema, state));
        let identity = self.identity_after_move(entry, &state);
        Ok((Encoded::from_value(&entry.schema, &state)?, identity))
    }
}
