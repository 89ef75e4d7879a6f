//! `MoveResourceState`: taking over the state of another resource type.

use super::codec::{null_unknowns, object, storable};
use super::panic::guard_now;
use super::{Encoded, Server, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::provider::Provider;
use crate::resource::{MoveSource, Prior};

#[derive(Clone, Debug, Default)]
pub(crate) struct MoveRequest {
    pub(crate) source_provider: String,
    pub(crate) source_type: String,
    pub(crate) source_version: i64,
    pub(crate) source_json: Vec<u8>,
    pub(crate) target_type: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MoveAnswer {
    pub(crate) state: Option<Encoded>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    /// Private data of another type means nothing here, so only what `move_from` sets is kept.
    pub(crate) fn move_resource(&self, request: &MoveRequest) -> MoveAnswer {
        let mut cx = self.cx();
        let (state, failure) = match guard_now(|| self.try_move(&mut cx, request)) {
            Ok(state) => (Some(state), None),
            Err(failure) => (None, Some(failure)),
        };
        MoveAnswer {
            state,
            private: cx.private_bytes(),
            diagnostics: said(cx, failure),
        }
    }

    fn try_move(&self, cx: &mut Cx, request: &MoveRequest) -> Result<Encoded> {
        let entry = self.resource(&request.target_type)?;
        let moved = match entry.calls.move_from {
            Some(move_from) => {
                let attributes = object(&request.source_json, &Path::root())?;
                let source = MoveSource {
                    provider: request.source_provider.clone(),
                    type_name: request.source_type.clone(),
                    state: Prior::new(request.source_version, attributes),
                };
                move_from(cx, source)?
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
                    "A moved block leads here from a resource of {}, whose state this type does \
                     not understand. Remove the moved block, and import instead.",
                    request.source_provider
                ),
            )
        })?;
        Encoded::of(
            &entry.schema,
            &null_unknowns(storable(&entry.schema, state)),
        )
    }
}
