//! Back-off: growing pauses between attempts, jittered so that contending writers spread out.

use std::time::Duration;

use crate::random;

/// A pause that doubles with every round, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The pause of a round without jitter; the first round is 0.
    fn pause(self, round: u32) -> Duration {
        let pause = self.first.saturating_mul(1 << round.min(16));
        pause.min(self.longest)
    }

    /// Full jitter: anything up to the pause.
    pub(crate) fn full_jitter(self, round: u32) -> Duration {
        let parts = random::below(1024);
        self.pause(round) * parts / 1024
    }

    /// Half jitter: between half of the pause and all of it.
    pub(crate) fn half_jitter(self, round: u32) -> Duration {
        self.pause(round) / 2 + self.full_jitter(round) / 2
    }
}

/// The pauses of one wait. Dropping the future that waits ends it.
#[derive(Debug)]
pub struct Pauses {
    backoff: Backoff,
    round: u32,
}

impl Pauses {
    /// Between two decisions.
    #[must_use]
    pub fn short() -> Self {
        Self::between(Duration::from_millis(2), Duration::from_millis(500))
    }

    /// Between two checks whether a place or a lock is free.
    #[must_use]
    pub fn long() -> Self {
        Self::between(Duration::from_millis(200), Duration::from_secs(3))
    }

    fn between(first: Duration, longest: Duration) -> Self {
        Self {
            backoff: Backoff { first, longest },
            round: 0,
        }
    }

    /// Pauses once, longer than before.
    pub async fn once_more(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    fn next(&mut self) -> Duration {
        let pause = self.backoff.half_jitter(self.round);
        self.round += 1;
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses grow, stay under their limit, and differ from waiter to waiter.
    #[test]
    fn pauses_grow_and_differ() {
        let series = || {
            let mut pauses = Pauses::long();
            (0..20).map(|_| pauses.next()).collect::<Vec<_>>()
        };
        let (one, other) = (series(), series());
        assert!(one[0] >= Duration::from_millis(100) && one[0] < Duration::from_millis(200));
        assert!(one.iter().all(|pause| *pause < Duration::from_secs(3)));
        assert!(one[19] >= Duration::from_millis(1500));
        assert_ne!(one, other);
    }
}
