//! Calls in flight: each runs in its own task, so that it outlives its connection.
//!
//! When a connection closes, the gRPC server drops its calls. A dropped call would lose the record
//! of what it has just created. Here a call continues until it ends or reacts to its cancellation,
//! and the shutdown of the process waits for it.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

/// The calls in flight.
#[derive(Clone, Default)]
pub(super) struct Calls {
    tasks: TaskTracker,
}

impl Calls {
    /// Wraps a gRPC service so that its calls are tracked here.
    pub(super) fn track<S>(&self, service: S) -> Tracked<S> {
        Tracked {
            service,
            tasks: self.tasks.clone(),
        }
    }

    pub(super) fn none_in_flight(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits until no call is in flight.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A gRPC service whose calls are tracked and never dropped.
#[derive(Clone)]
pub(super) struct Tracked<S> {
    service: S,
    tasks: TaskTracker,
}

impl<S: NamedService> NamedService for Tracked<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Tracked<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // A call that streams its response continues in a task of its own, which is tracked too.
        request.extensions_mut().insert(self.tasks.clone());
        let task = self.tasks.spawn(self.service.call(request));
        Box::pin(async move {
            task.await
                .unwrap_or_else(|error| Ok(failed_call_status(error).into_http()))
        })
    }
}

/// The status of a call whose task failed. Without it, Terraform would report a panic only as a
/// cancelled request.
fn failed_call_status(error: JoinError) -> Status {
    match error.try_into_panic() {
        Ok(payload) => {
            let message = super::panic::message(payload.as_ref());
            Status::internal(format!(
                "The provider panicked: {message}. This is a bug in the provider."
            ))
        }
        Err(_) => Status::cancelled("The provider is shutting down."),
    }
}
