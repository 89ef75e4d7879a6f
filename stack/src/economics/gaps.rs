//! The gaps between uses: times in which a stack was certainly not used, and was used again after.

use jiff::Timestamp;

use super::latest::Latest;
use super::timeline::{LeaseTimeline, SliceState, StartOutcome};
use crate::idle::DEFAULT_WINDOW;
use crate::values::id::StackName;
use crate::values::ttl::Elapsed;

/// A gap between two uses of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdleGap {
    /// When the stack was used again.
    pub(super) until: Timestamp,
    /// How long it was unused.
    pub(super) length: Elapsed,
}

/// The number of gaps that a verdict considers: the latest ones.
const MAX_GAPS: usize = 200;

/// Collects the gaps of stacks, in any order of their leases.
#[derive(Debug, Default)]
pub(super) struct GapCollector {
    /// The gaps within leases.
    within: Latest<IdleGap, MAX_GAPS>,
    /// For each stack and the number of its lease, its first and its last use.
    leases: Vec<((StackName, u32), UseInterval)>,
}

/// A time in which a stack was used without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UseInterval {
    from: Timestamp,
    to: Timestamp,
}

impl GapCollector {
    pub(super) fn add(&mut self, lease: &LeaseTimeline) {
        let used = used_times(lease);
        for pair in used.windows(2) {
            if let [before, after] = pair {
                self.within.add_all(gap(before, after));
            }
        }
        let last = used.last().map_or(lease.from, |last| last.to);
        let whole = UseInterval {
            from: lease.from,
            to: last.max(lease.from),
        };
        self.leases
            .push(((lease.stack.clone(), lease.number), whole));
    }

    /// Adds the gaps and the leases of another collection.
    pub(super) fn merge(&mut self, other: Self) {
        self.within.merge(other.within);
        self.leases.extend(other.leases);
    }

    /// The latest gaps that ended at or after `since`, in the order of their ends.
    pub(super) fn finish(mut self, since: Timestamp) -> Vec<IdleGap> {
        self.leases.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut gaps = self.within;
        let later = self.leases.iter().skip(1);
        for (((stack, _), before), ((next, _), after)) in self.leases.iter().zip(later) {
            if stack == next {
                gaps.add_all(gap(before, after));
            }
        }
        let mut gaps = gaps.into_sorted();
        gaps.retain(|gap| gap.until >= since);
        gaps
    }
}

fn gap(before: &UseInterval, after: &UseInterval) -> Option<IdleGap> {
    (after.from > before.to).then(|| IdleGap {
        until: after.from,
        length: Elapsed::between(before.to, after.from),
    })
}

/// The times in which the stack was used, in order.
fn used_times(lease: &LeaseTimeline) -> Vec<UseInterval> {
    if lease.uses.is_empty() {
        return awake_times(lease);
    }
    let starts = lease.starts.iter().filter(|start| start.kind.is_use());
    let starts = starts.map(|start| UseInterval {
        from: start.requested_at,
        to: match start.outcome {
            StartOutcome::Ready { at } | StartOutcome::Failed { at } => at,
            StartOutcome::TimedOut { at, later_ready } => later_ready.unwrap_or(at),
            StartOutcome::Pending => lease.until,
        },
    });
    let uses = lease
        .uses
        .iter()
        .map(|at| UseInterval { from: *at, to: *at });
    let mut times: Vec<UseInterval> = starts.chain(uses).collect();
    times.sort_unstable_by_key(|time| (time.from, time.to));
    let mut merged: Vec<UseInterval> = Vec::new();
    for time in times {
        match merged.last_mut() {
            Some(last) if is_continuous(lease, last.to, time.from) => {
                last.to = last.to.max(time.to);
            }
            _ => merged.push(time),
        }
    }
    merged
}

/// Whether a use continues. Use that metrics show is recorded only every half hour, and only while
/// something queries the metrics.
fn is_continuous(lease: &LeaseTimeline, from: Timestamp, to: Timestamp) -> bool {
    let mut asleep = lease.slices.iter();
    to <= from
        || DEFAULT_WINDOW.after(from) >= to
            && !asleep.any(|slice| {
                slice.state == SliceState::Asleep && slice.from < to && slice.to > from
            })
}

/// Where no use is recorded, a stack may have been in use whenever it was up.
fn awake_times(lease: &LeaseTimeline) -> Vec<UseInterval> {
    let end = lease.teardown_at();
    let mut times: Vec<UseInterval> = Vec::new();
    let slices = lease.slices.iter().filter(|slice| slice.from < end);
    for slice in slices.filter(|slice| slice.state != SliceState::Asleep) {
        let to = slice.to.min(end);
        match times.last_mut() {
            Some(last) if last.to >= slice.from => last.to = to,
            _ => times.push(UseInterval {
                from: slice.from,
                to,
            }),
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::economics::testing::{TimelineBuilder, minute};

    fn gaps(leases: &[LeaseTimeline]) -> Vec<u64> {
        let mut collector = GapCollector::default();
        for lease in leases {
            collector.add(lease);
        }
        let gaps = collector.finish(minute(0));
        gaps.iter().map(|gap| gap.length.seconds() / 60).collect()
    }

    /// A gap is the time from the end of a use to the next one. Uses that are at most an hour apart
    /// are one use.
    #[test]
    fn gaps_lie_between_recorded_uses() {
        let lease = TimelineBuilder::new("a", 1, 0)
            .start(0, 10)
            .used_at(&[30, 90, 200, 260])
            .until(600);
        // Used from 0 to 90 and from 200 to 260. What follows 260 is no gap: nothing used it again.
        assert_eq!(gaps(&[lease]), [110]);
    }

    /// Between two leases of a name, the gap lasts from the last use to the next request.
    #[test]
    fn gaps_lie_between_leases() {
        let first = TimelineBuilder::new("a", 1, 0)
            .start(0, 10)
            .used_at(&[60])
            .until(300);
        let second = TimelineBuilder::new("a", 2, 500).start(500, 510).until(600);
        let other = TimelineBuilder::new("b", 1, 900).start(900, 910).until(950);
        assert_eq!(gaps(&[second, other, first]), [440]);
    }

    /// Without recorded uses, only the time in which the stack did not exist or was asleep is a
    /// gap.
    #[test]
    fn a_stack_may_be_used_whenever_it_is_up() {
        let first = TimelineBuilder::new("a", 1, 0)
            .start(0, 10)
            .asleep(100, 160)
            .wake(160, 162)
            .until(300);
        let second = TimelineBuilder::new("a", 2, 500).start(500, 510).until(600);
        assert_eq!(gaps(&[first, second]), [60, 200]);
    }

    /// A short sleep is a gap, although the uses around it are less than an hour apart.
    #[test]
    fn a_sleep_interrupts_a_use() {
        let lease = TimelineBuilder::new("a", 1, 0)
            .start(0, 10)
            .used_at(&[20])
            .asleep(30, 50)
            .wake(50, 52)
            .until(300);
        assert_eq!(gaps(&[lease]), [30]);
    }
}
