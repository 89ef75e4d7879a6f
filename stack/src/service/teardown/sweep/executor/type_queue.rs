//! The resources of one type in one place. Reading runs ahead of deleting, so that one call reads
//! many; but only so far that the descriptions are still fresh when they are used.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::cloud::{Place, Resource, ResourceId};
use crate::service::teardown::sweep::deadlines::SweepTiming;

/// The place and the type.
pub(super) type QueueKey<'a> = (&'a Place, &'a str);

/// How many resources are read ahead: initially, at least, and at most.
const INITIAL_READ_AHEAD: usize = 64;
const MIN_READ_AHEAD: usize = 8;
const MAX_READ_AHEAD: usize = 200;

/// A resource that was read again and waits to be deleted.
#[derive(Debug)]
pub(super) struct Reread {
    /// The service's current description.
    pub(super) fresh: Resource,
    /// What was read with it: what it owns, and what owns it.
    pub(super) context: Vec<Resource>,
}

#[derive(Debug)]
pub(super) struct TypeQueue {
    /// How many are being read.
    pub(super) reading: usize,
    /// How many are being deleted or detached.
    pub(super) changing: usize,
    /// The descriptions, with the time of each.
    read: VecDeque<(Instant, Reread)>,
    /// How many are read ahead.
    read_ahead: usize,
    /// The age of the oldest description used since the last read.
    oldest: Option<Duration>,
}

impl Default for TypeQueue {
    fn default() -> Self {
        Self {
            reading: 0,
            changing: 0,
            read: VecDeque::new(),
            read_ahead: INITIAL_READ_AHEAD,
            oldest: None,
        }
    }
}

impl TypeQueue {
    /// How many may be read now: none until half of the descriptions were used.
    pub(super) fn room(&self) -> usize {
        let waiting = self.reading + self.read.len();
        if waiting > self.read_ahead / 2 {
            0
        } else {
            self.read_ahead - waiting
        }
    }

    /// Records a request, and adapts how far to read ahead: further when all descriptions were used
    /// quickly, less far when some grew too old.
    pub(super) fn record_request(&mut self, count: usize, timing: &SweepTiming) {
        self.read_ahead = match self.oldest.take() {
            Some(age) if age > timing.max_read_age => (self.read_ahead / 2).max(MIN_READ_AHEAD),
            Some(age) if age < timing.max_read_age / 3 && count >= self.room() => {
                (self.read_ahead * 2).min(MAX_READ_AHEAD)
            }
            _ => self.read_ahead,
        };
        self.reading += count;
    }

    /// Whether nothing is being read or deleted, or is about to be.
    pub(super) fn is_idle(&self) -> bool {
        self.reading == 0 && self.changing == 0 && self.read.is_empty()
    }

    /// Adds a description that was read just now.
    pub(super) fn push(&mut self, read: Reread) {
        self.read.push_back((Instant::now(), read));
    }

    /// Discards all descriptions.
    pub(super) fn clear(&mut self) {
        self.read.clear();
    }

    /// Takes the next description if there is room for another deletion; `Err` if it is too old and
    /// must be read again.
    pub(super) fn next(&mut self, timing: &SweepTiming) -> Option<Result<Reread, ResourceId>> {
        if self.changing >= timing.max_concurrent_deletes {
            return None;
        }
        let (at, read) = self.read.pop_front()?;
        let age = at.elapsed();
        self.oldest = self.oldest.max(Some(age));
        Some(if age <= timing.max_read_age {
            Ok(read)
        } else {
            Err(read.fresh.id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::resource;

    /// Requests, reads and takes as many as there is room for: returns how many were taken, and how
    /// many of them were fresh.
    async fn round(queue: &mut TypeQueue, after: Duration) -> (usize, usize) {
        let timing = SweepTiming::default();
        let count = queue.room();
        queue.record_request(count, &timing);
        queue.reading -= count;
        for _ in 0..count {
            queue.push(Reread {
                fresh: resource("sqs", "q", "shop"),
                context: Vec::new(),
            });
        }
        tokio::time::advance(after).await;
        let taken: Vec<_> = std::iter::from_fn(|| queue.next(&timing)).collect();
        let in_time = taken.iter().filter(|next| next.is_ok()).count();
        (taken.len(), in_time)
    }

    /// Fast deletions lead to larger batches, slow ones to smaller; and no stale description is
    /// used.
    #[tokio::test(start_paused = true)]
    async fn reading_is_as_far_ahead_as_deleting_is_fast() {
        let mut queue = TypeQueue::default();
        let [soon, later, late] = [1, 3, 6].map(Duration::from_secs);
        for (count, after, in_time) in [
            (64, soon, 64),
            (64, soon, 64),
            (128, soon, 128),
            (200, later, 200),
            (200, late, 0),
            (200, late, 0),
            (100, late, 0),
            (50, late, 0),
            (25, late, 0),
            (12, late, 0),
            (8, late, 0),
            (8, later, 8),
            (8, soon, 8),
        ] {
            assert_eq!(round(&mut queue, after).await, (count, in_time));
        }
    }

    /// No deletion starts beyond the limit, and no read starts before half of the descriptions were
    /// used.
    #[tokio::test(start_paused = true)]
    async fn turns_wait_for_room() {
        let (mut queue, timing) = (TypeQueue::default(), SweepTiming::default());
        queue.record_request(40, &timing);
        assert_eq!(queue.room(), 0);
        queue.reading -= 10;
        assert_eq!(queue.room(), 34);
        let read = Reread {
            fresh: resource("sqs", "q", "shop"),
            context: Vec::new(),
        };
        queue.push(read);
        queue.changing = timing.max_concurrent_deletes;
        assert!(queue.next(&timing).is_none());
        queue.changing -= 1;
        assert!(queue.next(&timing).is_some());
    }
}
