//! The requests that Cloud Control works on: it answers a delete or an update with a token, and the
//! status of the token says when it is done.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_cloudcontrol::types::{OperationStatus, ProgressEvent};
use stack::ResourceId;
use stack::cloud::{CloudError, Resource};

use super::error::{NO_SUCH_REQUEST, from_call, from_event};
use crate::client::Clients;

/// The unfinished requests of one account and region.
#[derive(Debug, Default)]
pub(crate) struct PendingRequests(Mutex<HashMap<ResourceId, PendingRequest>>);

/// The identifiers of resources whose ARN does not contain it.
#[derive(Debug, Default)]
pub(crate) struct KnownIdentifiers(Mutex<HashMap<ResourceId, String>>);

impl KnownIdentifiers {
    pub(super) fn get(&self, id: &ResourceId) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).cloned()
    }

    pub(super) fn insert(&self, id: ResourceId, identifier: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id, identifier);
    }
}

/// A request about a resource.
#[derive(Clone, Debug)]
pub(super) struct PendingRequest {
    pub(super) token: String,
    pub(super) operation: Operation,
    /// The resource as it was described before the request.
    pub(super) resource: Resource,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Delete,
    /// Switches the resource off, which has to precede its deletion.
    Disable,
}

impl Operation {
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::Delete => "DeleteResource",
            Self::Disable => "UpdateResource",
        }
    }
}

/// How far a request is.
#[derive(Debug)]
pub(super) enum RequestStatus {
    InProgress,
    Done,
    /// It failed, or a person cancelled it.
    Failed(CloudError),
    /// Cloud Control no longer knows it: the resource itself says what became of it.
    Unknown,
}

impl PendingRequests {
    /// The unfinished request about a resource.
    pub(super) fn get(&self, id: &ResourceId) -> Option<PendingRequest> {
        self.lock().get(id).cloned()
    }

    pub(super) fn insert(&self, request: PendingRequest) {
        self.lock().insert(request.resource.id.clone(), request);
    }

    pub(super) fn remove(&self, id: &ResourceId) {
        self.lock().remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ResourceId, PendingRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks how far a request is. A finished one is forgotten.
pub(super) async fn status(
    clients: &Clients,
    request: &PendingRequest,
    about: &str,
) -> Result<RequestStatus, CloudError> {
    let id = &request.resource.id;
    let call = clients.cloud_control().get_resource_request_status();
    let answer = call.request_token(&request.token).send().await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let error = from_call("GetResourceRequestStatus", about, &error);
            if error.code.as_deref() != Some(NO_SUCH_REQUEST) {
                return Err(error);
            }
            clients.requests.remove(id);
            return Ok(RequestStatus::Unknown);
        }
    };
    let status = answer
        .progress_event()
        .map_or(RequestStatus::Unknown, |event| {
            status_of(event, request.operation, about)
        });
    if !matches!(status, RequestStatus::InProgress) {
        clients.requests.remove(id);
    }
    Ok(status)
}

/// What an event says about a request.
pub(super) fn status_of(event: &ProgressEvent, operation: Operation, about: &str) -> RequestStatus {
    match event.operation_status() {
        Some(OperationStatus::Success) => RequestStatus::Done,
        Some(OperationStatus::Failed | OperationStatus::CancelComplete) => {
            RequestStatus::Failed(from_event(operation.call(), about, event))
        }
        _ => RequestStatus::InProgress,
    }
}
