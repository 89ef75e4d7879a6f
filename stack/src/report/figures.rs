//! The figures of one group.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::phases::{ClassFigures, PhaseFigures};
use super::starts::StartFigures;
use crate::economics::Savings;
use crate::values::money::{HourlyRate, Usd};
use crate::values::ttl::Elapsed;

/// The figures of a group of stacks. Unknown is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The number of stacks that existed in the period. Each lease of a name counts.
    pub stacks: u32,
    /// The total lifetime of the stacks, in seconds.
    pub stood_seconds: Elapsed,
    /// The estimated spend; null if no rate is known for any stack.
    pub spent_usd: Option<Usd>,
    /// Whether the spend leaves out something that costs money, or a time without a known rate.
    /// Like the other marks of a minimum, it is not a field in JSON.
    #[serde(skip)]
    pub spent_is_minimum: bool,
    /// The number of stacks without any known rate, which the estimate leaves out.
    pub without_rate: u32,
    /// The billed amount; null if the bill was never requested.
    pub billed_usd: Option<Usd>,
    /// The end of the last day that the bill covers, as in the listing.
    pub billed_until: Option<Timestamp>,
    /// Current idleness of the stacks that are not gone. What gone stacks wasted is unknown.
    pub idle: IdleFigures,
    /// How long the stacks took to become ready.
    pub init: InitFigures,
    /// The starts of the stacks, and their outcomes.
    #[serde(default)]
    pub starts: StartFigures,
    /// The number of inits that were not ready in time.
    pub purgatory: u32,
    /// The time that stacks spent in purgatory, in seconds.
    #[serde(default)]
    pub purgatory_seconds: Elapsed,
    /// What they spent in that time; null if no rate is known for any of it.
    #[serde(default)]
    pub purgatory_usd: Option<Usd>,
    /// Whether that leaves out something that costs money.
    #[serde(skip)]
    pub purgatory_is_minimum: bool,
    /// The number of teardowns that left residue.
    pub residue: u32,
    /// What ended the stacks that are gone.
    pub ended: EndCounts,
    /// What the stacks saved against stacks that are always on; null if that is unknown.
    #[serde(default)]
    pub savings: Option<Savings>,
}

/// Idleness of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdleFigures {
    /// The number of idle stacks; null if it is not known of any stack whether it is idle.
    pub stacks: Option<u32>,
    /// The amount wasted since they became idle, at most what they spent; null if none is idle or
    /// no rate is known.
    pub wasted_usd: Option<Usd>,
    /// Whether the amount wasted leaves out something that costs money.
    #[serde(skip)]
    pub wasted_is_minimum: bool,
    /// What the idle stacks cost per hour now; null if none is idle or no rate is known.
    #[serde(default)]
    pub hourly_usd: Option<HourlyRate>,
    /// What the idle stacks will cost until they expire, at the current rates; null if none is idle
    /// or no rate is known.
    #[serde(default)]
    pub until_expiry_usd: Option<Usd>,
    /// The share of the spend that was wasted, from 0 to 1; null if either is unknown.
    #[serde(default)]
    pub share: Option<f64>,
}

/// The init overhead of a group.
///
/// The count and the durations are those of the inits that were completed in the period, also after
/// their timeout. The time and the dollars are those that the stacks spent in the period while they
/// were neither ready nor in purgatory, whether or not the init was completed: so they are part of
/// the spend, and the figures of two periods add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InitFigures {
    /// The number of completed inits.
    pub count: u32,
    /// The median duration, from request to readiness; null if there are none.
    pub median_seconds: Option<Elapsed>,
    /// The 90th percentile of the duration.
    pub p90_seconds: Option<Elapsed>,
    /// The 95th percentile of the duration.
    #[serde(default)]
    pub p95_seconds: Option<Elapsed>,
    /// The median cost of the completed inits with a known rate, from request to readiness; null
    /// if there are none.
    #[serde(default)]
    pub median_usd: Option<Usd>,
    /// The time of all inits in the period.
    #[serde(default)]
    pub seconds: Elapsed,
    /// What the stacks spent in that time; null if no rate is known for any of it.
    pub usd: Option<Usd>,
    /// Whether the cost leaves out something that costs money.
    #[serde(skip)]
    pub usd_is_minimum: bool,
    /// The share of the time of the inits in the time that the stacks existed, from 0 to 1; null if
    /// none existed, or none declares its readiness.
    #[serde(default)]
    pub share_of_uptime: Option<f64>,
    /// The name of the phase that took the most time in the completed inits; without any, in all
    /// time of inits. Null if no time belongs to a named phase.
    #[serde(default)]
    pub slowest_phase: Option<String>,
    /// The share of that phase in that time, from 0 to 1.
    #[serde(default)]
    pub slowest_share: Option<f64>,
    /// The phases, the longest first. Their times add up to `seconds`, and their dollars to `usd`.
    #[serde(default)]
    pub phases: Vec<PhaseFigures>,
    /// The classes of phases, the longest first.
    #[serde(default)]
    pub classes: Vec<ClassFigures>,
}

/// The number of stacks ended by each cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndCounts {
    /// Ended by the reaper after expiry.
    pub expiry: u32,
    /// Ended by the reaper because they were not ready in time.
    pub purgatory: u32,
    /// Ended by the reaper because they were idle.
    pub idleness: u32,
    /// Ended by the reaper because they broke a rule of governance.
    #[serde(default)]
    pub noncompliance: u32,
    /// Ended by a user, with jiti.
    pub person: u32,
    /// Ended by Terraform, without jiti.
    pub terraform: u32,
}

impl EndCounts {
    pub(super) fn merge(&mut self, other: &Self) {
        self.expiry += other.expiry;
        self.purgatory += other.purgatory;
        self.idleness += other.idleness;
        self.noncompliance += other.noncompliance;
        self.person += other.person;
        self.terraform += other.terraform;
    }
}

/// What ended a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The reaper, after expiry.
    Expiry,
    /// The reaper, because the stack was not ready in time.
    Purgatory,
    /// The reaper, because the stack was idle.
    Idleness,
    /// A user, with jiti.
    Person,
    /// Terraform, without jiti.
    Terraform,
    /// The reaper, because the stack broke a rule of governance.
    Noncompliance,
}

/// The smallest of the sorted values that at least `percent` percent do not exceed.
pub(crate) fn quantile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quantile is always one of the measured values, and there is none without values.
    #[test]
    fn quantiles_are_measured_values() {
        let values: Vec<_> = (1..=10).map(Elapsed::from_millis).collect();
        let of = |count: usize, percent| quantile(&values[..count], percent).map(Elapsed::millis);
        assert_eq!((of(10, 50), of(10, 90)), (Some(5), Some(9)));
        assert_eq!((of(3, 50), of(3, 90)), (Some(2), Some(3)));
        assert_eq!((of(1, 50), of(1, 90)), (Some(1), Some(1)));
        assert_eq!(of(0, 50), None);
    }
}
