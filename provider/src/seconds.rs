//! Durations as Terraform numbers: seconds with a fraction.

use stack::Elapsed;

/// The duration in seconds, with millisecond precision.
#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 milliseconds are 285,000 years"
)]
pub(crate) fn seconds(elapsed: Elapsed) -> f64 {
    elapsed.millis() as f64 / 1000.0
}
