//! The protobuf messages and gRPC services that prost and tonic generate from the definitions in
//! `proto/`. Never edit them.
//!
//! A server written directly on this layer runs with `crate::plugin::serve`.

/// Terraform plugin protocol 6.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    reason = "generated from proto/tfplugin6.proto, where the comments are"
)]
pub mod tfplugin6;

/// The three services that go-plugin expects besides the provider.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    reason = "generated from proto/plugin/, where the comments are"
)]
pub mod plugin;
