//! What is under way of one type in one place. Reading is ahead of deleting, so that one question is about many, and only
//! so far that what was read is still true when its turn comes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::cloud::{Place, Resource, ResourceId};
use crate::service::teardown::sweep::timing::SweepTiming;

/// The place and the type.
pub(super) type QueueKey<'a> = (&'a Place, &'a str);

/// Read ahead at first, at least, and at most.
const FIRST: usize = 64;
const LEAST: usize = 8;
const MOST: usize = 200;

/// One that was read again and waits for its turn.
#[derive(Debug)]
pub(super) struct Reread {
    /// What its service said.
    pub(super) fresh: Resource,
    /// What was read with it: what it owns, and what owns it.
    pub(super) around: Vec<Resource>,
}

#[derive(Debug)]
pub(super) struct TypeQueue {
    /// How many are being read.
    pub(super) reading: usize,
    /// How many are being deleted or loosened.
    pub(super) acting: usize,
    /// With when each was read.
    read: VecDeque<(Instant, Reread)>,
    /// How many are read ahead.
    ahead: usize,
    /// How old what was read had become at most when its turn came, since the last question.
    oldest: Option<Duration>,
}

impl Default for TypeQueue {
    fn default() -> Self {
        Self {
            reading: 0,
            acting: 0,
            read: VecDeque::new(),
            ahead: FIRST,
            oldest: None,
        }
    }
}

impl TypeQueue {
    /// How many may be read now: none before half of what was read has had its turn.
    pub(super) fn room(&self) -> usize {
        let waiting = self.reading + self.read.len();
        if waiting > self.ahead / 2 {
            0
        } else {
            self.ahead - waiting
        }
    }

    /// So many were asked for: further ahead the next time when all had their turn soon, less far when some grew old.
    pub(super) fn asked(&mut self, count: usize, timing: &SweepTiming) {
        self.ahead = match self.oldest.take() {
            Some(age) if age > timing.fresh => (self.ahead / 2).max(LEAST),
            Some(age) if age < timing.fresh / 3 && count >= self.room() => {
                (self.ahead * 2).min(MOST)
            }
            _ => self.ahead,
        };
        self.reading += count;
    }

    /// Whether nothing is being read or deleted, or about to be.
    pub(super) fn is_idle(&self) -> bool {
        self.reading == 0 && self.acting == 0 && self.read.is_empty()
    }

    /// One was read just now.
    pub(super) fn push(&mut self, read: Reread) {
        self.read.push_back((Instant::now(), read));
    }

    /// Nothing that was read has its turn any more.
    pub(super) fn clear(&mut self) {
        self.read.clear();
    }

    /// Takes the next, when there is room for one more; the id alone when it has to be read once more.
    pub(super) fn next(&mut self, timing: &SweepTiming) -> Option<Result<Reread, ResourceId>> {
        if self.acting >= timing.at_once {
            return None;
        }
        let (at, read) = self.read.pop_front()?;
        let age = at.elapsed();
        self.oldest = self.oldest.max(Some(age));
        Some(if age <= timing.fresh {
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

    /// As many as there is room for are asked for, read, and taken after a while: how many, and how many of them in
    /// time.
    async fn round(lane: &mut TypeQueue, after: Duration) -> (usize, usize) {
        let timing = SweepTiming::default();
        let count = lane.room();
        lane.asked(count, &timing);
        lane.reading -= count;
        for _ in 0..count {
            lane.push(Reread {
                fresh: resource("sqs", "q", "shop"),
                around: Vec::new(),
            });
        }
        tokio::time::advance(after).await;
        let taken: Vec<_> = std::iter::from_fn(|| lane.next(&timing)).collect();
        let in_time = taken.iter().filter(|next| next.is_ok()).count();
        (taken.len(), in_time)
    }

    /// What goes fast is read in larger batches, what goes slowly in smaller ones; and nothing that is old has its turn.
    #[tokio::test(start_paused = true)]
    async fn reading_is_as_far_ahead_as_deleting_is_fast() {
        let mut lane = TypeQueue::default();
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
            assert_eq!(round(&mut lane, after).await, (count, in_time));
        }
    }

    /// Nothing has its turn while as many are being deleted as may be, and nothing more is read before half has had it.
    #[tokio::test(start_paused = true)]
    async fn turns_wait_for_room() {
        let (mut lane, timing) = (TypeQueue::default(), SweepTiming::default());
        lane.asked(40, &timing);
        assert_eq!(lane.room(), 0);
        lane.reading -= 10;
        assert_eq!(lane.room(), 34);
        let read = Reread {
            fresh: resource("sqs", "q", "shop"),
            around: Vec::new(),
        };
        lane.push(read);
        lane.acting = timing.at_once;
        assert!(lane.next(&timing).is_none());
        lane.acting -= 1;
        assert!(lane.next(&timing).is_some());
    }
}
