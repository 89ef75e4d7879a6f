//! Test support: drives the dashboard without a terminal, for tests, benches and the picture.

mod harness;

pub use self::harness::{Harness, HarnessConfig};
pub use crate::dashboard::terminal::TerminalGuard;
