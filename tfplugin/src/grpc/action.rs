//! Messages of actions, and the stream of an invocation.

use std::sync::Arc;

use futures_util::stream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::codegen::BoxStream;

use super::messages::{deferred, diagnostics};
use crate::action::{InvocationEvent, ProgressSender};
use crate::diag::Diagnostic;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::invoke_action::{Event, event};
use crate::provider::Provider;
use crate::server::plan_action::PlanActionResponse;
use crate::server::{Server, in_call_span};

impl From<PlanActionResponse> for proto::plan_action::Response {
    fn from(response: PlanActionResponse) -> Self {
        Self {
            diagnostics: diagnostics(response.diagnostics),
            deferred: response.deferral.map(deferred),
        }
    }
}

/// Invokes an action in its own task, which outlives the connection, and returns its events.
pub(super) fn invoke<P: Provider>(
    server: Arc<Server<P>>,
    request: proto::invoke_action::Request,
    tasks: &TaskTracker,
) -> BoxStream<Event> {
    let (progress, events) = ProgressSender::channel();
    tasks.spawn(async move {
        let name = request.action_type;
        let invoked = server.invoke_action(&name, request.config.into(), progress.clone());
        progress.complete(in_call_span("InvokeAction", &name, invoked).await);
    });
    Box::pin(stream::unfold(Some(events), next_event))
}

/// The next event, and the rest of the stream. `Completed` is the last event, even if a task of the
/// provider still sends progress: Terraform crashes on any other end.
async fn next_event(
    events: Option<UnboundedReceiver<InvocationEvent>>,
) -> Option<(
    Result<Event, Status>,
    Option<UnboundedReceiver<InvocationEvent>>,
)> {
    let mut events = events?;
    let (event, rest) = match events.recv().await {
        Some(InvocationEvent::Progress(message)) => {
            let progress = event::Progress { message };
            (event::Type::Progress(progress), Some(events))
        }
        Some(InvocationEvent::Completed(found)) => (completed(found), None),
        None => {
            let error = Diagnostic::error(
                "The action did not complete",
                "The provider stopped before the action ended. Part of its work may be done.",
            );
            (completed(vec![error]), None)
        }
    };
    let event = Event {
        r#type: Some(event),
    };
    Some((Ok(event), rest))
}

fn completed(found: Vec<Diagnostic>) -> event::Type {
    event::Type::Completed(event::Completed {
        diagnostics: diagnostics(found),
    })
}
