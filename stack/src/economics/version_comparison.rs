//! Whether a version of an app starts slower than the one before.

use serde::{Deserialize, Serialize};

use super::timeline::StartKind;
use crate::values::id::{AppName, AppVersion};
use crate::values::ttl::Elapsed;

/// The starts of a version, compared with those of the version before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionComparison {
    /// The app.
    pub app: AppName,
    /// The earlier version.
    pub before: AppVersion,
    /// The later version.
    pub after: AppVersion,
    /// The kind of starts that are compared; null if there are too few of each.
    pub kind: Option<StartKind>,
    /// The number of compared starts of the earlier version.
    pub before_starts: u32,
    /// The number of compared starts of the later version.
    pub after_starts: u32,
    /// The median time to ready of the earlier version.
    pub before_median: Option<Elapsed>,
    /// The median time to ready of the later version.
    pub after_median: Option<Elapsed>,
    /// The two-sided p-value of a Mann-Whitney U test.
    pub p_value: Option<f64>,
    /// Whether the later version is significantly slower.
    pub slower: bool,
    /// Why there is no test, as a sentence.
    pub not_enough: Option<String>,
}
