//! The source of time. Only this module reads the system clock; all other code takes the time as an
//! argument.

use jiff::Timestamp;

/// Returns the current time in UTC.
pub trait Clock: Send + Sync {
    /// The current time, in whole milliseconds.
    fn now(&self) -> Timestamp;
}

/// The system clock, truncated to milliseconds, so that a time read back from the ledger equals the
/// time that was written.
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

/// Drops everything below one millisecond.
#[must_use]
pub fn truncate_to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The system clock returns whole milliseconds.
    #[test]
    fn the_system_clock_is_cut_to_milliseconds() {
        assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000_000, 0);
    }
}
