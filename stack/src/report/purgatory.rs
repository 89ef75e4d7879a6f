//! Stacks in purgatory: billed, but not ready.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::money::{HourlyRate, Usd};

/// A stack that is in purgatory at the end of the period. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurgatoryRow {
    /// The stack.
    pub stack: StackName,
    /// Its app.
    pub app: AppName,
    /// Its owner.
    pub owner: Owner,
    /// The version that is not ready.
    pub version: AppVersion,
    /// When it entered purgatory.
    pub since: Timestamp,
    /// What it costs per hour.
    pub hourly_usd: Option<HourlyRate>,
    /// What it has spent since then.
    pub usd: Option<Usd>,
    /// The check that fails; null if no checks reported.
    pub check: Option<String>,
    /// The last answer of that check, without secrets.
    pub answer: Option<String>,
    /// The phase that started last and never ended.
    pub open_phase: Option<String>,
}
