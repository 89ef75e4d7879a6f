//! The phases of starts, and their classes.

use serde::{Deserialize, Serialize};

use crate::values::money::Usd;
use crate::values::ttl::Elapsed;

/// One phase over all starts of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseFigures {
    /// The name, as reported.
    pub name: String,
    /// The kind of work, as reported; null if none was.
    pub class: Option<String>,
    /// The number of starts with this phase in the period.
    pub starts: u32,
    /// The median time that the phase took in a start that became ready in the period; null if
    /// there is none.
    pub median_seconds: Option<Elapsed>,
    /// The 95th percentile of that time.
    pub p95_seconds: Option<Elapsed>,
    /// The time in the period, added up over all starts.
    pub seconds: Elapsed,
    /// What the stacks spent in that time; null if no rate is known for any of it.
    pub usd: Option<Usd>,
    /// The share of the init time, from 0 to 1.
    pub share: Option<f64>,
}

/// One class of phases: `network`, `security`, `data`, `app`, `check`, `other`, or another one as
/// it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// The class; `other` for phases without one.
    pub class: String,
    /// The time in the period.
    pub seconds: Elapsed,
    /// What the stacks spent in that time; null if no rate is known for any of it.
    pub usd: Option<Usd>,
    /// The share of the init time, from 0 to 1.
    pub share_of_init: Option<f64>,
    /// The share of the time that the stacks existed, from 0 to 1.
    pub share_of_uptime: Option<f64>,
}
