//! Waiting for another process: short at first, jittered, and never longer than the patience.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The shortest pause. A commit takes about this long, so that the next look is worth it.
const FIRST: Duration = Duration::from_micros(250);

/// The longest pause. Longer ones would let whoever comes back at once win every time.
const LONGEST: Duration = Duration::from_millis(8);

/// Pauses whose sum is bounded. Counted by their lengths: no clock is read.
#[derive(Debug)]
pub(crate) struct LockWait {
    patience: Duration,
    waited: Duration,
    round: u32,
    random: RandomState,
}

impl LockWait {
    pub(crate) fn up_to(patience: Duration) -> Self {
        Self {
            patience,
            waited: Duration::ZERO,
            round: 0,
            random: RandomState::new(),
        }
    }

    /// Sleeps once more; false when the patience is used up.
    pub(crate) fn once_more(&mut self) -> bool {
        if self.waited >= self.patience {
            return false;
        }
        let longest = FIRST.saturating_mul(1 << self.round.min(5)).min(LONGEST);
        // Between half and all of it: two that met once do not meet again.
        let parts = u32::try_from(self.random.hash_one(self.round) % 128).unwrap_or(0);
        let pause = longest / 2 + longest * parts / 256;
        std::thread::sleep(pause);
        self.waited += pause;
        self.round += 1;
        true
    }

    /// How long it has been waited in all.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }
}
