//! The JSON encoding of values, in which Terraform stores state.
//!
//! Numbers keep all their digits. Dynamic values are `{"value": …, "type": …}`. Unknown values have
//! no JSON form. [`decode`] also accepts state from older versions of a provider.

mod decode;
#[cfg(feature = "testing")]
mod encode;

pub use decode::decode;
#[cfg(feature = "testing")]
pub use encode::encode;
