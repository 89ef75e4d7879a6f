//! Reads the report on all stacks, for the screen over all stacks and the verdicts.

use stack::Span;
use stack::report::GroupBy;
use stack::service::{Service, ServiceError};

use crate::dashboard::model::economics::ReportData;

/// The report by app and by owner, on the time since this long ago.
pub(super) async fn read(reader: &Service, period: Span) -> Result<ReportData, ServiceError> {
    let since = period.before(reader.now());
    let reports = reader.reports();
    Ok(ReportData {
        by_app: reports.report(since, GroupBy::App).await?,
        by_owner: reports.report(since, GroupBy::Owner).await?,
    })
}
