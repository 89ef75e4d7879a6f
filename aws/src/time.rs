//! Converts SDK timestamps.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A timestamp; `None` if there is none or it is out of range.
pub(crate) fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::from_millisecond(time.to_millis().ok()?).ok())
}
