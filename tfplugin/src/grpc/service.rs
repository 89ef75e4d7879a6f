//! The gRPC service: passes each call to the server and converts its response.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio_util::task::TaskTracker;
use tonic::codegen::{BoxStream, async_trait};
use tonic::{Request, Response, Status, Streaming};

use super::messages::{client_options, deferral_allowed, diagnostics, import_response};
use super::{action, identity};
use crate::plugin::Ending;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::provider_server;
use crate::provider::Provider;
use crate::server::{Server, in_call_span, not_registered};

/// The gRPC service of a server.
#[derive(Debug)]
pub(crate) struct GrpcService<P: Provider>(Arc<Server<P>>);

impl<P: Provider> GrpcService<P> {
    pub(crate) fn new(server: Arc<Server<P>>) -> Self {
        Self(server)
    }
}

type CallResult<T> = Result<Response<T>, Status>;

/// The error for the parts of the protocol that this SDK does not support.
fn unsupported(kind: &str, name: &str) -> Vec<proto::Diagnostic> {
    diagnostics(not_registered(kind, name).into_diagnostics())
}

fn single_event<T: Send + 'static>(event: T) -> CallResult<BoxStream<T>> {
    Ok(Response::new(Box::pin(tokio_stream::once(Ok(event)))))
}

#[async_trait]
impl<P: Provider> provider_server::Provider for GrpcService<P> {
    async fn get_metadata(
        &self,
        _: Request<proto::get_metadata::Request>,
    ) -> CallResult<proto::get_metadata::Response> {
        in_call_span("GetMetadata", "", async {
            Ok(Response::new(self.0.names().into()))
        })
        .await
    }

    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> CallResult<proto::get_provider_schema::Response> {
        in_call_span("GetProviderSchema", "", async {
            Ok(Response::new(self.0.schemas().into()))
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<proto::get_resource_identity_schemas::Request>,
    ) -> CallResult<proto::get_resource_identity_schemas::Response> {
        in_call_span("GetResourceIdentitySchemas", "", async {
            Ok(Response::new(identity::schemas(self.0.identity_schemas())))
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> CallResult<proto::validate_provider_config::Response> {
        let config = request.into_inner().config.into();
        let diagnostics = in_call_span("ValidateProviderConfig", "", async {
            diagnostics(self.0.validate_provider(config))
        })
        .await;
        Ok(Response::new(proto::validate_provider_config::Response {
            diagnostics,
        }))
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> CallResult<proto::configure_provider::Response> {
        let request = request.into_inner();
        let configured = self
            .0
            .configure(request.terraform_version, request.config.into());
        let diagnostics = diagnostics(in_call_span("ConfigureProvider", "", configured).await);
        Ok(Response::new(proto::configure_provider::Response {
            diagnostics,
        }))
    }

    async fn stop_provider(
        &self,
        _: Request<proto::stop_provider::Request>,
    ) -> CallResult<proto::stop_provider::Response> {
        in_call_span("StopProvider", "", async { self.0.stop() }).await;
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> CallResult<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let write_only = request
            .client_capabilities
            .is_some_and(|capabilities| capabilities.write_only_attributes_allowed);
        let diagnostics = in_call_span("ValidateResourceConfig", &name, async {
            let config = request.config.into();
            diagnostics(self.0.validate_resource(&name, config, write_only))
        })
        .await;
        Ok(Response::new(proto::validate_resource_config::Response {
            diagnostics,
        }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> CallResult<proto::upgrade_resource_state::Response> {
        let request = request.into_inner().into();
        let upgraded = async { self.0.upgrade_resource(&request) };
        let response = in_call_span("UpgradeResourceState", &request.type_name, upgraded).await;
        Ok(Response::new(response.into()))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> CallResult<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner().into();
        let upgraded = async { self.0.upgrade_identity(&request) };
        let response = in_call_span("UpgradeResourceIdentity", &request.type_name, upgraded).await;
        Ok(Response::new(response.into()))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> CallResult<proto::read_resource::Response> {
        let mut request = request.into_inner();
        let name = request.type_name.clone();
        let meta = request.provider_meta.take();
        let options = client_options(meta, request.client_capabilities.as_ref());
        let read = self.0.read_resource(request.into(), options);
        let response = in_call_span("ReadResource", &name, read).await;
        Ok(Response::new(response.into()))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> CallResult<proto::plan_resource_change::Response> {
        let mut request = request.into_inner();
        let name = request.type_name.clone();
        let meta = request.provider_meta.take();
        let options = client_options(meta, request.client_capabilities.as_ref());
        let planned = self.0.plan_resource(request.into(), options);
        let response = in_call_span("PlanResourceChange", &name, planned).await;
        Ok(Response::new(response.into()))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> CallResult<proto::apply_resource_change::Response> {
        let mut request = request.into_inner();
        let name = request.type_name.clone();
        let options = client_options(request.provider_meta.take(), None);
        let applied = self.0.apply_resource(request.into(), options);
        let response = in_call_span("ApplyResourceChange", &name, applied).await;
        Ok(Response::new(response.into()))
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> CallResult<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let target = identity::import_target(request.id, request.identity);
        let found = self.0.import_resource(&name, target);
        let response = in_call_span("ImportResourceState", &name, found).await;
        Ok(Response::new(import_response(name, response)))
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> CallResult<proto::move_resource_state::Response> {
        let request = request.into_inner().into();
        let moved = async { self.0.move_resource(&request) };
        let response = in_call_span("MoveResourceState", &request.target_type, moved).await;
        Ok(Response::new(response.into()))
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> CallResult<proto::generate_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let response = in_call_span("GenerateResourceConfig", &name, async {
            self.0.generate_config(&name, request.state.into())
        })
        .await;
        Ok(Response::new(response.into()))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> CallResult<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let diagnostics = in_call_span("ValidateDataResourceConfig", &name, async {
            diagnostics(self.0.validate_data_source(&name, request.config.into()))
        })
        .await;
        Ok(Response::new(
            proto::validate_data_resource_config::Response { diagnostics },
        ))
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> CallResult<proto::read_data_source::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let options = client_options(request.provider_meta, None);
        let config = request.config.into();
        let found = self.0.read_data_source(&name, config, options);
        let response = in_call_span("ReadDataSource", &name, found).await;
        Ok(Response::new(response.into()))
    }

    async fn get_functions(
        &self,
        _: Request<proto::get_functions::Request>,
    ) -> CallResult<proto::get_functions::Response> {
        in_call_span("GetFunctions", "", async {
            Ok(Response::new(self.0.functions().into()))
        })
        .await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> CallResult<proto::call_function::Response> {
        let request = request.into_inner();
        let arguments: Vec<_> = request.arguments.into_iter().map(Into::into).collect();
        let response = in_call_span("CallFunction", &request.name, async {
            self.0.call_function(&request.name, &arguments)
        })
        .await;
        Ok(Response::new(response.into()))
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> CallResult<proto::validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let diagnostics = in_call_span("ValidateEphemeralResourceConfig", &name, async {
            diagnostics(self.0.validate_ephemeral(&name, request.config.into()))
        })
        .await;
        Ok(Response::new(
            proto::validate_ephemeral_resource_config::Response { diagnostics },
        ))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> CallResult<proto::open_ephemeral_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let opened = self.0.open_ephemeral(&name, request.config.into());
        let response = in_call_span("OpenEphemeralResource", &name, opened).await;
        Ok(Response::new(response.into()))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> CallResult<proto::renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let private = request.private.unwrap_or_default();
        let renewed = self.0.renew_ephemeral(&name, private);
        let response = in_call_span("RenewEphemeralResource", &name, renewed).await;
        Ok(Response::new(response.into()))
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> CallResult<proto::close_ephemeral_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let private = request.private.unwrap_or_default();
        let closed = self.0.close_ephemeral(&name, private);
        let diagnostics = diagnostics(in_call_span("CloseEphemeralResource", &name, closed).await);
        Ok(Response::new(proto::close_ephemeral_resource::Response {
            diagnostics,
        }))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> CallResult<proto::validate_list_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let diagnostics = in_call_span("ValidateListResourceConfig", &name, async {
            diagnostics(self.0.validate_list(&name, request.config.into()))
        })
        .await;
        Ok(Response::new(
            proto::validate_list_resource_config::Response { diagnostics },
        ))
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> CallResult<BoxStream<proto::list_resource::Event>> {
        let events = Arc::clone(&self.0).list_resource(request.into_inner().into());
        Ok(Response::new(Box::pin(
            events.map(|event| Ok(event.into())),
        )))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> CallResult<proto::validate_action_config::Response> {
        let request = request.into_inner();
        let name = request.type_name;
        let diagnostics = in_call_span("ValidateActionConfig", &name, async {
            diagnostics(self.0.validate_action(&name, request.config.into()))
        })
        .await;
        Ok(Response::new(proto::validate_action_config::Response {
            diagnostics,
        }))
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> CallResult<proto::plan_action::Response> {
        let request = request.into_inner();
        let name = request.action_type;
        let may_defer = deferral_allowed(request.client_capabilities.as_ref());
        let planned = self.0.plan_action(&name, request.config.into(), may_defer);
        let response = in_call_span("PlanAction", &name, planned).await;
        Ok(Response::new(response.into()))
    }

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> CallResult<BoxStream<proto::invoke_action::Event>> {
        let tasks = request.extensions().get::<TaskTracker>().cloned();
        let tasks = tasks.unwrap_or_default();
        let events = action::invoke(Arc::clone(&self.0), request.into_inner(), &tasks);
        Ok(Response::new(events))
    }

    async fn validate_state_store_config(
        &self,
        request: Request<proto::validate_state_store::Request>,
    ) -> CallResult<proto::validate_state_store::Response> {
        let diagnostics = unsupported("state store", &request.get_ref().type_name);
        Ok(Response::new(proto::validate_state_store::Response {
            diagnostics,
        }))
    }

    async fn configure_state_store(
        &self,
        request: Request<proto::configure_state_store::Request>,
    ) -> CallResult<proto::configure_state_store::Response> {
        Ok(Response::new(proto::configure_state_store::Response {
            diagnostics: unsupported("state store", &request.get_ref().type_name),
            ..Default::default()
        }))
    }

    async fn read_state_bytes(
        &self,
        request: Request<proto::read_state_bytes::Request>,
    ) -> CallResult<BoxStream<proto::read_state_bytes::Response>> {
        single_event(proto::read_state_bytes::Response {
            diagnostics: unsupported("state store", &request.get_ref().type_name),
            ..Default::default()
        })
    }

    async fn write_state_bytes(
        &self,
        _: Request<Streaming<proto::write_state_bytes::RequestChunk>>,
    ) -> CallResult<proto::write_state_bytes::Response> {
        let diagnostics = unsupported("state store", "to write to");
        Ok(Response::new(proto::write_state_bytes::Response {
            diagnostics,
        }))
    }

    async fn lock_state(
        &self,
        request: Request<proto::lock_state::Request>,
    ) -> CallResult<proto::lock_state::Response> {
        Ok(Response::new(proto::lock_state::Response {
            diagnostics: unsupported("state store", &request.get_ref().type_name),
            ..Default::default()
        }))
    }

    async fn unlock_state(
        &self,
        request: Request<proto::unlock_state::Request>,
    ) -> CallResult<proto::unlock_state::Response> {
        let diagnostics = unsupported("state store", &request.get_ref().type_name);
        Ok(Response::new(proto::unlock_state::Response { diagnostics }))
    }

    async fn get_states(
        &self,
        request: Request<proto::get_states::Request>,
    ) -> CallResult<proto::get_states::Response> {
        Ok(Response::new(proto::get_states::Response {
            diagnostics: unsupported("state store", &request.get_ref().type_name),
            ..Default::default()
        }))
    }

    async fn delete_state(
        &self,
        request: Request<proto::delete_state::Request>,
    ) -> CallResult<proto::delete_state::Response> {
        let diagnostics = unsupported("state store", &request.get_ref().type_name);
        Ok(Response::new(proto::delete_state::Response { diagnostics }))
    }
}

impl<P: Provider> crate::plugin::Service for GrpcService<P> {
    fn stop(&self) {
        self.0.stop();
    }

    async fn shutdown(&self, ending: Ending) {
        self.0.shutdown(ending).await;
    }
}
