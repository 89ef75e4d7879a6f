//! The three small services that go-plugin expects every plugin to have.

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::plugin::grpc_broker_server::GrpcBroker;
use crate::proto::plugin::grpc_controller_server::GrpcController;
use crate::proto::plugin::grpc_stdio_server::GrpcStdio;
use crate::proto::plugin::{ConnInfo, Empty, StdioData};

/// Lets Terraform request the shutdown of this process.
pub(super) struct Controller {
    requested: CancellationToken,
}

impl Controller {
    /// Cancels `requested` when Terraform calls Shutdown.
    pub(super) fn new(requested: CancellationToken) -> Self {
        Self { requested }
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.requested.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Keeps the stream for the plugin's output open and sends nothing: Terraform would log any data on
/// it as unexpected.
pub(super) struct Stdio {
    closing: CancellationToken,
}

impl Stdio {
    /// Keeps the stream open until `closing` is cancelled.
    pub(super) fn new(closing: CancellationToken) -> Self {
        Self { closing }
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        let stream =
            futures_util::stream::pending().take_until(self.closing.clone().cancelled_owned());
        Ok(Response::new(Box::pin(stream)))
    }
}

/// Keeps the stream for additional connections open, and never requests one.
pub(super) struct Broker {
    closing: CancellationToken,
}

impl Broker {
    /// Keeps the stream open until `closing` is cancelled.
    pub(super) fn new(closing: CancellationToken) -> Self {
        Self { closing }
    }
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        let stream = request
            .into_inner()
            .filter_map(async |_| None)
            .take_until(self.closing.clone().cancelled_owned());
        Ok(Response::new(Box::pin(stream)))
    }
}
