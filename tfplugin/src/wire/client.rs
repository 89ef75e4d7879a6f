//! Terraform's side of the wire, in process: every call is encoded, sent through the gRPC service
//! and decoded, without a socket.

use std::sync::Arc;

use tonic::Status;

use super::rpc::capabilities;
use super::service::Service;
use crate::diag::{Diagnostic, Failure, Result};
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::provider_client::ProviderClient;
use crate::proto::tfplugin6::provider_server::ProviderServer;
use crate::provider::Provider;
use crate::server::apply_resource::{ApplyAnswer, ApplyRequest};
use crate::server::call_function::FunctionError;
use crate::server::import_resource::ImportAnswer;
use crate::server::move_resource::{MoveAnswer, MoveRequest};
use crate::server::plan_resource::{PlanAnswer, PlanRequest};
use crate::server::read_data_source::DataAnswer;
use crate::server::read_resource::{ReadAnswer, ReadRequest};
use crate::server::upgrade_resource::{UpgradeAnswer, UpgradeRequest};
use crate::server::{Encoded, Server};

/// A connection that is none.
pub(crate) struct Client<P: Provider>(ProviderClient<ProviderServer<Service<P>>>);

impl<P: Provider> Client<P> {
    pub(crate) fn new(server: Arc<Server<P>>) -> Self {
        Self(ProviderClient::new(ProviderServer::new(Service::new(
            server,
        ))))
    }

    fn inner(&self) -> ProviderClient<ProviderServer<Service<P>>> {
        self.0.clone()
    }

    /// What is wrong with the schemas, and whether the SDK says what it can do.
    pub(crate) async fn schemas(&self) -> Result<Vec<Diagnostic>> {
        let request = proto::get_provider_schema::Request {};
        let answer = self.inner().get_provider_schema(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        debug_assert_eq!(answer.server_capabilities, Some(capabilities()));
        Ok(said(answer.diagnostics))
    }

    pub(crate) async fn validate_provider(&self, config: Encoded) -> Result<Vec<Diagnostic>> {
        let request = proto::validate_provider_config::Request {
            config: Some(config.into()),
        };
        let answer = self.inner().validate_provider_config(request).await;
        Ok(said(
            answer
                .map_err(|status| broken(&status))?
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
        let answer = self.inner().configure_provider(request).await;
        Ok(said(
            answer
                .map_err(|status| broken(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn stop(&self) -> Result<()> {
        let request = proto::stop_provider::Request {};
        self.inner()
            .stop_provider(request)
            .await
            .map_err(|status| broken(&status))?;
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
        let answer = self.inner().validate_resource_config(request).await;
        Ok(said(
            answer
                .map_err(|status| broken(&status))?
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
        let answer = self.inner().validate_data_resource_config(request).await;
        Ok(said(
            answer
                .map_err(|status| broken(&status))?
                .into_inner()
                .diagnostics,
        ))
    }

    pub(crate) async fn upgrade(&self, request: UpgradeRequest) -> Result<UpgradeAnswer> {
        let request = proto::upgrade_resource_state::Request {
            type_name: request.type_name,
            version: request.version,
            raw_state: Some(raw(request.json)),
        };
        let answer = self.inner().upgrade_resource_state(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(UpgradeAnswer {
            state: answer.upgraded_state.map(Into::into),
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn read(&self, request: ReadRequest) -> Result<ReadAnswer> {
        let request = proto::read_resource::Request {
            type_name: request.type_name,
            current_state: Some(request.state.into()),
            private: request.private,
            ..Default::default()
        };
        let answer = self.inner().read_resource(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(ReadAnswer {
            state: answer.new_state.into(),
            private: answer.private,
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn plan(&self, request: PlanRequest) -> Result<PlanAnswer> {
        let request = proto::plan_resource_change::Request {
            type_name: request.type_name,
            prior_state: Some(request.prior.into()),
            proposed_new_state: Some(request.proposed.into()),
            config: Some(request.config.into()),
            prior_private: request.private,
            ..Default::default()
        };
        let answer = self.inner().plan_resource_change(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        let paths = answer.requires_replace.into_iter();
        Ok(PlanAnswer {
            planned: answer.planned_state.map(Into::into),
            requires_replace: paths.map(Into::into).collect(),
            private: answer.planned_private,
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn apply(&self, request: ApplyRequest) -> Result<ApplyAnswer> {
        let request = proto::apply_resource_change::Request {
            type_name: request.type_name,
            prior_state: Some(request.prior.into()),
            planned_state: Some(request.planned.into()),
            config: Some(request.config.into()),
            planned_private: request.private,
            ..Default::default()
        };
        let answer = self.inner().apply_resource_change(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(ApplyAnswer {
            state: answer.new_state.map(Into::into),
            private: answer.private,
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn import(&self, name: &str, id: &str) -> Result<ImportAnswer> {
        let request = proto::import_resource_state::Request {
            type_name: name.to_owned(),
            id: id.to_owned(),
            ..Default::default()
        };
        let answer = self.inner().import_resource_state(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        let imported = answer.imported_resources.into_iter().next();
        let (state, private) = imported
            .map(|imported| (imported.state.map(Into::into), imported.private))
            .unwrap_or_default();
        Ok(ImportAnswer {
            state,
            private,
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn move_state(&self, request: MoveRequest) -> Result<MoveAnswer> {
        let request = proto::move_resource_state::Request {
            source_provider_address: request.source_provider,
            source_type_name: request.source_type,
            source_schema_version: request.source_version,
            source_state: Some(raw(request.source_json)),
            target_type_name: request.target_type,
            ..Default::default()
        };
        let answer = self.inner().move_resource_state(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(MoveAnswer {
            state: answer.target_state.map(Into::into),
            private: answer.target_private,
            diagnostics: said(answer.diagnostics),
        })
    }

    pub(crate) async fn read_data_source(&self, name: &str, config: Encoded) -> Result<DataAnswer> {
        let request = proto::read_data_source::Request {
            type_name: name.to_owned(),
            config: Some(config.into()),
            ..Default::default()
        };
        let answer = self.inner().read_data_source(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(DataAnswer {
            state: answer.state.map(Into::into),
            diagnostics: said(answer.diagnostics),
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
        let answer = self.inner().call_function(request).await;
        let answer = answer.map_err(|status| broken(&status))?.into_inner();
        Ok(match answer.error {
            None => Ok(answer.result.into()),
            Some(error) => Err(FunctionError {
                text: error.text,
                argument: error
                    .function_argument
                    .and_then(|argument| usize::try_from(argument).ok()),
            }),
        })
    }
}

fn raw(json: Vec<u8>) -> proto::RawState {
    proto::RawState {
        json,
        ..Default::default()
    }
}

fn said(diagnostics: Vec<proto::Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.into_iter().map(Into::into).collect()
}

/// A call that failed as a call, of which Terraform would show a person next to nothing.
fn broken(status: &Status) -> Failure {
    Failure::new("The call itself failed", status.to_string())
}
