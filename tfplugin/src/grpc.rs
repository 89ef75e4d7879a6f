//! The gRPC service: converts protobuf messages to and from the server's requests and responses.
//!
//! Only this folder converts between protobuf types and the SDK's own. It sits above `server`,
//! which knows neither protobuf nor gRPC; the value codecs that `server` uses are in `wire`.

mod action;
#[cfg(feature = "testing")]
mod client;
mod diagnostics;
mod ephemeral;
mod identity;
mod list;
mod messages;
mod path;
mod schema;
mod service;

#[cfg(feature = "testing")]
pub(crate) use crate::proto::tfplugin6::get_metadata::Response as MetadataMessages;
#[cfg(feature = "testing")]
pub(crate) use crate::proto::tfplugin6::get_provider_schema::Response as SchemaMessages;
#[cfg(feature = "testing")]
pub(crate) use crate::proto::tfplugin6::get_resource_identity_schemas::Response as IdentityMessages;
#[cfg(feature = "testing")]
pub(crate) use client::Client;
pub(crate) use service::GrpcService;
