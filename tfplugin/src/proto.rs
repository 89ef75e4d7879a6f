//! The wire as prost and tonic make it from the definitions in `proto/`: generated, and never edited.
//!
//! This is the layer below the SDK. A server written directly on it is run by [`crate::plugin::serve`].

/// Terraform plugin protocol 6.
#[allow(
    missing_docs,
    single_use_lifetimes,
    unreachable_pub,
    unused_qualifications,
    clippy::doc_markdown,
    reason = "generated from proto/tfplugin6.proto, where the comments are"
)]
pub mod tfplugin6;

/// The three services that go-plugin expects next to the provider.
#[allow(
    missing_docs,
    single_use_lifetimes,
    unreachable_pub,
    unused_qualifications,
    clippy::doc_markdown,
    reason = "generated from proto/plugin/, where the comments are"
)]
pub mod plugin;
