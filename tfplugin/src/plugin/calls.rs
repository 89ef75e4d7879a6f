//! Calls in flight: each runs in a task of its own, so that it outlives the connection that it came
//! over.
//!
//! The server would drop a call halfway when its connection closes, and with it the only record of
//! what it had just made. Here such a call goes on until it heeds its cancellation, and the end of
//! the process waits for that.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

/// The calls that have begun and not ended.
#[derive(Clone, Default)]
pub(super) struct Calls {
    tasks: TaskTracker,
}

impl Calls {
    /// Wraps a gRPC service so that its calls are among these.
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

/// A gRPC service whose calls are counted and not dropped.
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

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let task = self.tasks.spawn(self.service.call(request));
        Box::pin(async move {
            task.await
                .unwrap_or_else(|error| Ok(broken_off(error).into_http()))
        })
    }
}

/// The answer to a call that panicked. Without it Terraform would only say that the request was
/// cancelled.
fn broken_off(error: JoinError) -> Status {
    match error.try_into_panic() {
        Ok(payload) => {
            let message = super::panic::message(payload.as_ref());
            Status::internal(format!(
                "The provider panicked: {message}. This is a defect in the provider."
            ))
        }
        Err(_) => Status::cancelled("The provider is ending."),
    }
}
