//! Figures by day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::values::money::Usd;

/// The figures of one UTC day, as far as it is in the period. Unknown is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayFigures {
    /// The day.
    pub day: Date,
    /// The estimated spend; null if no rate is known for any stack of that day.
    pub spent_usd: Option<Usd>,
    /// The billed amount; null if the bill does not cover the day.
    pub billed_usd: Option<Usd>,
    /// What stacks that are idle now have spent on this day since they became idle; null if it is
    /// not known of any stack of that day whether it is idle.
    pub idle_usd: Option<Usd>,
    /// The share of the spend that is idle, from 0 to 1.
    pub idle_share: Option<f64>,
    /// What stacks spent before they were ready; null if no rate is known for any of that time.
    pub init_usd: Option<Usd>,
    /// The starts that were requested.
    pub started: u32,
    /// The starts that became ready in time.
    pub ready: u32,
    /// The starts whose readiness timeout passed.
    pub timed_out: u32,
    /// The starts that ended and were neither ready nor timed out.
    pub failed: u32,
}
