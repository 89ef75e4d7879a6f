//! The `MessagePack` form of values, which Terraform speaks in every request and answer.
//!
//! The bytes mean nothing without the type: a list, a set and a tuple are all arrays, a number may
//! be an integer, a float or text, and an unknown value is an extension that fits every type.

mod decode;
mod encode;
mod read;
mod unknown;

pub use decode::decode;
pub use encode::{encode, encode_answer};
