//! Reads the report on all stacks, for the screen over all stacks and the verdicts.

use stack::Span;
use stack::report::GroupBy;
use stack::service::{Service, ServiceError};

use crate::dashboard::model::economics::ReportData;

/// The report by app and by owner, on the time since this long ago.
pub(super) async fn read(reader: &Service, period: Span) -> Result<ReportData, ServiceError> {
    let since = period.before(reader.now());
    let by = [GroupBy::App, GroupBy::Owner];
    let [by_app, by_owner] = reader.reports().reports_by(since, by).await?;
    Ok(ReportData { by_app, by_owner })
}
