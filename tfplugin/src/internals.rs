//! The layers under the SDK, opened for its own tests, benches, fuzz targets and examples.
//!
//! Any version may change them. A provider never needs them.

/// The codecs for values.
///
/// ```
/// # use tfplugin::{Dynamic, Type, internals::wire};
/// let bytes = wire::encode(&Dynamic::from("é"), &Type::String).unwrap();
/// assert_eq!(bytes, b"\xa2\xc3\xa9");
/// assert_eq!(wire::decode(&bytes, &Type::String).unwrap(), Dynamic::from("é"));
/// ```
pub mod wire {
    pub use crate::wire::msgpack::{decode, encode, encode_response};
    pub use crate::wire::{WireError, WireErrorKind, conform, conform_to_type, json, msgpack};
}

/// The generated messages and services.
pub mod proto {
    use std::sync::Arc;

    use crate::grpc::GrpcService;
    use crate::provider::Provider;
    use crate::server::Server;

    pub use crate::proto::{plugin, tfplugin6};

    /// The gRPC service of a provider, without a transport.
    pub fn service<P: Provider>(provider: P) -> impl tfplugin6::provider_server::Provider {
        GrpcService::new(Arc::new(Server::new(provider)))
    }
}

/// The plugin process: handshake, connections and shutdown.
pub mod plugin {
    pub use crate::plugin::{ConnectionId, Service, serve};
}
