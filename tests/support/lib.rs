//! What the end-to-end tests and benches stand on: a sandbox, and the real terraform in it.

pub mod docs;
pub mod moto;
pub mod proxy;
pub mod sandbox;
pub mod source;
pub mod teardown;
pub mod terraform;
pub mod world;

pub use sandbox::{Ran, Sandbox, binary};
pub use terraform::{Root, Running, lease};
