//! A teardown by tag, as far as it can be decided without a cloud: what belongs to a stack, and in which order it goes.

mod belonging;
mod order;

pub use belonging::{Identity, Judged, Judgement, Verdict, judge};
pub use order::{Blocked, Schedule, Step};
