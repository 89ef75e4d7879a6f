//! Waiting for a lock of another process: short pauses first, with jitter, up to a total timeout.

use std::time::Duration;

use crate::backoff::Backoff;

/// The first pause is about as long as a commit, so that the next try is likely to succeed. If the
/// longest were longer, a process that returns at once would win every time.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_micros(250),
    longest: Duration::from_millis(8),
};

/// Pauses with a limited total. The total is counted from the pauses, without reading a clock.
#[derive(Debug)]
pub(crate) struct LockWait {
    lock_timeout: Duration,
    waited: Duration,
    round: u32,
}

impl LockWait {
    pub(crate) fn up_to(lock_timeout: Duration) -> Self {
        Self {
            lock_timeout,
            waited: Duration::ZERO,
            round: 0,
        }
    }

    /// Sleeps once; returns false if the timeout is used up.
    pub(crate) fn once_more(&mut self) -> bool {
        if self.waited >= self.lock_timeout {
            return false;
        }
        let pause = BACKOFF.half_jitter(self.round);
        std::thread::sleep(pause);
        self.waited += pause;
        self.round += 1;
        true
    }

    /// The total time waited so far.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }
}
