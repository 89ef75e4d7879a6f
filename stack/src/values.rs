//! The value types of the domain: ids, durations, dollars, tags, and names.

pub mod id;
pub mod money;
pub mod naming;
pub(crate) mod serde_timestamp;
pub mod shell;
pub mod tags;
pub mod ttl;
pub mod until;
