//! `RenewEphemeralResource` and `CloseEphemeralResource`, which get only the private data.

use std::time::SystemTime;

use super::{Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::diag::{Diagnostic, Result};
use crate::private::Private;
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct RenewResponse {
    pub(crate) private: Vec<u8>,
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn renew_ephemeral(&self, type_name: &str, private: Vec<u8>) -> RenewResponse {
        let mut context = self.context().with_private(Private::new(private));
        let outcome = catch_panic(self.try_renew(&mut context, type_name)).await;
        RenewResponse {
            private: context.private_bytes(),
            renew_at: context.renewal().filter(|_| outcome.is_ok()),
            diagnostics: diagnostics(context, outcome.err()),
        }
    }

    async fn try_renew(&self, context: &mut Context, type_name: &str) -> Result<()> {
        let entry = self.ephemeral_resource(type_name)?;
        (entry.calls.renew)(self.client()?, context).await
    }

    pub(crate) async fn close_ephemeral(
        &self,
        type_name: &str,
        private: Vec<u8>,
    ) -> Vec<Diagnostic> {
        let mut context = self.context().with_private(Private::new(private));
        let outcome = catch_panic(self.try_close(&mut context, type_name)).await;
        diagnostics(context, outcome.err())
    }

    async fn try_close(&self, context: &mut Context, type_name: &str) -> Result<()> {
        let entry = self.ephemeral_resource(type_name)?;
        (entry.calls.close)(self.client()?, context).await
    }
}
