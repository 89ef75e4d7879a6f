//! Folds the histories of all leases, on all cores.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::thread;

use super::follower::Histories;
use super::tracked_stack::TrackedStack;
use crate::inventory::ReportLease;
use crate::report::{LeaseHistory, StackRecorder};
use crate::values::id::StackName;

/// What histories are folded into: how to begin, how to add the history of a lease with the stack
/// and the number of the lease, and how to add what another part of the histories was folded into.
pub(super) struct HistoryFold<B, A, M> {
    pub(super) begin: B,
    pub(super) add: A,
    pub(super) merge: M,
}

/// The histories of stacks that were replayed, which replace what is stored. `None`: the stack
/// cannot be read.
pub(super) type Replayed = BTreeMap<StackName, Option<StackRecorder>>;

impl<B, A, M> HistoryFold<B, A, M> {
    /// Folds every history; `None` if a stored one cannot be decoded. Each core gets at least
    /// `share` of the stored ones, and frees each after its turn.
    pub(super) fn all<T>(
        &self,
        histories: &mut Histories,
        replayed: &Replayed,
        share: NonZeroUsize,
    ) -> Option<T>
    where
        T: Send,
        B: Fn() -> T + Sync,
        A: Fn(&mut T, &StackName, u32, &LeaseHistory) + Sync,
        M: Fn(&mut T, T) + Sync,
    {
        let mut leases = std::mem::take(&mut histories.leases);
        let size = part_size(leases.len(), share);
        let mut folded = thread::scope(|scope| {
            let fold = |part| move || self.stored(part, replayed);
            let mut parts = leases.chunks_mut(size);
            let first = parts.next().unwrap_or_default();
            let others: Vec<_> = parts.map(|part| scope.spawn(fold(part))).collect();
            let mut folded = self.stored(first, replayed)?;
            for other in others {
                (self.merge)(&mut folded, other.join().ok()??);
            }
            Some(folded)
        })?;
        let live = live(&histories.stacks);
        for (stack, number, history) in live.filter(|(stack, ..)| !replayed.contains_key(*stack)) {
            (self.add)(&mut folded, stack, number, history);
        }
        for (stack, recorder) in replayed {
            for (number, history) in recorder.iter().flat_map(StackRecorder::leases) {
                (self.add)(&mut folded, stack, number, history);
            }
        }
        Some(folded)
    }

    fn stored<T>(&self, leases: &mut [ReportLease], replayed: &Replayed) -> Option<T>
    where
        B: Fn() -> T,
        A: Fn(&mut T, &StackName, u32, &LeaseHistory),
    {
        let mut folded = (self.begin)();
        for lease in leases {
            if !replayed.contains_key(&lease.stack) {
                let history = LeaseHistory::decode(&std::mem::take(&mut lease.history))?;
                (self.add)(&mut folded, &lease.stack, lease.number, &history);
            }
        }
        Some(folded)
    }
}

/// How many of these leases each core gets, at least `share`.
fn part_size(leases: usize, share: NonZeroUsize) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let parts = (leases / share).clamp(1, cores);
    leases.div_ceil(parts).max(1)
}

/// The leases that exist and have new events, with their numbers.
pub(super) fn live(
    stacks: &HashMap<StackName, TrackedStack>,
) -> impl Iterator<Item = (&StackName, u32, &LeaseHistory)> {
    stacks.iter().filter_map(|(stack, tracked)| {
        let (number, history) = tracked.live()?;
        Some((stack, number, history))
    })
}
