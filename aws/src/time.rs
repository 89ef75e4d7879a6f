//! Moments of an SDK as ours.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A moment; `None` when there is none, or it is out of range.
pub(crate) fn timestamp(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::from_millisecond(at.to_millis().ok()?).ok())
}
