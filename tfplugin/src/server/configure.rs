//! `ConfigureProvider`: creates the client that resources and data sources use.

use std::sync::{Arc, PoisonError};

use super::{Encoded, Server, Session, catch_panic, diagnostics};
use crate::diag::{Diagnostic, Result};
use crate::model::Model;
use crate::path::Path;
use crate::provider::Provider;

impl<P: Provider> Server<P> {
    pub(crate) async fn configure(
        &self,
        terraform_version: String,
        config: Encoded,
    ) -> Vec<Diagnostic> {
        let version: Arc<str> = terraform_version.into();
        let mut context = self.context().with_terraform_version(Arc::clone(&version));
        let outcome = catch_panic(async {
            let mut config = config.into_value(&self.config)?;
            self.config.block().fill_defaults(&mut config);
            let is_known = config.is_wholly_known();
            let config = P::Config::decode(config, &Path::root())?;
            let client = self.provider.configure(&mut context, config).await?;
            Ok((client, is_known))
        })
        .await;
        diagnostics(context, self.start_session(version, outcome).err())
    }

    /// Replaces the session. After an error there is no session, not even the previous one.
    fn start_session(
        &self,
        terraform_version: Arc<str>,
        configured: Result<(P::Client, bool)>,
    ) -> Result<()> {
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        *session = None;
        let (client, config_is_known) = configured?;
        *session = Some(Session {
            client,
            terraform_version,
            config_is_known,
        });
        Ok(())
    }
}
