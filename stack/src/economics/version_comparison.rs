//! Whether a version of an app starts slower than the one before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::latest::Latest;
use super::sentences::count;
use super::statistics::{mann_whitney, median};
use super::timeline::{Start, StartKind};
use crate::values::id::{AppName, AppVersion};
use crate::values::ttl::Elapsed;

/// The number of starts of each version that a comparison needs. With three each, no result could
/// be significant: the smallest possible p-value is 0.1.
pub const MIN_COMPARED_STARTS: usize = 4;

/// The number of starts of each version that are compared: the latest ones.
const MAX_COMPARED_STARTS: usize = 20;

/// A version is slower if the p-value is below this, and its median is higher.
pub const SIGNIFICANCE: f64 = 0.05;

/// The starts of a version, compared with those of the version before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionComparison {
    /// The app.
    pub app: AppName,
    /// The earlier version.
    pub before: AppVersion,
    /// The later version.
    pub after: AppVersion,
    /// The kind of starts that are compared: a start of a whole stack takes longer than a new
    /// version in place or a wake. Null if no version has any.
    pub kind: Option<StartKind>,
    /// The number of compared starts of the earlier version.
    pub before_starts: u32,
    /// The number of compared starts of the later version.
    pub after_starts: u32,
    /// The median time to ready of the earlier version.
    pub before_median: Option<Elapsed>,
    /// The median time to ready of the later version.
    pub after_median: Option<Elapsed>,
    /// The two-sided p-value of a Mann-Whitney U test; null if there are too few starts.
    pub p_value: Option<f64>,
    /// Whether the later version is significantly slower.
    pub slower: bool,
    /// Why there is no test, as a sentence.
    pub not_enough: Option<String>,
}

/// Collects the starts of the versions of one app.
#[derive(Debug, Default)]
pub(super) struct VersionHistory {
    versions: BTreeMap<AppVersion, VersionStarts>,
}

/// The starts of one version that became ready.
#[derive(Debug)]
struct VersionStarts {
    first_request: Timestamp,
    /// For each kind, the times of the requests, and how long they took.
    by_kind: BTreeMap<StartKind, Latest<(Timestamp, Elapsed), MAX_COMPARED_STARTS>>,
}

impl VersionHistory {
    /// Adds a start. One that never became ready has no time that could be compared.
    pub(super) fn add(&mut self, start: &Start) {
        let Some(time) = start.time_to_ready() else {
            return;
        };
        if start.kind == StartKind::Recheck {
            return;
        }
        if !self.versions.contains_key(&start.version) {
            let starts = VersionStarts {
                first_request: start.requested_at,
                by_kind: BTreeMap::new(),
            };
            self.versions.insert(start.version.clone(), starts);
        }
        if let Some(starts) = self.versions.get_mut(&start.version) {
            starts.first_request = starts.first_request.min(start.requested_at);
            let of_kind = starts.by_kind.entry(start.kind).or_default();
            of_kind.add((start.requested_at, time));
        }
    }

    /// Adds the starts of another collection.
    pub(super) fn merge(&mut self, other: Self) {
        for (version, starts) in other.versions {
            match self.versions.entry(version) {
                Entry::Vacant(entry) => {
                    entry.insert(starts);
                }
                Entry::Occupied(entry) => entry.into_mut().merge(starts),
            }
        }
    }

    /// Compares each version with the one that was first requested before it. The latest pair is
    /// always part of the result, and an earlier one only if it became slower.
    pub(super) fn comparisons(self, app: &AppName) -> Vec<VersionComparison> {
        let mut versions: Vec<_> = self.versions.into_iter().collect();
        versions.sort_by(|(a, first), (b, second)| {
            (first.first_request, a).cmp(&(second.first_request, b))
        });
        let pairs = versions.windows(2);
        let mut compared: Vec<_> = pairs
            .filter_map(|pair| match pair {
                [before, after] => Some(compare(app, before, after)),
                _ => None,
            })
            .collect();
        let latest = compared.pop();
        compared.retain(|comparison| comparison.slower);
        compared.extend(latest);
        compared
    }
}

fn compare(
    app: &AppName,
    (before, before_starts): &(AppVersion, VersionStarts),
    (after, after_starts): &(AppVersion, VersionStarts),
) -> VersionComparison {
    let kinds = [StartKind::Request, StartKind::Version, StartKind::Wake].into_iter();
    let samples = kinds.map(|kind| (kind, before_starts.latest(kind), after_starts.latest(kind)));
    // The kind with the most pairs; if there are several, the first one, as `max_by_key` returns
    // the last.
    let most = samples
        .rev()
        .max_by_key(|(_, before, after)| before.len().min(after.len()));
    let (kind, first, second) = most.unwrap_or((StartKind::Request, Vec::new(), Vec::new()));
    let enough = first.len().min(second.len()) >= MIN_COMPARED_STARTS;
    let p_value = enough.then(|| mann_whitney(&first, &second)).flatten();
    let before_median = median(first.iter().copied());
    let after_median = median(second.iter().copied());
    let len = |starts: &[Elapsed]| u32::try_from(starts.len()).unwrap_or(u32::MAX);
    VersionComparison {
        app: app.clone(),
        before: before.clone(),
        after: after.clone(),
        kind: (first.len() + second.len() > 0).then_some(kind),
        before_starts: len(&first),
        after_starts: len(&second),
        before_median,
        after_median,
        p_value,
        slower: p_value.is_some_and(|p| p < SIGNIFICANCE) && after_median > before_median,
        not_enough: (!enough).then(|| {
            format!(
                "too few starts: a comparison needs {MIN_COMPARED_STARTS} of the same kind that \
                 became ready, for each version; so far: {} of {before} and {} of {after}",
                count(len(&first), "start"),
                count(len(&second), "start"),
            )
        }),
    }
}

impl VersionStarts {
    fn merge(&mut self, other: Self) {
        self.first_request = self.first_request.min(other.first_request);
        for (kind, starts) in other.by_kind {
            self.by_kind.entry(kind).or_default().merge(starts);
        }
    }

    /// How long the latest starts of a kind took.
    fn latest(&self, kind: StartKind) -> Vec<Elapsed> {
        let latest = self.by_kind.get(&kind).cloned().unwrap_or_default();
        let latest = latest.into_sorted().into_iter().rev();
        latest.map(|(_, time)| time).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::economics::testing::TimelineBuilder;

    /// The starts of a version: each takes so many minutes, one day after the other.
    fn history(versions: &[(&str, &[u64])]) -> Vec<VersionComparison> {
        let mut history = VersionHistory::default();
        let mut from = 0;
        for (version, times) in versions {
            for time in *times {
                from += 1_440;
                let lease = TimelineBuilder::new("a", 1, from)
                    .version(version)
                    .start(from, from + time)
                    .until(from + time);
                for start in &lease.starts {
                    history.add(start);
                }
            }
        }
        history.comparisons(&"checkout".parse().unwrap())
    }

    /// A version is slower if the test is significant and its median is higher.
    #[test]
    fn a_slower_version_is_found() {
        // All five starts of v2 take longer than all five of v1. Of the 252 orders of five and
        // five, 2 are as extreme: p = 2 ÷ 252 = 0.0079.
        let found = history(&[("v1", &[10, 11, 12, 13, 14]), ("v2", &[15, 16, 17, 18, 19])]);
        let [found] = &found[..] else {
            panic!("{found:?}");
        };
        let minutes = |time: Option<Elapsed>| time.map(|time| time.seconds() / 60);
        assert_eq!(found.before, "v1".parse().unwrap());
        assert_eq!((found.before_starts, found.after_starts), (5, 5));
        assert_eq!(
            (minutes(found.before_median), minutes(found.after_median)),
            (Some(12), Some(17))
        );
        assert!((found.p_value.unwrap() - 2.0 / 252.0).abs() < 1e-12);
        assert!(found.slower);
        let faster = history(&[("v1", &[15, 16, 17, 18, 19]), ("v2", &[10, 11, 12, 13, 14])]);
        assert!(!faster[0].slower, "it is faster");
        let same = history(&[("v1", &[10, 12, 14, 16, 18]), ("v2", &[11, 13, 15, 17, 19])]);
        assert!(!same[0].slower && same[0].p_value.unwrap() > 0.5);
    }

    /// With fewer than four starts of a version, there is no test, and the sentence says so.
    #[test]
    fn few_starts_are_not_enough() {
        let found = history(&[("v1", &[10, 11, 12, 13]), ("v2", &[25, 26, 27])]);
        assert_eq!((found[0].p_value, found[0].slower), (None, false));
        assert_eq!(
            found[0].not_enough.as_deref(),
            Some(
                "too few starts: a comparison needs 4 of the same kind that became ready, for each \
                 version; so far: 4 starts of v1 and 3 starts of v2"
            )
        );
    }

    /// The latest 20 starts count. Of earlier pairs, only those that became slower are reported.
    #[test]
    fn the_latest_starts_count() {
        let v1: Vec<u64> = (0..30).map(|n| 100 - n).collect();
        let v2: Vec<u64> = (0..30).map(|n| 200 - n).collect();
        let found = history(&[("v1", &v1), ("v2", &v2), ("v3", &[10]), ("v4", &[10])]);
        let pairs: Vec<_> = found.iter().map(|pair| pair.after.as_str()).collect();
        assert_eq!(pairs, ["v2", "v4"]);
        // The latest 20 of v1 took 71 to 90 min: the lower of the two middle ones is 80 min.
        assert_eq!((found[0].before_starts, found[0].after_starts), (20, 20));
        assert_eq!(found[0].before_median.map(Elapsed::seconds), Some(80 * 60));
        assert!(found[0].slower);
    }

    /// Starts of different kinds are never compared with each other.
    #[test]
    fn only_the_same_kind_is_compared() {
        let mut history = VersionHistory::default();
        for day in 1..=5_u64 {
            let from = day * 1_440;
            let lease = TimelineBuilder::new("a", 1, from)
                .start(from, from + 10)
                .new_version("v2", from + 100, from + 102)
                .until(from + 200);
            for start in &lease.starts {
                history.add(start);
            }
        }
        let found = history.comparisons(&"checkout".parse().unwrap());
        assert_eq!((found[0].before_starts, found[0].after_starts), (5, 0));
        assert!(found[0].not_enough.is_some());
    }
}
