//! How complete the cloud data is: its age, and what could not be checked.

use stack::View;
use stack::cloud::Unchecked;
use stack::service::{Service, SyncMode, SyncReport};

use crate::cli::ui::{self, Ui};
use crate::error::CommandError;
use crate::format::text::clean;
use crate::format::{describe, values};

/// How many gaps are listed; the others are counted.
const MAX_LISTED_GAPS: usize = 8;

/// Queries the cloud again if the cached data is too old, unless the user wants only cached data.
pub(crate) async fn refresh(service: &Service, cached: bool) -> Result<(), CommandError> {
    if !cached && let Some(report) = service.cloud().sync(SyncMode::WhenOld).await? {
        print_problems(&report);
    }
    Ok(())
}

/// Prints the problems of a sync to standard error.
pub(crate) fn print_problems(report: &SyncReport) {
    for why in &report.unwritten {
        ui::print_error(&clean(&format!("Note: not recorded in the ledger: {why}")));
    }
    if let Some(skew) = &report.clock_skew {
        ui::print_error(&clean(&format!("Note: {skew}")));
    }
}

/// Writes what could not be checked.
pub(crate) fn write_gaps(ui: &mut Ui, gaps: &[Unchecked]) -> Result<(), CommandError> {
    for gap in gaps.iter().take(MAX_LISTED_GAPS) {
        ui.text(&format!("Not checked: {}", describe::not_checked(gap)))?;
    }
    match gaps.len().saturating_sub(MAX_LISTED_GAPS) {
        0 => Ok(()),
        more => ui.text(&format!(
            "Not checked: {more} more; `jiti sync --json` lists them."
        )),
    }
}

/// Prints what could not be checked to standard error, if the output is for a program.
pub(crate) fn print_gaps(view: &View) {
    if let Some(cloud) = &view.cloud {
        for gap in cloud.known().unchecked() {
            ui::print_error(&clean(&format!(
                "Note: not checked: {}",
                describe::not_checked(&gap)
            )));
        }
    }
}

/// Writes the age of the cloud data, and what could not be checked.
pub(crate) fn write_age(ui: &mut Ui, view: &View) -> Result<(), CommandError> {
    let Some(cloud) = &view.cloud else {
        return Ok(());
    };
    let places: Vec<_> = cloud.known().places.keys().cloned().collect();
    match cloud.known().tried_at(&places) {
        Some(at) if !places.is_empty() => {
            ui.text(&format!("AWS data from {}", values::moment(at, view.now)))?;
        }
        _ => ui.text("AWS was not queried yet; run `jiti sync`")?,
    }
    write_gaps(ui, &cloud.known().unchecked())
}
