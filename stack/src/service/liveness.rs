//! Whether the process that works on a stack is still alive, as the ledger records it.

use jiff::Timestamp;

use crate::lease::{Lease, PowerOperation};
use crate::process::{self, Liveness};
use crate::values::ttl::{Elapsed, Span};

/// After this time without a heartbeat, a process counts as dead and another may take over.
pub(super) const SILENCE_LIMIT: Span = Span::minutes(10);

/// The sleep or wake in progress; `None` when there is none, or its process is provably dead or has
/// been silent for longer than [`SILENCE_LIMIT`].
pub(super) fn active_operation(lease: &Lease, now: Timestamp) -> Option<&PowerOperation> {
    lease.power_operation.as_ref().filter(|operation| {
        let dead = process::liveness(&operation.operator.process) == Liveness::Dead;
        !dead && !is_silent(operation.alive_at, now)
    })
}

/// Whether the last heartbeat is older than [`SILENCE_LIMIT`].
pub(super) fn is_silent(alive_at: Timestamp, now: Timestamp) -> bool {
    Elapsed::between(alive_at, now).millis() > SILENCE_LIMIT.seconds() * 1000
}
