//! The wire as prost and tonic make it from the definitions in `proto/`: generated, and never
//! edited.
//!
//! This is the layer below the SDK. A server written directly on it is run by
//! [`crate::plugin::serve`].

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

/// The three services that go-plugin expects next to the provider.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    reason = "generated from proto/plugin/, where the comments are"
)]
pub mod plugin;
