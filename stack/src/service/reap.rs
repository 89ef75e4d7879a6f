//! The reaper: what it would do, its heartbeat, and doing it.

mod executor;
mod heartbeat;
mod plan;
mod run;
mod snapshot;

pub use executor::ThroughTerraform;
pub use plan::{Docket, Later, Task, TooMany, Why};
pub use run::{Ender, Ending, InHand, Step, Summary, Working};
pub use snapshot::{ClockBehind, Survey};

#[cfg(test)]
mod tests;
