//! Support for the end-to-end tests and benches: sandboxes, the real terraform, and moto behind a
//! proxy.

pub mod docs;
pub mod dynamo_faults;
pub mod dynamo_guard;
pub mod dynamodb;
pub mod git;
pub mod guide;
pub mod http_state;
pub mod machine_faults;
mod mirror;
pub mod moto;
pub mod package;
pub mod plugin;
pub mod proxy;
pub mod sandbox;
pub mod soak;
pub mod source;
pub mod teardown;
pub mod terraform;
pub mod world;

pub use sandbox::{CommandOutput, Sandbox, binary};
pub use terraform::{Root, Running, lease};
