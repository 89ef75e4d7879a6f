//! Decisions from history: whether to keep a stack, let it sleep or rebuild it, what that saved,
//! which version starts slower, and what another policy would have cost.
//!
//! Everything here is a pure function of [`LeaseTimeline`]s. Unknown stays unknown.

mod savings;
mod timeline;
mod verdict;
mod version_comparison;

pub use savings::Savings;
pub use timeline::{
    Extension, HoldSpan, LeaseTimeline, Slice, SliceState, Start, StartKind, StartOutcome,
    StartPhase, TermsChange,
};
pub use verdict::{Choice, Verdict};
pub use version_comparison::VersionComparison;
