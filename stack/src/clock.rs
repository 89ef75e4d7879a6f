//! Where the time comes from: an argument everywhere else, read from the system only here.

use jiff::Timestamp;

/// Says what time it is, in UTC.
pub trait Clock: Send + Sync {
    /// Now, in whole milliseconds.
    fn now(&self) -> Timestamp;
}

/// The clock of this machine, cut to whole milliseconds: what is written into the ledger is then
/// exactly what is read back from it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the time"
    )]
    fn now(&self) -> Timestamp {
        truncate_to_millis(Timestamp::now())
    }
}

/// The same moment without what is smaller than a millisecond.
#[must_use]
pub fn truncate_to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The system's clock has no digits below the millisecond.
    #[test]
    fn the_system_clock_is_cut_to_milliseconds() {
        assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000_000, 0);
    }
}
