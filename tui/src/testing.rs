//! Test support: drives the dashboard without a terminal, for tests, benches and the picture.

mod harness;

use jiff::Timestamp;
use stack::report::GroupBy;

pub use self::harness::{Harness, HarnessConfig};
pub use crate::dashboard::terminal::TerminalGuard;

/// The page of `jiti report --html` for the history of the demo.
#[must_use]
pub fn demo_page(now: Timestamp) -> String {
    let report = |by| Harness::demo_report(now, 120, &by);
    let (by_app, by_owner) = (report(GroupBy::App), report(GroupBy::Owner));
    crate::cli::commands::report::html(&by_app, &by_app, &by_owner)
}
