//! Lengths of time as Terraform's numbers have them: seconds, with their milliseconds.

use stack::Elapsed;

/// Seconds with their milliseconds, which a float holds exactly enough for a person and a plan.
#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 milliseconds are 285,000 years"
)]
pub(crate) fn seconds(elapsed: Elapsed) -> f64 {
    elapsed.millis() as f64 / 1000.0
}
