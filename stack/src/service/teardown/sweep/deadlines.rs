//! The pauses between tries of a sweep, and how long each resource may take.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::cloud::DeletionTimeout;

/// The pauses and deadlines of a sweep. Tests make them short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepTiming {
    /// The first pause before a delete is retried; each further pause is twice as long.
    pub retry_pause: Duration,
    /// The longest pause before a retry.
    pub max_retry_pause: Duration,
    /// The first pause before polling a deletion in progress. Deletions of one type are polled
    /// together, in steps of this length.
    pub poll_interval: Duration,
    /// The longest pause between polls.
    pub max_poll_interval: Duration,
    /// How long one resource may take, from its first try to its end.
    pub default_timeout: Duration,
    /// How long a resource may take whose deletion is slow, such as a database.
    pub slow_timeout: Duration,
    /// How long a network may take that still holds the network interfaces of deleted functions.
    pub network_timeout: Duration,
    /// How long a service may still describe a deleted resource before it counts as left.
    pub settle_timeout: Duration,
    /// How many resources of one type in one place are deleted at once.
    pub max_concurrent_deletes: usize,
    /// How old a description may be when the delete begins, counted from its answer.
    pub max_read_age: Duration,
}

impl Default for SweepTiming {
    fn default() -> Self {
        Self {
            retry_pause: Duration::from_secs(2),
            max_retry_pause: Duration::from_secs(30),
            poll_interval: Duration::from_millis(500),
            max_poll_interval: Duration::from_secs(10),
            default_timeout: Duration::from_secs(15 * 60),
            slow_timeout: Duration::from_secs(30 * 60),
            network_timeout: Duration::from_secs(45 * 60),
            settle_timeout: Duration::from_secs(90),
            max_concurrent_deletes: 8,
            max_read_age: Duration::from_secs(5),
        }
    }
}

impl SweepTiming {
    /// Limits the time of every resource.
    #[must_use]
    pub fn at_most(self, longest: Duration) -> Self {
        Self {
            default_timeout: self.default_timeout.min(longest),
            slow_timeout: self.slow_timeout.min(longest),
            network_timeout: self.network_timeout.min(longest),
            settle_timeout: self.settle_timeout.min(longest),
            ..self
        }
    }

    /// How long a resource of a class may take. `interfaces_linger`: functions of the stack run in
    /// the same place, and their network interfaces outlive them.
    pub(super) fn timeout(&self, class: DeletionTimeout, interfaces_linger: bool) -> Duration {
        match class {
            DeletionTimeout::Slow => self.slow_timeout,
            DeletionTimeout::Network if interfaces_linger => self.network_timeout,
            DeletionTimeout::Network | DeletionTimeout::Default => self.default_timeout,
        }
    }

    /// The pause before a retry, with full jitter, so that contending writers spread out.
    pub(super) fn before_try(&self, tries: u32) -> Duration {
        let backoff = Backoff {
            first: self.retry_pause,
            longest: self.max_retry_pause,
        };
        backoff.full_jitter(tries)
    }

    /// The pause before a poll: at least half of the back-off.
    pub(super) fn before_poll(&self, polls: u32) -> Duration {
        let backoff = Backoff {
            first: self.poll_interval,
            longest: self.max_poll_interval,
        };
        backoff.half_jitter(polls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses double up to their limit, with full jitter.
    #[test]
    fn pauses_are_capped_and_jittered() {
        let timing = SweepTiming::default();
        let most = |tries: u32| (0..200).map(|_| timing.before_try(tries)).max().unwrap();
        for (tries, seconds) in [(0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (40, 30)] {
            let pause = Duration::from_secs(seconds);
            assert!(most(tries) < pause && most(tries) > pause / 2, "{tries}");
        }
        let least = (0..200).map(|_| timing.before_try(4)).min().unwrap();
        assert!(least < Duration::from_secs(5), "{least:?}");
        let polls = (0..200).map(|_| timing.before_poll(9));
        assert!(
            polls
                .into_iter()
                .all(|poll| poll >= timing.max_poll_interval / 2)
        );
    }

    /// Slow deletions get more time, and so do networks that hold the interfaces of functions. A
    /// user may set a lower limit.
    #[test]
    fn the_timeout_depends_on_the_class() {
        use DeletionTimeout::{Default as Usual, Network, Slow};
        let timing = SweepTiming::default();
        let minutes = |class, lingering| timing.timeout(class, lingering).as_secs() / 60;
        assert_eq!((minutes(Usual, false), minutes(Usual, true)), (15, 15));
        assert_eq!((minutes(Slow, false), minutes(Slow, true)), (30, 30));
        assert_eq!((minutes(Network, false), minutes(Network, true)), (15, 45));
        let hasty = timing.at_most(Duration::from_secs(5));
        assert_eq!(hasty.timeout(Slow, false), Duration::from_secs(5));
    }
}
