//! The protobuf messages and gRPC services that prost and tonic generate from the definitions in
//! `proto/`. Never edit them.
//!
//! A server written directly on this layer runs with `crate::plugin::serve`.

/// Terraform plugin protocol 6.
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    reason = "generated from proto/tfplugin6.proto, which has the comments and all of the protocol"
)]
pub mod tfplugin6;

/// The three services that go-plugin expects besides the provider.
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    reason = "generated from proto/plugin/, which has the comments and all of the protocol"
)]
pub mod plugin;
