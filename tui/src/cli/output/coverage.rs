//! How the cloud was looked at: how old what is known is, and what did not answer.

use stack::View;
use stack::cloud::Unchecked;
use stack::service::{Service, SyncMode, SyncReport};

use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::{describe, values};

/// So many gaps are told one by one; the others are counted.
const TOLD: usize = 8;

/// Asks the cloud again when what is known is too old, unless only what is known is wanted.
pub(crate) async fn refresh(service: &Service, cached: bool) -> Result<(), CommandError> {
    if !cached && let Some(report) = service.sync(SyncMode::WhenOld).await? {
        beside(&report);
    }
    Ok(())
}

/// Tells beside the output what went wrong with a look.
pub(crate) fn beside(report: &SyncReport) {
    for why in &report.unwritten {
        ui::print_error(&clean(&format!(
            "Note: the ledger was not told what was found: {why}"
        )));
    }
    if let Some(skew) = &report.clock_skew {
        ui::print_error(&clean(&format!("Note: {skew}")));
    }
}

/// What did not answer.
pub(crate) fn gaps(ui: &mut Ui, gaps: &[Unchecked]) -> Result<(), CommandError> {
    for gap in gaps.iter().take(TOLD) {
        ui.text(&format!("Not looked: {}", describe::not_checked(gap)))?;
    }
    match gaps.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => ui.text(&format!(
            "And {more} more that did not answer: `jiti sync --json` names them."
        )),
    }
}

/// The same beside the output, where that is for a program.
pub(crate) fn gaps_beside(view: &View) {
    if let Some(cloud) = &view.cloud {
        for gap in cloud.known().unchecked() {
            ui::print_error(&clean(&format!(
                "Note: not looked: {}",
                describe::not_checked(&gap)
            )));
        }
    }
}

/// How old what is known is, and what of it did not answer.
pub(crate) fn age(ui: &mut Ui, view: &View) -> Result<(), CommandError> {
    let Some(cloud) = &view.cloud else {
        return Ok(());
    };
    let places: Vec<_> = cloud.known().places.keys().cloned().collect();
    match cloud.known().tried_at(&places) {
        Some(at) if !places.is_empty() => {
            ui.text(&format!("The cloud as of {}", values::moment(at, view.now)))?;
        }
        _ => ui.text("The cloud was not asked yet: `jiti sync` does it")?,
    }
    gaps(ui, &cloud.known().unchecked())
}
