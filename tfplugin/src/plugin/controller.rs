//! The three small services that go-plugin expects of every plugin.

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::plugin::grpc_broker_server::GrpcBroker;
use crate::proto::plugin::grpc_controller_server::GrpcController;
use crate::proto::plugin::grpc_stdio_server::GrpcStdio;
use crate::proto::plugin::{ConnInfo, Empty, StdioData};

/// Lets the host ask for the end of this process.
pub(super) struct Controller {
    wanted: CancellationToken,
}

impl Controller {
    /// `wanted` is cancelled when the host has asked.
    pub(super) fn new(wanted: CancellationToken) -> Self {
        Self { wanted }
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.wanted.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Keeps the host's channel for output open, and silent: whatever came over it would be logged as a
/// surprise.
pub(super) struct Stdio {
    closing: CancellationToken,
}

impl Stdio {
    /// The channel is open until `closing` is cancelled.
    pub(super) fn new(closing: CancellationToken) -> Self {
        Self { closing }
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        let silence =
            futures_util::stream::pending().take_until(self.closing.clone().cancelled_owned());
        Ok(Response::new(Box::pin(silence)))
    }
}

/// Accepts the host's offer of further connections, and never asks for one.
pub(super) struct Broker {
    closing: CancellationToken,
}

impl Broker {
    /// The channel is open until `closing` is cancelled.
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
        let silence = request
            .into_inner()
            .filter_map(async |_| None)
            .take_until(self.closing.clone().cancelled_owned());
        Ok(Response::new(Box::pin(silence)))
    }
}
