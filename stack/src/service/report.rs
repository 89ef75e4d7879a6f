//! Reports cost, idle time and start-up time of stacks over a time.

mod follower;
mod history_fold;
mod tracked_stack;
mod what_if;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::follower::{Histories, HistoryFollower, Overtaken, ReadingSteps};
use self::history_fold::{HistoryFold, live};
use super::{BillMode, Service, ServiceError};
use crate::economics::LeaseTimeline;
use crate::lease::corrected;
use crate::ledger::{LedgerError, Scope};
use crate::report::{
    GroupBy, KnownIdleness, LeaseHistory, Report, ReportInputs, StackRecorder, Summation,
};
use crate::values::id::{Seq, StackName};

/// How often to use stored histories that other processes change meanwhile.
const MAX_ATTEMPTS: usize = 5;

/// The use cases of reports: see [`Service::reports`].
#[derive(Clone, Copy)]
pub struct Reports<'a> {
    pub(super) service: &'a Service,
}

impl Reports<'_> {
    /// The figures of all stacks from a time until now, in groups. It continues the histories that
    /// the inventory stores, and reads only later events of the ledger. Without an inventory, it
    /// reads the whole ledger, page by page. Stacks that cannot be read are left out and named.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn report(self, since: Timestamp, by: GroupBy) -> Result<Report, ServiceError> {
        let [report] = self.reports_by(since, [by]).await?;
        Ok(report)
    }

    /// Like [`Self::report`] for several groupings, which share one reading of the ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn reports_by<const N: usize>(
        self,
        since: Timestamp,
        by: [GroupBy; N],
    ) -> Result<[Report; N], ServiceError> {
        self.reports_in(ReadingSteps::default(), since, by).await
    }

    async fn reports_in<const N: usize>(
        self,
        steps: ReadingSteps,
        since: Timestamp,
        by: [GroupBy; N],
    ) -> Result<[Report; N], ServiceError> {
        let besides = self.besides().await?;
        let until = self.service.now();
        let begin = || {
            let new = |by: GroupBy| Summation::new(since, until, by, &besides);
            by.clone().map(new)
        };
        let add = |all: &mut [Summation<'_>; N], stack: &StackName, number, history: &_| {
            for sums in all {
                sums.add(stack, number, history);
            }
        };
        let fold = HistoryFold {
            begin,
            add,
            merge: merge_each,
        };
        let folded = self.fold_histories(steps, since, until, fold);
        let (mut all, unreadable) = folded.await?;
        // The same stacks in every grouping.
        let unobserved = all.first().map(Summation::unobserved).unwrap_or_default();
        for stack in unobserved {
            if unreadable.contains_key(stack.as_str()) {
                continue;
            }
            if let Some(lease) = self.service.ledger.lease(&stack).await? {
                for sums in &mut all {
                    sums.add_earlier(&lease);
                }
            }
        }
        Ok(all.map(|sums| Report {
            unreadable: follower::unreadable(&unreadable),
            ..sums.finish()
        }))
    }

    /// The timelines of the leases that existed at a time or later, in no order. Stacks that cannot
    /// be read are left out.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn timelines(self, since: Timestamp) -> Result<Vec<LeaseTimeline>, ServiceError> {
        let until = self.service.now();
        let add = |leases: &mut Vec<_>, stack: &StackName, number, history: &LeaseHistory| {
            leases.extend(history.timeline(stack, number, until));
        };
        let fold = HistoryFold {
            begin: Vec::new,
            add,
            merge: Vec::extend,
        };
        let folded = self.fold_histories(ReadingSteps::default(), since, until, fold);
        Ok(folded.await?.0)
    }

    /// Folds the histories of all leases of a period, in no order. The result also has the stacks
    /// that cannot be read, with the reasons.
    async fn fold_histories<T, B, A, M>(
        self,
        steps: ReadingSteps,
        since: Timestamp,
        until: Timestamp,
        fold: HistoryFold<B, A, M>,
    ) -> Result<(T, BTreeMap<String, String>), ServiceError>
    where
        T: Send,
        B: Fn() -> T + Sync,
        A: Fn(&mut T, &StackName, u32, &LeaseHistory) + Sync,
        M: Fn(&mut T, T) + Sync,
    {
        let mut trust = true;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let inventory = self.service.inventory();
            let inventory = inventory.filter(|_| attempts <= MAX_ATTEMPTS);
            let inventory = inventory.map(|inventory| &**inventory);
            let ledger = &*self.service.ledger;
            let follower = HistoryFollower::open(ledger, inventory, since, steps, trust).await?;
            let mut histories = match follower.follow().await? {
                Ok(histories) => histories,
                Err(Overtaken) => continue,
            };
            let replayed = self.replay(&mut histories, until).await?;
            if let Some(folded) = fold.all(&mut histories, &replayed, steps.fold) {
                return Ok((folded, histories.unreadable));
            }
            // The next attempt replaces what is stored.
            trust = false;
        }
    }

    /// Records stacks of which an event is dated later than `until` as if it had happened then.
    async fn replay(
        self,
        histories: &mut Histories,
        until: Timestamp,
    ) -> Result<BTreeMap<StackName, Option<StackRecorder>>, ServiceError> {
        let leases = histories.leases.iter();
        let dates = leases.map(|lease| (&lease.stack, lease.last_at));
        let live = live(&histories.stacks);
        let dates = dates.chain(live.map(|(stack, _, history)| (stack, history.last_at)));
        let ahead = dates.filter(|(_, last_at)| *last_at > until);
        let ahead: BTreeSet<StackName> = ahead.map(|(stack, _)| stack.clone()).collect();
        let mut replayed = BTreeMap::new();
        for stack in ahead {
            let recorder = match self.service.ledger.events(&stack, Seq::NONE).await {
                Ok(events) => StackRecorder::replay(&corrected(events), until)
                    .map_err(|illegal| illegal.to_string()),
                Err(LedgerError::Corrupt { what, .. }) => Err(what),
                Err(error) => return Err(error.into()),
            };
            let recorder = match recorder {
                Ok(recorder) => Some(recorder),
                Err(problem) => {
                    histories.unreadable.insert(stack.to_string(), problem);
                    None
                }
            };
            replayed.insert(stack, recorder);
        }
        Ok(replayed)
    }

    async fn besides(self) -> Result<ReportInputs, ServiceError> {
        let listed = self.service.leases().listing(Scope::Live).await?;
        let idleness = listed.into_iter().filter_map(|stack| {
            let known = KnownIdleness::of(&stack)?;
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
            engineer_hourly_usd: self.service.config.report.engineer_hourly_usd,
        })
    }
}

/// Adds the leases of another part of the same reports.
fn merge_each<'a, const N: usize>(all: &mut [Summation<'a>; N], others: [Summation<'a>; N]) {
    for (sums, other) in all.iter_mut().zip(others) {
        sums.merge(other);
    }
}

#[cfg(test)]
mod tests;
