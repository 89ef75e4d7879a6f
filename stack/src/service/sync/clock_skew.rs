//! Compares this machine's clock with the cloud's.

use jiff::Timestamp;

use super::{CloudData, ServiceError};
use crate::inventory::CloudClock;
use crate::values::ttl::{Elapsed, Span};

/// Beyond this difference, due times and ages would be wrong.
const TOLERANCE: Span = Span::minutes(5);

/// This machine's clock and the cloud's are too far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {here}, and the cloud's said {cloud} at that moment: jiti would compute wrong due times; set the clock, for example with `timedatectl set-ntp true`"
)]
pub struct ClockSkew {
    /// This machine's time.
    pub here: Timestamp,
    /// The cloud's time at that moment.
    pub cloud: Timestamp,
    /// The difference.
    pub apart: Elapsed,
}

impl ClockSkew {
    /// An error if two clocks are too far apart.
    #[must_use]
    pub fn between(clock: CloudClock) -> Option<Self> {
        let apart = clock.skew();
        let CloudClock { cloud, here } = clock;
        (apart.millis() > TOLERANCE.seconds() * 1000).then_some(Self { here, cloud, apart })
    }
}

impl CloudData<'_> {
    /// Whether this machine's clock was too far from the cloud's when the cloud was last asked;
    /// `None` when it was not, or the cloud was never asked. This makes no call.
    ///
    /// # Errors
    /// When the inventory cannot be read or written.
    pub async fn clock_skew(self) -> Result<Option<ClockSkew>, ServiceError> {
        let view = self.cloud_view().await?;
        let clock = view.and_then(|view| view.known().clock);
        Ok(clock.and_then(ClockSkew::between))
    }
}
