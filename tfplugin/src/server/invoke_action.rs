//! `InvokeAction`: invokes an action, which reports its progress meanwhile.

use super::{Encoded, Server, catch_panic, diagnostics};
use crate::action::ProgressSender;
use crate::context::Context;
use crate::diag::{Diagnostic, Result};
use crate::provider::Provider;

impl<P: Provider> Server<P> {
    pub(crate) async fn invoke_action(
        &self,
        type_name: &str,
        config: Encoded,
        progress: ProgressSender,
    ) -> Vec<Diagnostic> {
        let mut context = self.context();
        let invoked = self.try_invoke(&mut context, type_name, config, progress);
        let outcome = catch_panic(invoked).await;
        diagnostics(context, outcome.err())
    }

    async fn try_invoke(
        &self,
        context: &mut Context,
        type_name: &str,
        config: Encoded,
        progress: ProgressSender,
    ) -> Result<()> {
        let entry = self.action(type_name)?;
        let mut config = config.into_value(&entry.schema)?;
        entry.schema.block().fill_defaults(&mut config);
        (entry.calls.invoke)(self.client()?, context, config, progress).await
    }
}
