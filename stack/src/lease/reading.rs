//! A lease at a moment: what time alone has made of it, with nobody running.

use jiff::Timestamp;

use super::{Lease, Phase};
use crate::values::ttl::{Elapsed, Span};

/// Less than this left is expiring, whatever the TTL.
const EXPIRING_WITHIN: Span = Span::minutes(60);

/// What a lease says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseStatus {
    /// The phase, time-outs included.
    pub phase: Phase,
    /// Since when it has been in that phase.
    pub phase_since: Timestamp,
    /// Until when it may live.
    pub expires_at: Timestamp,
    /// Its time is over, and it is not gone.
    pub expired: bool,
    /// Less than a tenth of the TTL is left, or less than an hour, and it is not expired.
    pub expiring: bool,
    /// The end of the hold, while it is held.
    pub hold_until: Option<Timestamp>,
    /// When it will be, or was, in purgatory for want of readiness; `None` when it is ready, or never
    /// promised to be.
    pub ready_deadline: Option<Timestamp>,
}

impl Lease {
    /// Reads the lease at a moment.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> LeaseStatus {
        let ready_deadline = self.ready_deadline();
        let (phase, phase_since) = match ready_deadline {
            Some(deadline) if self.recorded_phase == Phase::Provisioning && deadline <= now => {
                (Phase::Purgatory, deadline)
            }
            _ => (self.recorded_phase, self.phase_since),
        };
        let expired = self.is_live() && self.expires_at <= now;
        LeaseStatus {
            phase,
            phase_since,
            expires_at: self.expires_at,
            expired,
            expiring: self.is_live() && !expired && self.is_expiring(now),
            hold_until: self
                .hold
                .as_ref()
                .map(|h| h.until)
                .filter(|u| self.is_live() && *u > now),
            ready_deadline,
        }
    }

    /// The phase at a moment, time-outs included.
    #[must_use]
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        self.at(now).phase
    }

    /// The time is counted from the checks' beginning; before that from the request, because what
    /// is stuck in creation is billed as well.
    fn ready_deadline(&self) -> Option<Timestamp> {
        if !matches!(self.recorded_phase, Phase::Provisioning | Phase::Purgatory) {
            return None;
        }
        let init = self.init.as_ref()?;
        let from = init.provisioned_at().unwrap_or(init.requested_at());
        self.terms.ready_timeout.map(|timeout| timeout.after(from))
    }

    fn is_expiring(&self, now: Timestamp) -> bool {
        let left = Elapsed::between(now, self.expires_at).millis();
        let ttl = self.terms.ttl.span().seconds() * 1000;
        left < EXPIRING_WITHIN.seconds() * 1000 || left < ttl / 10
    }
}
