//! The status of a lease at a given time, derived from the clock without any running process.

use jiff::Timestamp;

use super::{Lease, Phase};
use crate::values::ttl::{Elapsed, Span};

/// A lease with less than this left is expiring, whatever its TTL.
const EXPIRING_WITHIN: Span = Span::minutes(60);

/// The status of a lease at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseStatus {
    /// The phase, including timeouts.
    pub phase: Phase,
    /// The start of that phase.
    pub phase_since: Timestamp,
    /// The end of the lease.
    pub expires_at: Timestamp,
    /// The end has passed and the stack is not gone.
    pub expired: bool,
    /// Less than a tenth of the TTL, or less than an hour, is left, and the lease has not expired.
    pub expiring: bool,
    /// The end of the hold, if the stack is held.
    pub hold_until: Option<Timestamp>,
    /// When the stack enters, or entered, purgatory; `None` if it is ready or declares no
    /// readiness.
    pub ready_deadline: Option<Timestamp>,
}

impl Lease {
    /// Computes the status at `now`.
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

    /// The phase at `now`, including timeouts.
    #[must_use]
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        self.at(now).phase
    }

    /// The timeout counts from the start of the checks, or, before that, from the request, because
    /// a stack that is stuck in creation is billed too.
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
