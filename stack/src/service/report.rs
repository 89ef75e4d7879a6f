//! Reports cost, idle time and start-up time of stacks over a time.

use jiff::Timestamp;

use super::{BillMode, Service, ServiceError};
use crate::idle::IdleState;
use crate::ledger::{Cursor, LedgerError, Scope};
use crate::report::{GroupBy, Report, ReportBuilder, ReportInputs};

/// How many events are read at a time.
const PAGE: usize = 5_000;

/// The use cases of reports: see [`Service::reports`].
#[derive(Clone, Copy)]
pub struct Reports<'a> {
    pub(super) service: &'a Service,
}

impl Reports<'_> {
    /// The figures of all stacks from a time until now, in groups. It reads the whole ledger, page
    /// by page.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn report(self, since: Timestamp, by: GroupBy) -> Result<Report, ServiceError> {
        let mut telling = ReportBuilder::new(since, by);
        let mut cursor = Cursor::start();
        loop {
            let page = self.service.ledger.log(&cursor, PAGE).await?;
            if page.events.is_empty() {
                break;
            }
            for event in &page.events {
                let told = telling.event(event);
                told.map_err(|illegal| LedgerError::Illegal {
                    stack: event.stack.clone(),
                    illegal,
                })?;
            }
            cursor = page.next;
        }
        let besides = self.besides().await?;
        Ok(telling.finish(self.service.now(), &besides))
    }

    async fn besides(self) -> Result<ReportInputs, ServiceError> {
        let listed = self
            .service
            .leases()
            .listing(Scope::Live)
            .await?
            .into_iter();
        let idle = listed.filter(|stack| stack.idle.state == IdleState::Idle);
        let wasted = idle.map(|stack| (stack.name, stack.idle.wasted_usd));
        let wasted = wasted.collect();
        let known = self.bill(BillMode::Cached).await?.unwrap_or_default().known;
        Ok(ReportInputs {
            // A bill that names no stack says nothing about any.
            billed_until: known
                .days
                .keys()
                .next_back()
                .copied()
                .filter(|_| !known.lines.is_empty()),
            billed: known.lines,
            wasted,
        })
    }
}
