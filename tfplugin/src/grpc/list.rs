//! Converts the schemas, requests and events of lists, and generated configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::messages::{config_schema, diagnostics};
use crate::proto::tfplugin6 as proto;
use crate::schema::Schema;
use crate::server::generate_config::GenerateResponse;
use crate::server::list_resource::{ListEvent, ListRequest};

/// The messages for the filters of all lists.
pub(super) fn schemas(lists: &[(&'static str, Arc<Schema>)]) -> BTreeMap<String, proto::Schema> {
    let lists = lists.iter();
    lists
        .map(|(name, schema)| ((*name).to_owned(), config_schema(schema)))
        .collect()
}

/// The names of all lists.
pub(super) fn metadata(lists: &[&'static str]) -> Vec<proto::get_metadata::ListResourceMetadata> {
    let names = lists.iter().map(|name| (*name).to_owned());
    names
        .map(|type_name| proto::get_metadata::ListResourceMetadata { type_name })
        .collect()
}

impl From<proto::list_resource::Request> for ListRequest {
    fn from(request: proto::list_resource::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: request.config.into(),
            includes_objects: request.include_resource_object,
            limit: request.limit,
        }
    }
}

impl From<ListEvent> for proto::list_resource::Event {
    fn from(event: ListEvent) -> Self {
        Self {
            identity: event.identity.map(Into::into),
            display_name: event.display_name,
            resource_object: event.object.map(Into::into),
            diagnostic: diagnostics(event.diagnostics),
        }
    }
}

impl From<GenerateResponse> for proto::generate_resource_config::Response {
    fn from(response: GenerateResponse) -> Self {
        Self {
            config: response.config.map(Into::into),
            diagnostics: diagnostics(response.diagnostics),
        }
    }
}
