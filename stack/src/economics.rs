//! Decisions from history: whether to keep a stack, let it sleep or rebuild it, what that saved,
//! which version starts slower, and what another policy would have cost.
//!
//! Everything here is a pure function of [`LeaseTimeline`]s. Unknown stays unknown.

mod decisions;
mod gaps;
mod latest;
mod savings;
mod sentences;
mod statistics;
#[cfg(test)]
mod testing;
mod timeline;
mod verdict;
mod version_comparison;
mod what_if;

pub use decisions::{DecisionBuilder, Decisions};
pub use savings::{Savings, SavingsBuilder};
pub use statistics::mann_whitney;
pub use timeline::{
    Extension, HoldSpan, LeaseTimeline, Slice, SliceState, Start, StartKind, StartOutcome,
    TermsChange,
};
pub use verdict::{Choice, MIN_GAPS, MIN_STARTS, Verdict};
pub use version_comparison::{MIN_COMPARED_STARTS, SIGNIFICANCE, VersionComparison};
pub use what_if::{CutOff, PolicyChange, PolicyChangeError, WhatIf, WhatIfBuilder};
