//! What waking restores, read back from the ledger.

use serde_json::Value;
use stack::cloud::{CloudError, CloudErrorKind, Resource};

/// A whole number of a prior size.
pub(crate) fn number(prior: &Value, key: &str, resource: &Resource) -> Result<i32, CloudError> {
    prior
        .get(key)
        .and_then(Value::as_i64)
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| unreadable(prior, key, resource))
}

/// Whether it was running.
pub(crate) fn running(prior: &Value, resource: &Resource) -> Result<bool, CloudError> {
    prior
        .get("running")
        .and_then(Value::as_bool)
        .ok_or_else(|| unreadable(prior, "running", resource))
}

fn unreadable(prior: &Value, key: &str, resource: &Resource) -> CloudError {
    let message =
        format!("its prior size {prior} says nothing of \"{key}\": give it its size by hand");
    refused("jiti", "start", resource, message)
}

/// That something was not even tried.
pub(crate) fn refused(
    service: &str,
    call: &str,
    resource: &Resource,
    message: String,
) -> CloudError {
    CloudError {
        service: service.to_owned(),
        call: call.to_owned(),
        resource: Some(resource.id.to_string()),
        code: None,
        message,
        kind: CloudErrorKind::Other,
    }
}
