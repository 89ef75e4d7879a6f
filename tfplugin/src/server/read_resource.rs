//! `ReadResource`: what is there now.

use super::codec::{settle, storable};
use super::{Encoded, Server, guard, said};
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::dynamic::Dynamic;
use crate::private::Private;
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadRequest {
    pub(crate) type_name: String,
    pub(crate) state: Encoded,
    pub(crate) private: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ReadAnswer {
    pub(crate) state: Encoded,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    /// An error answers with the state as it came: an answer without one would say that the
    /// resource is gone.
    pub(crate) async fn read_resource(&self, request: ReadRequest) -> ReadAnswer {
        let private = Private::new(request.private.clone());
        let mut cx = self.cx().with_private(private);
        let (state, private, failure) = match guard(self.try_read(&mut cx, &request)).await {
            Ok(state) => (state, cx.private_bytes(), None),
            Err(failure) => (request.state, request.private, Some(failure)),
        };
        ReadAnswer {
            state,
            private,
            diagnostics: said(cx, failure),
        }
    }

    async fn try_read(&self, cx: &mut Cx, request: &ReadRequest) -> Result<Encoded> {
        let entry = self.resource(&request.type_name)?;
        let shapes = &*entry.schema;
        let state = request.state.decode(&shapes.ty)?;
        if state.is_null() {
            return Ok(request.state.clone());
        }
        match (entry.calls.read)(self.client()?, cx, state).await? {
            None => Encoded::of(shapes, &Dynamic::Null),
            Some(found) => {
                let mut found = storable(shapes, found);
                match Failure::from_diagnostics(settle(shapes, &mut found)) {
                    None => Encoded::of(shapes, &found),
                    Some(failure) => Err(failure),
                }
            }
        }
    }
}
