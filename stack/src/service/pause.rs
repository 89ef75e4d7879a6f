//! Pauses between attempts: growing, and jittered so that those who met once do not meet again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The pauses of one wait. Dropping the future that waits ends it.
#[derive(Debug)]
pub(super) struct Pauses {
    first: Duration,
    longest: Duration,
    round: u32,
    random: RandomState,
}

impl Pauses {
    /// Between two decisions.
    pub(super) fn short() -> Self {
        Self::between(Duration::from_millis(2), Duration::from_millis(500))
    }

    /// Between two looks at whether it is one's turn.
    pub(super) fn long() -> Self {
        Self::between(Duration::from_millis(200), Duration::from_secs(3))
    }

    fn between(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            round: 0,
            random: RandomState::new(),
        }
    }

    pub(super) async fn once_more(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// The next pause: between half and all of what doubling has come to.
    fn next(&mut self) -> Duration {
        let whole = self
            .first
            .saturating_mul(1 << self.round.min(16))
            .min(self.longest);
        let parts = u32::try_from(self.random.hash_one(self.round) % 256).unwrap_or(0);
        self.round += 1;
        whole / 2 + whole * parts / 512
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
