//! `ConfigureProvider`: the client is made, and everything else can begin.

use std::sync::{Arc, PoisonError};

use super::{Encoded, Server, Session, guard, said};
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
        let mut cx = self.cx().with_terraform_version(Arc::clone(&version));
        let outcome = guard(async {
            let config = P::Config::decode(config.shaped(&self.config)?, &Path::root())?;
            self.provider.configure(&mut cx, config).await
        })
        .await;
        said(cx, self.begin(version, outcome).err())
    }

    /// A configuration that failed leaves no client behind, also not an earlier one.
    fn begin(&self, terraform_version: Arc<str>, client: Result<P::Client>) -> Result<()> {
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        *session = None;
        *session = Some(Session {
            client: client?,
            terraform_version,
        });
        Ok(())
    }
}
