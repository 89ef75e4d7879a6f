//! The JSON form of values, in which Terraform keeps state.
//!
//! Numbers keep every digit, dynamic values are `{"value": …, "type": …}`, and there are no unknown
//! values. [`encode`] writes what Terraform would; [`decode`] reads what an older version of a
//! provider left behind.

mod decode;
mod encode;

pub use decode::decode;
pub use encode::encode;
