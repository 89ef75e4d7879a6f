//! The verdict for an app: rebuild each time, sleep between uses, or keep.

use serde::{Deserialize, Serialize};

use crate::values::id::AppName;
use crate::values::money::Usd;
use crate::values::ttl::Elapsed;

/// What to do with an app's stacks between two uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Keep them running.
    Keep,
    /// Let them sleep.
    Sleep,
    /// Tear them down, and build them again for the next use.
    Rebuild,
}

/// The cheapest choice for an app, by its own history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The app.
    pub app: AppName,
    /// The cheapest choice; null if the history is too short.
    pub choice: Option<Choice>,
    /// What it costs to rebuild after each gap.
    pub rebuild_usd: Option<Usd>,
    /// What it costs to sleep in each gap; null if no sleep and wake of the app is known.
    pub sleep_usd: Option<Usd>,
    /// What it costs to run through each gap.
    pub keep_usd: Option<Usd>,
    /// The longest gap for which keeping is the cheapest choice.
    pub break_even_seconds: Option<Elapsed>,
    /// The share of resampled histories that lead to the same choice, from 0 to 1.
    pub confidence: Option<f64>,
    /// The number of starts behind the verdict.
    pub starts: u32,
    /// The number of gaps between uses behind the verdict.
    pub gaps: u32,
    /// The evidence, as sentences.
    pub reasons: Vec<String>,
    /// Why there is no verdict, as a sentence.
    pub not_enough: Option<String>,
}
