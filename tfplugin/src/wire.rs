//! The wire: values and schemas in the forms that Terraform reads and writes.
//!
//! Providers never need it: the server decodes what arrives and encodes what leaves. It is public
//! so that it can be measured, fuzzed, and used by tools that read plans and states.
//!
//! ```
//! # use tfplugin::{Dynamic, Type, wire};
//! let bytes = wire::encode(&Dynamic::from("é"), &Type::String).unwrap();
//! assert_eq!(bytes, b"\xa2\xc3\xa9");
//! assert_eq!(wire::decode(&bytes, &Type::String).unwrap(), Dynamic::from("é"));
//! ```

#[cfg(feature = "testing")]
mod client;
mod diag;
mod error;
mod fill;
pub mod json;
pub mod msgpack;
mod path;
mod rpc;
mod schema;
mod service;
mod text;

#[cfg(feature = "testing")]
pub(crate) use client::Client;
pub use error::{WireError, WireErrorKind};
pub use fill::{fill, fill_type};
pub use msgpack::{decode, encode};
pub(crate) use service::Service;

/// How deep values may be nested. Terraform's own stay far below; hostile bytes do not, and a deep
/// tree would exhaust the stack of the thread that reads it.
const MAX_DEPTH: usize = 128;
