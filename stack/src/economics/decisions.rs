//! The decisions about each app, from the timelines of its leases.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;

use super::savings::{Savings, SavingsBuilder};
use super::timeline::LeaseTimeline;
use super::verdict::{Verdict, VerdictHistory};
use super::version_comparison::{VersionComparison, VersionHistory};
use crate::values::id::AppName;
use crate::values::money::HourlyRate;

/// What the history of a period says about each app.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// The verdict on each app, by name.
    pub verdicts: Vec<Verdict>,
    /// For each app, its latest version against the one before, and the earlier versions that
    /// became slower.
    pub slower: Vec<VersionComparison>,
    /// The savings of each app.
    pub savings: BTreeMap<AppName, Savings>,
    /// The sum of the savings of all apps.
    pub total: Savings,
}

/// Collects the timelines of a period, in any order. It keeps only what the decisions need.
#[derive(Debug)]
pub struct DecisionBuilder {
    since: Timestamp,
    until: Timestamp,
    engineer_hourly_usd: Option<HourlyRate>,
    apps: BTreeMap<AppName, AppHistory>,
}

#[derive(Debug)]
struct AppHistory {
    verdict: VerdictHistory,
    versions: VersionHistory,
    savings: SavingsBuilder,
}

impl AppHistory {
    fn merge(&mut self, other: Self) {
        self.verdict.merge(other.verdict);
        self.versions.merge(other.versions);
        self.savings.merge(other.savings);
    }
}

impl DecisionBuilder {
    /// Starts with no timeline. `engineer_hourly_usd` is the price of an engineer's waiting time,
    /// if it counts.
    #[must_use]
    pub fn new(
        since: Timestamp,
        until: Timestamp,
        engineer_hourly_usd: Option<HourlyRate>,
    ) -> Self {
        Self {
            since,
            until,
            engineer_hourly_usd,
            apps: BTreeMap::new(),
        }
    }

    /// Adds a lease.
    pub fn add(&mut self, lease: &LeaseTimeline) {
        let since = self.since;
        let app = self.app(&lease.app);
        app.verdict.add(lease, since);
        app.savings.add(lease);
        for start in &lease.starts {
            if start.requested_at >= since {
                self.app(&start.app).versions.add(start);
            }
        }
    }

    /// Adds the timelines of another collection of the same period.
    pub(crate) fn merge(&mut self, other: Self) {
        for (app, history) in other.apps {
            match self.apps.entry(app) {
                Entry::Vacant(entry) => {
                    entry.insert(history);
                }
                Entry::Occupied(entry) => entry.into_mut().merge(history),
            }
        }
    }

    fn app(&mut self, app: &AppName) -> &mut AppHistory {
        self.apps.entry(app.clone()).or_insert_with(|| AppHistory {
            verdict: VerdictHistory::default(),
            versions: VersionHistory::default(),
            savings: SavingsBuilder::new(self.since),
        })
    }

    /// Decides.
    #[must_use]
    pub fn finish(self) -> Decisions {
        let mut decisions = Decisions::default();
        for (app, history) in self.apps {
            let savings = history
                .savings
                .savings(self.until, self.engineer_hourly_usd);
            decisions.total = decisions.total + savings;
            decisions.savings.insert(app.clone(), savings);
            let compared = history.versions.comparisons(&app);
            decisions.slower.extend(compared);
            let verdict = history.verdict.verdict(app, self.since);
            decisions.verdicts.push(verdict);
        }
        decisions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::economics::testing::{TimelineBuilder, minute};
    use crate::values::money::Usd;

    /// Each app has its own decisions, and the total is the sum of the savings.
    #[test]
    fn decisions_are_per_app() {
        // `shop` sleeps from 60 to 120 min: spent $2.10, always on $3.00, saved $0.90. `web` is
        // never ready: a failed start of $0.50.
        let shop = TimelineBuilder::new("a", 1, 0)
            .app("shop")
            .asleep(60, 120)
            .until(180);
        let web = TimelineBuilder::new("b", 1, 0)
            .app("web")
            .failed_start(0, 30)
            .until(30);
        let mut builder = DecisionBuilder::new(minute(0), minute(180), None);
        builder.add(&web);
        builder.add(&shop);
        let found = builder.finish();
        let apps: Vec<_> = found.verdicts.iter().map(|one| one.app.as_str()).collect();
        assert_eq!(apps, ["shop", "web"]);
        let usd = |usd: Option<Usd>| usd.map(|usd| usd.to_string());
        let saved = |savings: &Savings| (usd(savings.saved_usd), usd(savings.extra_usd));
        let text = |usd: &str| Some(usd.to_owned());
        let of: Vec<_> = found.savings.values().map(saved).collect();
        assert_eq!(
            of,
            [(text("0.90"), text("0.00")), (text("0.00"), text("0.50"))]
        );
        assert_eq!(saved(&found.total), (text("0.90"), text("0.50")));
        assert!(found.verdicts.iter().all(|one| one.not_enough.is_some()));
    }
}
