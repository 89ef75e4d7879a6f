//! Codecs: values in the two encodings that Terraform reads and writes, `MessagePack` and JSON.
//!
//! The server decodes each value that arrives and encodes each value that it returns. Resources,
//! data sources and functions never see encoded values.

mod conform;
mod error;
pub mod json;
pub mod msgpack;
mod normal_form;

pub use conform::conform;
#[cfg(feature = "testing")]
pub use conform::conform_to_type;
pub use error::{WireError, WireErrorKind};

/// How many levels of collections a value may have. Real values stay far below this limit. It
/// keeps hostile bytes from exhausting the stack of the thread that decodes them.
const MAX_DEPTH: usize = 128;
