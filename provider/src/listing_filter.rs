//! The filters of the data source `jiti_stacks` and of the list of stacks.

use stack::Listing;
use tfplugin::Value;

/// The phases of a stack that exists.
pub(crate) const LIVE_PHASES: [&str; 6] = [
    "provisioning",
    "ready",
    "asleep",
    "purgatory",
    "tearing_down",
    "residue",
];
const FLAGS: [&str; 8] = [
    "idle",
    "expiring",
    "expired",
    "held",
    "protected",
    "over_budget",
    "noncompliant",
    "unleased",
];

/// Filters, all of which a stack must match. A null filter matches every stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListingFilter<'f> {
    pub(crate) app: &'f Value<String>,
    pub(crate) owner: &'f Value<String>,
    pub(crate) phase: &'f Value<String>,
    pub(crate) flag: &'f Value<String>,
}

impl ListingFilter<'_> {
    pub(crate) fn matches(&self, listing: &Listing) -> bool {
        let matches = |filter: &Value<String>, actual: &str| match filter {
            Value::Known(filter) => filter == actual,
            Value::Null | Value::Unknown => true,
        };
        matches(self.app, listing.app.as_ref())
            && matches(self.owner, listing.owner.as_ref())
            && matches(self.phase, &listing.phase.to_string())
            && match self.flag {
                Value::Known(filter) => listing.flags.iter().any(|flag| flag.as_str() == filter),
                Value::Null | Value::Unknown => true,
            }
    }
}

/// Accepts a phase of a stack that exists.
pub(crate) fn check_live_phase(phase: &str) -> Result<(), String> {
    check_one_of(phase, &LIVE_PHASES)
}

/// Accepts a flag.
pub(crate) fn check_flag(flag: &str) -> Result<(), String> {
    check_one_of(flag, &FLAGS)
}

/// Accepts one of these values.
pub(crate) fn check_one_of(value: &str, allowed: &[&str]) -> Result<(), String> {
    if allowed.contains(&value) {
        Ok(())
    } else {
        Err(format!(
            "Invalid value {value:?}. Use one of {}.",
            allowed.join(", ")
        ))
    }
}
