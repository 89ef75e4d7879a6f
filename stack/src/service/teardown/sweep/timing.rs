//! How patient a sweep is: pauses between tries, and how long each type may take.

use std::time::Duration;

use crate::service::backoff::Backoff;

/// The pauses and deadlines of a sweep. Tests make them short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepTiming {
    /// The first pause before a delete is tried again; each next one is twice as long.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The first pause before it is asked again whether a deletion that has begun is through, and the step in which
    /// those of one type are asked about together.
    pub poll: Duration,
    /// The longest of those.
    pub longest_poll: Duration,
    /// How long one resource may take, from its first try to its end.
    pub usual: Duration,
    /// The same for databases.
    pub database: Duration,
    /// The same for what the network interfaces of functions lie in: those outlive their functions.
    pub network: Duration,
    /// How long what was deleted may still be seen before that is taken for the truth.
    pub settle: Duration,
    /// How many of one type in one place are being deleted at once.
    pub at_once: usize,
    /// How long what was read of one is taken for true, from its answer on: a slow one is no reason to ask again.
    pub fresh: Duration,
}

impl Default for SweepTiming {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            longest_poll: Duration::from_secs(10),
            usual: Duration::from_secs(15 * 60),
            database: Duration::from_secs(30 * 60),
            network: Duration::from_secs(45 * 60),
            settle: Duration::from_secs(90),
            at_once: 8,
            fresh: Duration::from_secs(5),
        }
    }
}

impl SweepTiming {
    /// The same, with no resource taking longer than that.
    #[must_use]
    pub fn at_most(self, longest: Duration) -> Self {
        Self {
            usual: self.usual.min(longest),
            database: self.database.min(longest),
            network: self.network.min(longest),
            settle: self.settle.min(longest),
            ..self
        }
    }

    /// How long one of a type may take. `functions`: the stack has some in the same place.
    pub(super) fn patience(&self, kind: &str, functions: bool) -> Duration {
        let (service, of) = kind.split_once(':').unwrap_or((kind, ""));
        match service {
            "rds" | "elasticache" | "eks" | "cloudformation" => self.database,
            "ec2" if functions => match of {
                "security-group" | "subnet" | "vpc" | "network-interface" => self.network,
                _ => self.usual,
            },
            _ => self.usual,
        }
    }

    /// The pause before a try: anything up to the whole, so that those who met once do not meet again.
    pub(super) fn before_try(&self, tries: u32) -> Duration {
        let backoff = Backoff {
            first: self.pause,
            longest: self.longest_pause,
        };
        backoff.any(tries)
    }

    /// The pause before a look at a deletion that has begun: at least half of the whole.
    pub(super) fn before_poll(&self, polls: u32) -> Duration {
        let backoff = Backoff {
            first: self.poll,
            longest: self.longest_poll,
        };
        backoff.later_half(polls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses double up to their limit, and are anything up to the whole.
    #[test]
    fn pauses_are_capped_and_jittered() {
        let timing = SweepTiming::default();
        let most = |tries: u32| (0..200).map(|_| timing.before_try(tries)).max().unwrap();
        for (tries, seconds) in [(0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (40, 30)] {
            let whole = Duration::from_secs(seconds);
            assert!(most(tries) < whole && most(tries) > whole / 2, "{tries}");
        }
        let least = (0..200).map(|_| timing.before_try(4)).min().unwrap();
        assert!(least < Duration::from_secs(5), "{least:?}");
        let polls = (0..200).map(|_| timing.before_poll(9));
        assert!(
            polls
                .into_iter()
                .all(|poll| poll >= timing.longest_poll / 2)
        );
    }

    /// Databases get more time, and so does what the interfaces of functions lie in; a person may give all less.
    #[test]
    fn patience_depends_on_the_type() {
        let timing = SweepTiming::default();
        let minutes = |kind: &str, functions: bool| timing.patience(kind, functions).as_secs() / 60;
        assert_eq!(minutes("ec2:natgateway", true), 15);
        assert_eq!(minutes("rds:db", false), 30);
        assert_eq!(
            (minutes("ec2:subnet", false), minutes("ec2:subnet", true)),
            (15, 45)
        );
        assert_eq!(minutes("sqs", false), 15);
        let hasty = timing.at_most(Duration::from_secs(5));
        assert_eq!(hasty.patience("rds:db", false), Duration::from_secs(5));
    }
}
