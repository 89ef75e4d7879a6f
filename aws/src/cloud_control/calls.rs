//! The calls that read resources, one by one or by type.

use serde_json::Value;
use stack::ResourceId;
use stack::cloud::{CloudError, CloudErrorKind};

use super::by_name;
use super::error::{SERVICE, from_call};
use super::table_type::Parts;
use crate::client::Clients;
use crate::client::error::own_error;

/// The properties of a resource.
pub(super) async fn get(
    clients: &Clients,
    type_name: &str,
    identifier: &str,
) -> Result<Value, CloudError> {
    let about = format!("{type_name} {identifier}");
    let call = clients.cloud_control().get_resource();
    let answer = call
        .type_name(type_name)
        .identifier(identifier)
        .send()
        .await
        .map_err(|error| from_call("GetResource", &about, &error))?;
    let description = answer.resource_description();
    parsed(
        "GetResource",
        &about,
        description.and_then(|found| found.properties()),
    )
}

/// The identifiers and properties of the resources of a type, or of those that a model selects. The
/// properties may be incomplete.
pub(super) async fn list(
    clients: &Clients,
    type_name: &str,
    model: Option<String>,
) -> Result<Vec<(String, Value)>, CloudError> {
    let about = match &model {
        Some(model) => format!("{type_name} {model}"),
        None => type_name.to_owned(),
    };
    let mut pages = clients
        .cloud_control()
        .list_resources()
        .type_name(type_name)
        .set_resource_model(model)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| from_call("ListResources", &about, &error))?;
        let properties = parsed("ListResources", &about, resource.properties())?;
        if let Some(identifier) = resource.identifier() {
            found.push((identifier.to_owned(), properties));
        }
    }
    Ok(found)
}

/// The parts of one type that a resource contains and that have to be deleted before it.
pub(super) async fn parts_of(
    clients: &Clients,
    container: &str,
    properties: &Value,
    parts: &Parts,
) -> Result<Vec<ResourceId>, CloudError> {
    let Some(kind) = by_name(parts.kind) else {
        return Ok(Vec::new());
    };
    let model = serde_json::json!({ (parts.listed_by): container }).to_string();
    let listed = list(clients, kind.cloud_formation, Some(model)).await?;
    let deleted = listed
        .into_iter()
        .filter(|(_, part)| (parts.is_deleted)(properties, part));
    Ok(deleted
        .map(|(identifier, _)| kind.arn.arn(clients, &identifier))
        .collect())
}

/// The properties of an answer, which are JSON in a text.
fn parsed(call: &str, about: &str, properties: Option<&str>) -> Result<Value, CloudError> {
    serde_json::from_str(properties.unwrap_or("{}")).map_err(|error| {
        let message = format!("its properties could not be read: {error}");
        own_error(SERVICE, call, Some(about), CloudErrorKind::Other, message)
    })
}
