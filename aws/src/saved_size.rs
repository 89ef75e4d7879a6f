//! Reads the size that a wake restores, which the ledger keeps as JSON.

use serde_json::Value;
use stack::cloud::{CloudError, CloudErrorKind, Resource};

use crate::client::error::own_error;

/// A whole number of the saved size.
///
/// # Errors
///
/// The saved size has no such number.
pub(crate) fn number(prior: &Value, key: &str, resource: &Resource) -> Result<i32, CloudError> {
    prior
        .get(key)
        .and_then(Value::as_i64)
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| unreadable(prior, key, resource))
}

/// Whether the resource was running.
///
/// # Errors
///
/// The saved size does not say.
pub(crate) fn running(prior: &Value, resource: &Resource) -> Result<bool, CloudError> {
    prior
        .get("running")
        .and_then(Value::as_bool)
        .ok_or_else(|| unreadable(prior, "running", resource))
}

fn unreadable(prior: &Value, key: &str, resource: &Resource) -> CloudError {
    let message = format!("the saved size {prior} has no valid \"{key}\": set the size by hand");
    refused("jiti", "start", resource, message)
}

/// The error for a call that jiti does not make.
pub(crate) fn refused(
    service: &str,
    call: &str,
    resource: &Resource,
    message: String,
) -> CloudError {
    let id = Some(resource.id.as_str());
    own_error(service, call, id, CloudErrorKind::Other, message)
}
