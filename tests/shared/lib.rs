//! What the tests of several packages share: the client that they run, random input, figures of
//! benchmarks, an HTTP server, a webhook receiver, and a terminal.
//!
//! Cargo.toml also lists the features with which every test build compiles shared dependencies.

pub mod client;
pub mod figures;
pub mod fuzz;
pub mod http;
pub mod terminal;
pub mod webhook;
