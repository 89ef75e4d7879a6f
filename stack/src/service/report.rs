//! Reports cost, idle time and start-up time of stacks over a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{BillMode, Service, ServiceError};
use crate::idle::IdleState;
use crate::lease::{EventKind, corrected};
use crate::ledger::{Cursor, LedgerError, Scope, UnreadableStack};
use crate::report::{GroupBy, KnownIdleness, Report, ReportBuilder, ReportInputs};
use crate::values::id::{Seq, StackName};

/// How many events are read at a time.
const PAGE: usize = 5_000;

/// The use cases of reports: see [`Service::reports`].
#[derive(Clone, Copy)]
pub struct Reports<'a> {
    pub(super) service: &'a Service,
}

/// The stacks that cannot be folded event by event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Exceptions {
    /// They cannot be read: the reason by name.
    unreadable: BTreeMap<String, String>,
    /// Their events count with other dates, which only the whole history tells.
    redated: BTreeSet<StackName>,
}

impl Exceptions {
    fn include(&self, stack: &StackName) -> bool {
        self.redated.contains(stack) || self.unreadable.contains_key(stack.as_str())
    }
}

impl Reports<'_> {
    /// The figures of all stacks from a time until now, in groups. It reads the whole ledger, page
    /// by page. Stacks that cannot be read are left out and named.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn report(self, since: Timestamp, by: GroupBy) -> Result<Report, ServiceError> {
        let mut besides = self.besides().await?;
        let until = self.service.now();
        let mut exceptions = Exceptions::default();
        // A stack may turn out to be an exception after some of its events were counted, so the
        // fold starts again without it.
        let mut builder = loop {
            let found = exceptions.unreadable.len() + exceptions.redated.len();
            let mut builder = ReportBuilder::new(since, until, by);
            self.fold_log(&mut builder, &mut exceptions).await?;
            if exceptions.unreadable.len() + exceptions.redated.len() == found {
                break builder;
            }
        };
        for stack in &exceptions.redated {
            let events = self.service.ledger.events(stack, Seq::NONE).await?;
            for event in corrected(events) {
                let folded = builder.event(&event);
                folded.map_err(|illegal| LedgerError::Illegal {
                    stack: stack.clone(),
                    illegal,
                })?;
            }
        }
        let unreadable = exceptions.unreadable.into_iter();
        besides.unreadable = unreadable
            .map(|(name, problem)| UnreadableStack { name, problem })
            .collect();
        Ok(builder.finish(&besides))
    }

    /// Folds the log, without the exceptions, and adds the exceptions that it finds.
    async fn fold_log(
        self,
        builder: &mut ReportBuilder,
        exceptions: &mut Exceptions,
    ) -> Result<(), LedgerError> {
        let mut cursor = Cursor::start();
        loop {
            let page = self.service.ledger.log(&cursor, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for stack in page.damaged {
                exceptions.unreadable.insert(stack.name, stack.problem);
            }
            for event in &page.events {
                if exceptions.include(&event.stack) {
                    continue;
                }
                if matches!(event.kind, EventKind::Misdated { .. }) {
                    exceptions.redated.insert(event.stack.clone());
                } else if let Err(illegal) = builder.event(event) {
                    let problem = format!("event {}: {illegal}", event.seq);
                    exceptions
                        .unreadable
                        .insert(event.stack.to_string(), problem);
                }
            }
            cursor = page.next;
        }
    }

    async fn besides(self) -> Result<ReportInputs, ServiceError> {
        let listed = self
            .service
            .leases()
            .listing(Scope::Live)
            .await?
            .into_iter();
        let idleness = listed.filter_map(|stack| {
            let known = match stack.idle.state {
                IdleState::Unknown => return None,
                IdleState::Active => KnownIdleness::Active,
                IdleState::Idle => KnownIdleness::Idle {
                    wasted: stack.idle.wasted_usd,
                },
            };
            Some((stack.name, known))
        });
        let idleness = idleness.collect();
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
            idleness,
            unreadable: Vec::new(),
        })
    }
}
