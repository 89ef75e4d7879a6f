//! The rules of governance that a stack breaks, as a part of its page.

use jiff::Timestamp;
use stack::listing::ListedNoncompliance;

use super::stack_page::field;
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::{describe, values};

/// Writes since when the stack breaks rules, and each broken rule.
pub(super) fn write(
    ui: &mut Ui,
    found: &ListedNoncompliance,
    now: Timestamp,
) -> Result<(), CommandError> {
    field(ui, "since", &values::moment(found.since, now))?;
    for broken in &found.findings {
        field(ui, "", &describe::broken_rule(broken))?;
    }
    match found.more {
        0 => Ok(()),
        more => field(ui, "", &format!("and {} more", values::thousands(more))),
    }
}
