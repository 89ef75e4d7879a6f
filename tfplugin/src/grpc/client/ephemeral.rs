//! The calls of ephemeral resources.

use super::{Client, call_failed, from_messages};
use crate::diag::{Diagnostic, Result};
use crate::proto::tfplugin6 as proto;
use crate::provider::Provider;
use crate::server::Encoded;
use crate::server::open_ephemeral::OpenResponse;
use crate::server::renew_ephemeral::RenewResponse;

impl<P: Provider> Client<P> {
    pub(crate) async fn validate_ephemeral(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_ephemeral_resource_config::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
        };
        let response = self
            .inner()
            .validate_ephemeral_resource_config(request)
            .await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(from_messages(response.into_inner().diagnostics))
    }

    pub(crate) async fn open_ephemeral(&self, name: &str, config: Encoded) -> Result<OpenResponse> {
        let request = proto::open_ephemeral_resource::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
            // Terraform 1.11 sends an empty message.
            client_capabilities: Some(proto::ClientCapabilities::default()),
        };
        let response = self.inner().open_ephemeral_resource(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(OpenResponse {
            result: response.result.map(Into::into),
            private: response.private.unwrap_or_default(),
            renew_at: response.renew_at.and_then(|time| time.try_into().ok()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn renew_ephemeral(
        &self,
        name: &str,
        private: Vec<u8>,
    ) -> Result<RenewResponse> {
        let request = proto::renew_ephemeral_resource::Request {
            type_name: name.to_owned(),
            private: Some(private),
        };
        let response = self.inner().renew_ephemeral_resource(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(RenewResponse {
            private: response.private.unwrap_or_default(),
            renew_at: response.renew_at.and_then(|time| time.try_into().ok()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn close_ephemeral(
        &self,
        name: &str,
        private: Vec<u8>,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::close_ephemeral_resource::Request {
            type_name: name.to_owned(),
            private: Some(private),
        };
        let response = self.inner().close_ephemeral_resource(request).await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(from_messages(response.into_inner().diagnostics))
    }
}
