//! Reports cost, idle time and start-up time of stacks over a time.

mod follower;
mod tracked_stack;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::follower::{Histories, HistoryFollower, Overtaken, ReadingSteps};
use super::{BillMode, Service, ServiceError};
use crate::idle::IdleState;
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
        self.report_in(ReadingSteps::default(), since, by).await
    }

    async fn report_in(
        self,
        steps: ReadingSteps,
        since: Timestamp,
        by: GroupBy,
    ) -> Result<Report, ServiceError> {
        let mut besides = self.besides().await?;
        let period = (since, self.service.now());
        let mut trust = true;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let inventory = self.service.inventory();
            let inventory = inventory.filter(|_| attempts <= MAX_ATTEMPTS);
            let inventory = inventory.map(|inventory| &**inventory);
            let ledger = &*self.service.ledger;
            let follower = HistoryFollower::open(ledger, inventory, since, steps, trust).await?;
            let histories = match follower.follow().await? {
                Ok(histories) => histories,
                Err(Overtaken) => continue,
            };
            match self
                .sum(histories, period, by.clone(), &mut besides)
                .await?
            {
                Some(report) => return Ok(report),
                // The next attempt replaces what is stored.
                None => trust = false,
            }
        }
    }

    /// Computes the figures; `None` if a stored history cannot be decoded.
    async fn sum(
        self,
        histories: Histories,
        (since, until): (Timestamp, Timestamp),
        by: GroupBy,
        besides: &mut ReportInputs,
    ) -> Result<Option<Report>, ServiceError> {
        let Histories {
            leases,
            stacks,
            mut unreadable,
        } = histories;
        let live = || {
            let live = stacks.iter();
            live.filter_map(|(stack, tracked)| Some((stack, tracked.live()?)))
        };
        let dates = leases.iter().map(|lease| (&lease.stack, lease.last_at));
        let dates = dates.chain(live().map(|(stack, (_, history))| (stack, history.last_at)));
        let ahead = dates.filter(|(_, last_at)| *last_at > until);
        let ahead: BTreeSet<StackName> = ahead.map(|(stack, _)| stack.clone()).collect();
        let replayed = self.replay(&ahead, until, &mut unreadable).await?;
        besides.unreadable = follower::unreadable(&unreadable);
        let mut sums = Summation::new(since, until, by, besides);
        for lease in leases.iter().filter(|lease| !ahead.contains(&lease.stack)) {
            let Some(history) = LeaseHistory::decode(&lease.history) else {
                return Ok(None);
            };
            sums.add(&lease.stack, lease.number, &history);
        }
        for (stack, (number, history)) in live().filter(|(stack, _)| !ahead.contains(*stack)) {
            sums.add(stack, number, history);
        }
        for (stack, recorder) in &replayed {
            for (number, history) in recorder.leases() {
                sums.add(stack, number, history);
            }
        }
        for stack in sums.unobserved() {
            if unreadable.contains_key(stack.as_str()) {
                continue;
            }
            if let Some(lease) = self.service.ledger.lease(&stack).await? {
                sums.add_earlier(&lease);
            }
        }
        Ok(Some(sums.finish()))
    }

    /// Records stacks of which an event is dated later than `until` as if it had happened then.
    async fn replay(
        self,
        stacks: &BTreeSet<StackName>,
        until: Timestamp,
        unreadable: &mut BTreeMap<String, String>,
    ) -> Result<BTreeMap<StackName, StackRecorder>, ServiceError> {
        let mut replayed = BTreeMap::new();
        for stack in stacks {
            let recorder = match self.service.ledger.events(stack, Seq::NONE).await {
                Ok(events) => StackRecorder::replay(&corrected(events), until)
                    .map_err(|illegal| illegal.to_string()),
                Err(LedgerError::Corrupt { what, .. }) => Err(what),
                Err(error) => return Err(error.into()),
            };
            match recorder {
                Ok(recorder) => drop(replayed.insert(stack.clone(), recorder)),
                Err(problem) => drop(unreadable.insert(stack.to_string(), problem)),
            }
        }
        Ok(replayed)
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
                    is_minimum: stack.cost.hourly_is_minimum,
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

#[cfg(test)]
mod tests;
