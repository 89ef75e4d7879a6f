//! The time range that a metric query covers.

use jiff::Timestamp;
use stack::Span;

/// The finest period in seconds. Basic monitoring writes a point every five minutes; a finer period
/// would only leave gaps.
const FINE_PERIOD: i64 = 300;

/// The least time that a query covers, in seconds. A metric costs the same for any time, and a
/// longer time gives a better start of the quiet time.
const MIN_RANGE: i64 = 24 * 3600;

/// Points in one series. With these, 350 series fit into one call.
const MAX_SERIES_POINTS: i64 = 288;

/// How long CloudWatch keeps points of five minutes, in seconds. It keeps hourly points for longer.
const FINE_RETENTION: i64 = 63 * 24 * 3600;
const COARSE_PERIOD: i64 = 3600;

/// The time range of a query, and the window in which a use counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct MetricWindow {
    /// How far back a use counts.
    pub(super) window: Span,
    /// The start of the range, on the edge of a period.
    pub(super) from: Timestamp,
    /// The end of the range: now.
    pub(super) to: Timestamp,
    /// Seconds of one point.
    pub(super) period: i64,
}

impl MetricWindow {
    pub(super) fn new(window: Span, now: Timestamp) -> Self {
        let range = seconds(window).max(MIN_RANGE);
        let unit = if range > FINE_RETENTION {
            COARSE_PERIOD
        } else {
            FINE_PERIOD
        };
        let period = ((range - 1) / MAX_SERIES_POINTS / unit + 1) * unit;
        let from = (now.as_second() - range).div_euclid(period) * period;
        Self {
            window,
            from: Timestamp::from_second(from).unwrap_or(now),
            to: now,
            period,
        }
    }

    /// The start of the window in seconds since 1970.
    pub(super) fn start(&self) -> i64 {
        self.to.as_second() - seconds(self.window)
    }
}

/// The seconds of a span.
pub(super) fn seconds(span: Span) -> i64 {
    i64::try_from(span.seconds()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The period follows CloudWatch's rules, and the points of a series stay within the limit.
    #[test]
    fn periods_follow_the_rules() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        for days in [0, 1, 3, 14, 60, 90] {
            let window = Span::minutes(10 + days * 24 * 60);
            let range = MetricWindow::new(window, now);
            let span = range.to.as_second() - range.from.as_second();
            let unit = if days > 63 { 3600 } else { 300 };
            let period = range.period;
            assert_eq!(period % unit, 0, "{days} d: {period}");
            assert!(span / period <= MAX_SERIES_POINTS + 1, "{days} d: {period}");
            assert!(span >= seconds(window), "{days} d");
        }
    }
}
