//! The calls about identities, lists and generated configurations.

use futures_util::{Stream, StreamExt};

use super::{Client, call_failed, from_messages, raw_state};
use crate::diag::{Diagnostic, Result};
use crate::proto::tfplugin6 as proto;
use crate::provider::Provider;
use crate::server::Encoded;
use crate::server::generate_config::GenerateResponse;
use crate::server::list_resource::{ListEvent, ListRequest};
use crate::server::upgrade_resource::{UpgradeRequest, UpgradeResponse};

impl<P: Provider> Client<P> {
    /// The names of the resources with an identity.
    pub(crate) async fn identity_types(&self) -> Result<(Vec<String>, Vec<Diagnostic>)> {
        let response = self.identity_messages().await?;
        let names = response.identity_schemas.into_keys().collect();
        Ok((names, from_messages(response.diagnostics)))
    }

    pub(crate) async fn identity_messages(
        &self,
    ) -> Result<proto::get_resource_identity_schemas::Response> {
        let request = proto::get_resource_identity_schemas::Request {};
        let response = self.inner().get_resource_identity_schemas(request).await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(response.into_inner())
    }

    pub(crate) async fn upgrade_identity(
        &self,
        request: UpgradeRequest,
    ) -> Result<UpgradeResponse> {
        let request = proto::upgrade_resource_identity::Request {
            type_name: request.type_name,
            version: request.version,
            raw_identity: Some(raw_state(request.json)),
        };
        let response = self.inner().upgrade_resource_identity(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(UpgradeResponse {
            state: response
                .upgraded_identity
                .map(|identity| Some(identity).into()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn validate_list(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_list_resource_config::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
            ..Default::default()
        };
        let response = self.inner().validate_list_resource_config(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(from_messages(response.diagnostics))
    }

    pub(crate) async fn list(
        &self,
        request: ListRequest,
    ) -> Result<impl Stream<Item = Result<ListEvent>> + use<P>> {
        let request = proto::list_resource::Request {
            type_name: request.type_name,
            config: Some(request.config.into()),
            include_resource_object: request.includes_objects,
            limit: request.limit,
        };
        let response = self.inner().list_resource(request).await;
        let events = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(events.map(|event| {
            let event = event.map_err(|status| call_failed(&status))?;
            Ok(ListEvent {
                identity: event.identity.map(|identity| Some(identity).into()),
                display_name: event.display_name,
                object: event.resource_object.map(Into::into),
                diagnostics: from_messages(event.diagnostic),
            })
        }))
    }

    pub(crate) async fn generate_config(
        &self,
        name: &str,
        state: Encoded,
    ) -> Result<GenerateResponse> {
        let request = proto::generate_resource_config::Request {
            type_name: name.to_owned(),
            state: Some(state.into()),
        };
        let response = self.inner().generate_resource_config(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(GenerateResponse {
            config: response.config.map(Into::into),
            diagnostics: from_messages(response.diagnostics),
        })
    }
}
