//! The cloud's clock beside this machine's.

use jiff::Timestamp;

use super::{Service, ServiceError};
use crate::inventory::CloudClock;
use crate::values::ttl::{Elapsed, Span};

/// Further apart than this, what is due and how old something is are counted wrongly.
const TOLERANCE: Span = Span::minutes(5);

/// This machine's clock and the cloud's are too far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {here}, and the cloud's said {cloud} at that moment: what is due would be counted wrongly; set the clock, for example with `timedatectl set-ntp true`"
)]
pub struct ClockSkew {
    /// What this machine's clock said.
    pub here: Timestamp,
    /// What the cloud said.
    pub cloud: Timestamp,
    /// How far they are apart.
    pub apart: Elapsed,
}

impl ClockSkew {
    /// That two clocks are too far apart; `None` when they agree well enough.
    #[must_use]
    pub fn between(clock: CloudClock) -> Option<Self> {
        let apart = clock.skew();
        let CloudClock { cloud, here } = clock;
        (apart.millis() > TOLERANCE.seconds() * 1000).then_some(Self { here, cloud, apart })
    }
}

impl Service {
    /// That this machine's clock was too far from the cloud's when it was last told; `None` when it was not, and when
    /// nobody ever asked. Nothing is asked here.
    ///
    /// # Errors
    /// What the inventory says.
    pub async fn clock_skew(&self) -> Result<Option<ClockSkew>, ServiceError> {
        let view = self.cloud_view().await?;
        let clock = view.and_then(|view| view.known().clock);
        Ok(clock.and_then(ClockSkew::between))
    }
}
