//! Savings against stacks that are always on.

use serde::{Deserialize, Serialize};

use crate::values::money::Usd;

/// What stacks cost, compared with the same stacks always on. Nothing is negative; unknown is null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Savings {
    /// What the stacks would have cost if they had never been down or asleep.
    pub always_on_usd: Option<Usd>,
    /// What they cost.
    pub spent_usd: Option<Usd>,
    /// The part of it for starts that never became ready.
    pub failed_starts_usd: Option<Usd>,
    /// The part of it for purgatory.
    pub purgatory_usd: Option<Usd>,
    /// What the time cost that engineers waited for starts; null unless `engineer_hourly_usd` is
    /// configured. It is not part of the spend.
    pub waiting_usd: Option<Usd>,
    /// What was saved, at most what was spent.
    pub saved_usd: Option<Usd>,
    /// What it cost more than always on.
    pub extra_usd: Option<Usd>,
}
