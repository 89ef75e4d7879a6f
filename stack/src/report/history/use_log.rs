//! When a stack was used, within limits.

use serde::{Deserialize, Serialize};

use crate::values::ttl::Elapsed;

/// The maximum number of recorded uses of a lease.
const MAX_USES: usize = 256;

/// The first minimum distance of two recorded uses.
const FIRST_DISTANCE: Elapsed = Elapsed::from_millis(60_000);

/// The uses of a lease: times since its start, in order. Two uses in succession, apart from the
/// last one, have a minimum distance, which doubles when there are too many. So a gap between
/// recorded uses is longer than it really was by at most that distance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UseLog {
    distance: Elapsed,
    #[serde(with = "differences")]
    times: Vec<Elapsed>,
}

impl Default for UseLog {
    fn default() -> Self {
        Self {
            distance: FIRST_DISTANCE,
            times: Vec::new(),
        }
    }
}

impl UseLog {
    /// Records a use. One that is dated earlier than the last one adds nothing.
    pub(super) fn push(&mut self, at: Elapsed) {
        self.add(at);
        while self.times.len() > MAX_USES {
            self.distance = self.distance.plus(self.distance);
            for at in std::mem::take(&mut self.times) {
                self.add(at);
            }
        }
    }

    fn add(&mut self, at: Elapsed) {
        match self.times.as_mut_slice() {
            [.., last] if at <= *last => {}
            // The last one is too close to the one before, and stands for both until now.
            [.., before, last] if last.millis() - before.millis() < self.distance.millis() => {
                *last = at;
            }
            _ => self.times.push(at),
        }
    }

    /// The times since the start of the lease.
    pub(super) fn times(&self) -> &[Elapsed] {
        &self.times
    }
}

/// Serialises times as the milliseconds from each to the next, which take fewer bytes.
mod differences {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::values::ttl::Elapsed;

    pub(super) fn serialize<S: Serializer>(times: &[Elapsed], to: S) -> Result<S::Ok, S::Error> {
        let mut before = 0;
        let differences = times.iter().map(|at| {
            let difference = at.millis().saturating_sub(before);
            before = at.millis();
            difference
        });
        differences.collect::<Vec<u64>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Elapsed>, D::Error> {
        let mut at = 0_u64;
        let differences = Vec::<u64>::deserialize(from)?.into_iter();
        let times = differences.map(|difference| {
            at = at.saturating_add(difference);
            Elapsed::from_millis(at)
        });
        Ok(times.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Elapsed {
        Elapsed::from_millis(seconds * 1000)
    }

    fn log(times: impl IntoIterator<Item = u64>) -> UseLog {
        let mut log = UseLog::default();
        times.into_iter().for_each(|at| log.push(second(at)));
        log
    }

    fn seconds(log: &UseLog) -> Vec<u64> {
        log.times().iter().map(|at| at.seconds()).collect()
    }

    /// Uses that follow each other closely are thinned out. The first and the last one stay.
    #[test]
    fn close_uses_are_thinned_out() {
        assert_eq!(seconds(&log([5, 5, 3, 600, 4000])), [5, 600, 4000]);
        assert_eq!(seconds(&log((0..=200).step_by(20))), [0, 60, 120, 180, 200]);
    }

    /// However often a stack is used, the log is limited, and shows no gap that is much longer than
    /// the real one.
    #[test]
    fn the_log_is_limited() {
        let day = 86_400;
        let log = log((0..30 * day).step_by(30).chain([40 * day]));
        assert!(log.times().len() <= MAX_USES, "{}", log.times().len());
        let times = seconds(&log);
        assert_eq!((times.first(), times.last()), (Some(&0), Some(&(40 * day))));
        let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (last, others) = gaps.split_last().unwrap();
        let distance = log.distance.seconds();
        assert!(others.iter().all(|gap| *gap <= distance + 30), "{distance}");
        assert!(*last >= 10 * day && *last <= 10 * day + distance + 30);
    }
}
