//! The reaper: what it would do, its heartbeat, and doing it.

mod docket;
mod heartbeat;
mod run;
mod survey;
mod through;

pub use docket::{Docket, Later, Task, TooMany, Why};
pub use run::{Ender, Ending, InHand, Step, Summary, Working};
pub use survey::{ClockBehind, Survey};
pub use through::ThroughTerraform;

#[cfg(test)]
mod tests;
