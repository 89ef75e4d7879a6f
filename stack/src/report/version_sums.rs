//! The running sums of the starts of each version of each app.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::figures::quantile;
use super::history::GroupAttributes;
use super::phase_split::{PhaseId, PhaseNames};
use super::sums::{share, slowest_of};
use super::{StartFigures, VersionStarts};
use crate::economics::StartOutcome;
use crate::values::id::{AppName, AppVersion};
use crate::values::ttl::Elapsed;

/// The maximum number of versions of an app in a report.
const MAX_VERSIONS: usize = 20;

/// The sums of all versions.
#[derive(Debug, Default)]
pub(super) struct VersionTable(HashMap<AppName, HashMap<AppVersion, VersionSums>>);

/// The sums of one version.
#[derive(Debug)]
pub(super) struct VersionSums {
    first_at: Timestamp,
    starts: StartFigures,
    inits: Vec<Elapsed>,
    /// The time of each phase in the starts that became ready.
    phases: Vec<(PhaseId, Elapsed)>,
}

impl VersionTable {
    /// The sums of a version of which a start counts from a time on.
    pub(super) fn of(&mut self, attributes: &GroupAttributes, at: Timestamp) -> &mut VersionSums {
        let GroupAttributes { app, version, .. } = attributes;
        let versions = self.0.entry(app.clone()).or_default();
        let sums = versions.entry(version.clone()).or_insert(VersionSums {
            first_at: at,
            starts: StartFigures::default(),
            inits: Vec::new(),
            phases: Vec::new(),
        });
        sums.first_at = sums.first_at.min(at);
        sums
    }

    /// Adds the sums of other starts. `phases` has the position of each of their phases here.
    pub(super) fn merge(&mut self, other: Self, phases: &[PhaseId]) {
        for (app, versions) in other.0 {
            let known = self.0.entry(app).or_default();
            for (version, mut sums) in versions {
                sums.renumber(phases);
                match known.entry(version) {
                    Entry::Vacant(entry) => {
                        entry.insert(sums);
                    }
                    Entry::Occupied(entry) => entry.into_mut().merge(sums),
                }
            }
        }
    }

    /// The latest versions of each app, by app and first start.
    pub(super) fn rows(self, names: &PhaseNames) -> Vec<VersionStarts> {
        let apps: BTreeMap<_, _> = self.0.into_iter().collect();
        let mut rows = Vec::new();
        for (app, versions) in apps {
            let mut versions: Vec<_> = versions.into_iter().collect();
            versions.sort_by(|(a, x), (b, y)| (x.first_at, a).cmp(&(y.first_at, b)));
            let earlier = versions.len().saturating_sub(MAX_VERSIONS);
            let latest = versions.into_iter().skip(earlier);
            rows.extend(latest.map(|(version, sums)| sums.row(app.clone(), version, names)));
        }
        rows
    }
}

impl VersionSums {
    pub(super) fn started(&mut self) {
        self.starts.started += 1;
    }

    /// Counts the outcome of a start.
    pub(super) fn outcome(&mut self, outcome: StartOutcome) {
        let count = match outcome {
            StartOutcome::Ready { .. } => &mut self.starts.ready,
            StartOutcome::TimedOut { .. } => &mut self.starts.timed_out,
            StartOutcome::Failed { .. } => &mut self.starts.failed,
            StartOutcome::Pending => &mut self.starts.pending,
        };
        *count += 1;
    }

    fn renumber(&mut self, phases: &[PhaseId]) {
        for (phase, _) in &mut self.phases {
            *phase = phases.get(*phase).copied().unwrap_or(*phase);
        }
    }

    fn merge(&mut self, other: Self) {
        self.first_at = self.first_at.min(other.first_at);
        self.starts.merge(&other.starts);
        self.inits.extend(other.inits);
        self.add_phases(&other.phases);
    }

    /// Adds a start that became ready: its time, and that of its phases.
    pub(super) fn init(&mut self, time: Elapsed, phases: &[(PhaseId, Elapsed)]) {
        self.inits.push(time);
        self.add_phases(phases);
    }

    fn add_phases(&mut self, phases: &[(PhaseId, Elapsed)]) {
        for (phase, time) in phases {
            match self.phases.iter_mut().find(|(known, _)| known == phase) {
                Some((_, sum)) => *sum = sum.plus(*time),
                None => self.phases.push((*phase, *time)),
            }
        }
    }

    fn row(mut self, app: AppName, version: AppVersion, names: &PhaseNames) -> VersionStarts {
        self.inits.sort_unstable();
        let all = self
            .inits
            .iter()
            .copied()
            .fold(Elapsed::default(), Elapsed::plus);
        let times = self.phases.iter();
        let times = times.map(|(phase, time)| (names.get(*phase).0, *time));
        let slowest = slowest_of(times);
        VersionStarts {
            app,
            version,
            first_at: self.first_at,
            starts: self.starts.with_rate(),
            median_seconds: quantile(&self.inits, 50),
            p95_seconds: quantile(&self.inits, 95),
            slowest_phase: slowest.map(|(name, _)| name.to_owned()),
            slowest_share: slowest.and_then(|(_, time)| share(time, all)),
        }
    }
}
