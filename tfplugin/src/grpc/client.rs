//! An in-process gRPC client for tests: it encodes each call, sends it through the gRPC service and
//! decodes the response, without a socket.

mod action;
mod ephemeral;
mod list;

use std::sync::{Arc, PoisonError, RwLock};

use tonic::Status;

use super::messages::capabilities;
use super::service::GrpcService;
use crate::diag::{Diagnostic, Failure, Result};
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::provider_client::ProviderClient;
use crate::proto::tfplugin6::provider_server::ProviderServer;
use crate::provider::Provider;
use crate::server::apply_resource::{ApplyRequest, ApplyResponse};
use crate::server::call_function::FunctionError;
use crate::server::import_resource::{ImportResponse, ImportTarget};
use crate::server::move_resource::{MoveRequest, MoveResponse};
use crate::server::plan_resource::{PlanRequest, PlanResponse};
use crate::server::read_data_source::ReadDataResponse;
use crate::server::read_resource::{ReadRequest, ReadResponse};
use crate::server::upgrade_resource::{UpgradeRequest, UpgradeResponse};
use crate::server::{ClientOptions, Encoded, Server};

/// A client that calls the service directly.
pub(crate) struct Client<P: Provider> {
    service: ProviderClient<ProviderServer<GrpcService<P>>>,
    options: RwLock<ClientOptions>,
}

impl<P: Provider> Client<P> {
    pub(crate) fn new(server: Arc<Server<P>>) -> Self {
        let service = ProviderServer::new(GrpcService::new(server));
        Self {
            service: ProviderClient::new(service),
            options: RwLock::default(),
        }
    }

    /// Changes what the client sends along with each call.
    pub(crate) fn set_options(&self, change: impl FnOnce(&mut ClientOptions)) {
        change(&mut self.options.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn provider_meta(&self) -> Option<proto::DynamicValue> {
        let options = self.options.read().unwrap_or_else(PoisonError::into_inner);
        let meta = options.provider_meta.clone();
        (meta != Encoded::default()).then(|| meta.into())
    }

    fn capabilities(&self) -> proto::ClientCapabilities {
        let options = self.options.read().unwrap_or_else(PoisonError::into_inner);
        proto::ClientCapabilities {
            deferral_allowed: options.deferral_allowed,
            write_only_attributes_allowed: true,
            ..Default::default()
        }
    }

    fn inner(&self) -> ProviderClient<ProviderServer<GrpcService<P>>> {
        self.service.clone()
    }

    /// Gets the schemas, and returns the diagnostics about them.
    pub(crate) async fn schemas(&self) -> Result<Vec<Diagnostic>> {
        let response = self.schema_messages().await?;
        debug_assert_eq!(response.server_capabilities, Some(capabilities()));
        Ok(from_messages(response.diagnostics))
    }

    pub(crate) async fn metadata(&self) -> Result<proto::get_metadata::Response> {
        let request = proto::get_metadata::Request {};
        let response = self.inner().get_metadata(request).await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(response.into_inner())
    }

    pub(crate) async fn schema_messages(&self) -> Result<proto::get_provider_schema::Response> {
        let request = proto::get_provider_schema::Request {};
        let response = self.inner().get_provider_schema(request).await;
        let response = response.map_err(|status| call_failed(&status))?;
        Ok(response.into_inner())
    }

    pub(crate) async fn validate_provider(&self, config: Encoded) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_provider_config::Request {
            config: Some(config.into()),
        };
        let response = self.inner().validate_provider_config(request).await;
        Ok(from_messages(
            response
                .map_err(|status| call_failed(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn configure(
        &self,
        version: &str,
        config: Encoded,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::configure_provider::Request {
            terraform_version: version.to_owned(),
            config: Some(config.into()),
            client_capabilities: None,
        };
        let response = self.inner().configure_provider(request).await;
        Ok(from_messages(
            response
                .map_err(|status| call_failed(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn stop(&self) -> Result<()> {
        let request = proto::stop_provider::Request {};
        self.inner()
            .stop_provider(request)
            .await
            .map_err(|status| call_failed(&status))?;
        Ok(())
    }

    pub(crate) async fn validate_resource(
        &self,
        name: &str,
        config: Encoded,
        write_only_attributes_allowed: bool,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_resource_config::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
            client_capabilities: Some(proto::ClientCapabilities {
                write_only_attributes_allowed,
                ..Default::default()
            }),
        };
        let response = self.inner().validate_resource_config(request).await;
        Ok(from_messages(
            response
                .map_err(|status| call_failed(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn validate_data_source(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_data_resource_config::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
        };
        let response = self.inner().validate_data_resource_config(request).await;
        Ok(from_messages(
            response
                .map_err(|status| call_failed(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn upgrade(&self, request: UpgradeRequest) -> Result<UpgradeResponse> {
        let request = proto::upgrade_resource_state::Request {
            type_name: request.type_name,
            version: request.version,
            raw_state: Some(raw_state(request.json)),
        };
        let response = self.inner().upgrade_resource_state(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(UpgradeResponse {
            state: response.upgraded_state.map(Into::into),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn read(&self, request: ReadRequest) -> Result<ReadResponse> {
        let request = proto::read_resource::Request {
            type_name: request.type_name,
            current_state: Some(request.state.into()),
            private: request.private,
            provider_meta: self.provider_meta(),
            client_capabilities: Some(self.capabilities()),
            current_identity: request.identity.if_present().map(Into::into),
        };
        let response = self.inner().read_resource(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(ReadResponse {
            state: response.new_state.into(),
            private: response.private,
            identity: response.new_identity.map(|identity| Some(identity).into()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn plan(&self, request: PlanRequest) -> Result<PlanResponse> {
        let request = proto::plan_resource_change::Request {
            type_name: request.type_name,
            prior_state: Some(request.prior.into()),
            proposed_new_state: Some(request.proposed.into()),
            config: Some(request.config.into()),
            prior_private: request.private,
            provider_meta: self.provider_meta(),
            client_capabilities: Some(self.capabilities()),
            prior_identity: request.identity.if_present().map(Into::into),
            ..Default::default()
        };
        let response = self.inner().plan_resource_change(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        let paths = response.requires_replace.into_iter();
        Ok(PlanResponse {
            planned: response.planned_state.map(Into::into),
            requires_replace: paths.map(Into::into).collect(),
            private: response.planned_private,
            deferral: response.deferred.and_then(|d| action::reason(&d)),
            identity: response
                .planned_identity
                .map(|identity| Some(identity).into()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn apply(&self, request: ApplyRequest) -> Result<ApplyResponse> {
        let request = proto::apply_resource_change::Request {
            type_name: request.type_name,
            prior_state: Some(request.prior.into()),
            planned_state: Some(request.planned.into()),
            config: Some(request.config.into()),
            planned_private: request.private,
            provider_meta: self.provider_meta(),
            planned_identity: request.identity.if_present().map(Into::into),
        };
        let response = self.inner().apply_resource_change(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(ApplyResponse {
            state: response.new_state.map(Into::into),
            private: response.private,
            identity: response.new_identity.map(|identity| Some(identity).into()),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn import(&self, name: &str, target: ImportTarget) -> Result<ImportResponse> {
        let (id, identity) = match target {
            ImportTarget::Id(id) => (id, None),
            ImportTarget::Identity(identity) => (String::new(), Some(identity.into())),
        };
        let request = proto::import_resource_state::Request {
            type_name: name.to_owned(),
            id,
            identity,
            ..Default::default()
        };
        let response = self.inner().import_resource_state(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        let imported = response.imported_resources.into_iter().next();
        let (state, private, identity) = imported
            .map(|imported| {
                let identity = imported.identity.map(|identity| Some(identity).into());
                (imported.state.map(Into::into), imported.private, identity)
            })
            .unwrap_or_default();
        Ok(ImportResponse {
            state,
            identity,
            private,
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn move_state(&self, request: MoveRequest) -> Result<MoveResponse> {
        let request = proto::move_resource_state::Request {
            source_provider_address: request.source_provider,
            source_type_name: request.source_type,
            source_schema_version: request.source_version,
            source_state: Some(raw_state(request.source_json)),
            source_private: request.source_private,
            target_type_name: request.target_type,
            ..Default::default()
        };
        let response = self.inner().move_resource_state(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(MoveResponse {
            state: response.target_state.map(Into::into),
            identity: response
                .target_identity
                .map(|identity| Some(identity).into()),
            private: response.target_private,
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn read_data_source(
        &self,
        name: &str,
        config: Encoded,
    ) -> Result<ReadDataResponse> {
        let request = proto::read_data_source::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
            provider_meta: self.provider_meta(),
            client_capabilities: Some(self.capabilities()),
        };
        let response = self.inner().read_data_source(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(ReadDataResponse {
            state: response.state.map(Into::into),
            diagnostics: from_messages(response.diagnostics),
        })
    }

    pub(crate) async fn call_function(
        &self,
        name: &str,
        arguments: Vec<Encoded>,
    ) -> Result<Result<Encoded, FunctionError>> {
        let request = proto::call_function::Request {
            name: name.to_owned(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        };
        let response = self.inner().call_function(request).await;
        let response = response
            .map_err(|status| call_failed(&status))?
            .into_inner();
        Ok(match response.error {
            None => Ok(response.result.into()),
            Some(error) => Err(FunctionError {
                text: error.text,
                argument: error
                    .function_argument
                    .and_then(|argument| usize::try_from(argument).ok()),
            }),
        })
    }
}

fn raw_state(json: Vec<u8>) -> proto::RawState {
    proto::RawState {
        json,
        ..Default::default()
    }
}

fn from_messages(diagnostics: Vec<proto::Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().map(Into::into).collect()
}

/// The failure for a gRPC call that failed itself. Terraform would show almost nothing about it.
fn call_failed(status: &Status) -> Failure {
    Failure::new("The gRPC call failed", status.to_string())
}
