//! The reaper: what it would do, its heartbeat, and doing it.

mod docket;
mod heartbeat;
mod survey;

pub use docket::{Docket, Later, Task, TooMany, Why};
pub use survey::{ClockBehind, Survey};
