//! The rules of governance that a stack's resources break.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::values::serde_timestamp;

/// How many broken rules one event names at most.
pub const MAX_BROKEN_RULES: usize = 100;

/// A rule that a resource breaks, as the live check found it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BrokenRule {
    /// The id of the resource; empty for the whole stack.
    pub address: String,
    /// The rule's id.
    pub rule: String,
    /// What is wrong.
    pub why: String,
}

/// The broken rules of a stack, and since when it has had any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noncompliance {
    /// When the stack began to break a rule.
    #[serde(with = "serde_timestamp")]
    pub since: Timestamp,
    /// The broken rules, by address and rule.
    pub findings: Vec<BrokenRule>,
    /// How many more there are.
    pub more: u32,
}
