//! The `MessagePack` encoding of values, which every request and response uses.
//!
//! Decoding needs the type: lists, sets and tuples are all arrays, a number may be an integer, a
//! float or text, and an unknown value of any type is an extension.

mod decode;
mod encode;
mod read;
mod unknown;

pub use decode::decode;
#[cfg(feature = "testing")]
pub use encode::encode;
pub use encode::encode_response;
