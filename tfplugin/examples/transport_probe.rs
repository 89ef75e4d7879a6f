//! A provider written directly on the protocol, for the tests of the transport.
//!
//! Do not use it as a template for a provider: see the other examples.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use tfplugin::internals::plugin::{ConnectionId, Service, serve};
use tfplugin::internals::proto::tfplugin6 as proto;
use tfplugin::internals::proto::tfplugin6::provider_server::Provider;
use tokio::sync::Notify;
use tonic::{Request, Response, Status};

/// The functions of the probe. Each takes and returns a string.
const FUNCTIONS: [&str; 7] = [
    "echo",
    "connection",
    "log",
    "panic",
    "work",
    "ignore_cancellation",
    "shutdown_marker",
];

fn main() -> ExitCode {
    serve("registry.terraform.io/example/probe", Probe::default)
}

#[derive(Default)]
struct Probe {
    stopped: Notify,
    /// A file that the shutdown hook writes.
    shutdown_marker: Mutex<Option<String>>,
}

impl Service for Probe {
    fn stop(&self) {
        self.stopped.notify_waiters();
    }

    async fn shutdown(&self, _: tfplugin::Ending) {
        let path = self
            .shutdown_marker
            .lock()
            .ok()
            .and_then(|mut path| path.take());
        if let Some(path) = path {
            let _ = std::fs::write(path, "shutdown");
        }
    }
}

impl Probe {
    async fn perform(
        &self,
        function: &str,
        argument: String,
        connection: Option<ConnectionId>,
    ) -> Result<String, Status> {
        match function {
            "echo" => {}
            "connection" => return Ok(format!("{connection:?}")),
            "log" => {
                let span = tracing::info_span!("call", tf_rpc = "CallFunction", shared = "outer");
                let _entered = span.enter();
                tracing::info!(
                    answer = 42,
                    ratio = 0.5,
                    shared = "inner",
                    "the probe was asked to log: {argument}"
                );
            }
            #[expect(clippy::panic, reason = "the tests check how the panic is reported")]
            "panic" => panic!("the probe was asked to\nfor {argument}"),
            // Reacts to its cancellation, and takes a moment to clean up.
            "work" => {
                self.stopped.notified().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
                std::fs::write(&argument, "cleaned up")?;
            }
            "ignore_cancellation" => std::future::pending().await,
            "shutdown_marker" => {
                if let Ok(mut path) = self.shutdown_marker.lock() {
                    *path = Some(argument.clone());
                }
            }
            _ => return Err(Status::invalid_argument("unknown function")),
        }
        Ok(argument)
    }
}

#[tonic::async_trait]
impl Provider for Probe {
    async fn get_provider_schema(
        &self,
        _: Request<proto::get_provider_schema::Request>,
    ) -> Result<Response<proto::get_provider_schema::Response>, Status> {
        let text = proto::schema::Attribute {
            name: "text".to_owned(),
            r#type: br#""string""#.to_vec(),
            optional: true,
            ..Default::default()
        };
        let schema = |attributes| proto::Schema {
            version: 0,
            block: Some(proto::schema::Block {
                attributes,
                ..Default::default()
            }),
        };
        let functions = FUNCTIONS.map(|name| (name.to_owned(), function()));
        Ok(Response::new(proto::get_provider_schema::Response {
            provider: Some(schema(Vec::new())),
            resource_schemas: BTreeMap::from([("probe_echo".to_owned(), schema(vec![text]))]),
            functions: BTreeMap::from(functions),
            ..Default::default()
        }))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Result<Response<proto::call_function::Response>, Status> {
        let connection = request.extensions().get().copied();
        let proto::call_function::Request { name, arguments } = request.into_inner();
        let argument = arguments
            .first()
            .map(text_of)
            .transpose()?
            .unwrap_or_default();
        let answer = self.perform(&name, argument, connection).await?;
        Ok(Response::new(proto::call_function::Response {
            result: Some(value_of(&answer)?),
            error: None,
        }))
    }

    async fn validate_provider_config(
        &self,
        _: Request<proto::validate_provider_config::Request>,
    ) -> Result<Response<proto::validate_provider_config::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn configure_provider(
        &self,
        _: Request<proto::configure_provider::Request>,
    ) -> Result<Response<proto::configure_provider::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn stop_provider(
        &self,
        _: Request<proto::stop_provider::Request>,
    ) -> Result<Response<proto::stop_provider::Response>, Status> {
        self.stop();
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        _: Request<proto::validate_resource_config::Request>,
    ) -> Result<Response<proto::validate_resource_config::Response>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Result<Response<proto::plan_resource_change::Response>, Status> {
        Ok(Response::new(proto::plan_resource_change::Response {
            planned_state: request.into_inner().proposed_new_state,
            ..Default::default()
        }))
    }
}

fn function() -> proto::Function {
    let string = br#""string""#.to_vec();
    proto::Function {
        parameters: vec![proto::function::Parameter {
            name: "text".to_owned(),
            r#type: string.clone(),
            ..Default::default()
        }],
        r#return: Some(proto::function::Return { r#type: string }),
        ..Default::default()
    }
}

fn text_of(value: &proto::DynamicValue) -> Result<String, Status> {
    let mut bytes = value.msgpack.as_slice();
    let malformed = |error: &dyn std::fmt::Display| Status::invalid_argument(error.to_string());
    let length = rmp::decode::read_str_len(&mut bytes).map_err(|error| malformed(&error))?;
    let text = bytes.get(..length as usize).unwrap_or_default().to_vec();
    String::from_utf8(text).map_err(|error| malformed(&error))
}

fn value_of(text: &str) -> Result<proto::DynamicValue, Status> {
    let mut msgpack = Vec::new();
    rmp::encode::write_str(&mut msgpack, text)
        .map_err(|error| Status::internal(error.to_string()))?;
    Ok(proto::DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}
