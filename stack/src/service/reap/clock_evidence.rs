//! Judges this machine's clock by the ledger: events from the future are either misdated, or show
//! that this machine's clock is behind.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::inventory::CloudClock;
use crate::lease::{Lease, MisdatedEvent, is_ahead, misdated};
use crate::ledger::{Ledger, LedgerError};
use crate::reaper::ReaperStatus;
use crate::service::ClockSkew;
use crate::values::id::{Actor, Seq, StackName};
use crate::values::ttl::Span;

/// For how long a comparison with the cloud's clock counts.
const CLOUD_CLOCK_AGE: Span = Span::minutes(60);

/// What the ledger says about a clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockEvidence {
    /// The events that lie in the future of the clock, by stack.
    pub misdated: Vec<MisdatedEvent>,
    /// Whether another source agrees with the clock: the cloud's clock, or an author of events who
    /// wrote none from the future. Otherwise this clock may be behind.
    pub is_confirmed: bool,
}

impl ClockEvidence {
    /// The stacks with events from the future.
    #[must_use]
    pub fn stacks(&self) -> BTreeSet<&StackName> {
        self.misdated.iter().map(|event| &event.stack).collect()
    }
}

/// Compares a clock with the ledger, and with the cloud's clock as last compared. Reads events only
/// if some lie in the future. A stack whose events cannot be read says nothing about a clock.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn clock_evidence(
    ledger: &dyn Ledger,
    leases: &[Lease],
    reaper: &ReaperStatus,
    cloud: Option<CloudClock>,
    now: Timestamp,
) -> Result<ClockEvidence, LedgerError> {
    let mut evidence = ClockEvidence::default();
    let last_run = reaper.last_run.as_ref();
    let runs_ahead = last_run.is_some_and(|run| is_ahead(run.started_at, now));
    let (ahead, others): (Vec<&Lease>, Vec<&Lease>) = leases
        .iter()
        .partition(|lease| is_ahead(lease.last_at, now));
    if ahead.is_empty() && !runs_ahead {
        evidence.is_confirmed = true;
        return Ok(evidence);
    }
    let mut authors = BTreeSet::new();
    for lease in &ahead {
        let events = readable(ledger, &lease.name).await?;
        evidence.misdated.extend(misdated(&events, now));
        authors.extend(events.into_iter().map(|event| event.actor));
    }
    if cloud.is_some_and(|clock| agrees(clock, now)) {
        evidence.is_confirmed = true;
        return Ok(evidence);
    }
    // An event from the future is set aside together with its author.
    let mut set_aside: BTreeSet<Actor> = BTreeSet::new();
    set_aside.extend(evidence.misdated.iter().map(|event| event.actor.clone()));
    let ran_on = last_run.filter(|_| runs_ahead).map(|run| run.host.as_str());
    let confirms = |actor: &Actor| {
        let host = actor.as_str().rsplit_once('@').map(|(_, host)| host);
        !set_aside.contains(actor) && (ran_on.is_none() || host != ran_on)
    };
    evidence.is_confirmed = authors.iter().any(confirms);
    for lease in others {
        if evidence.is_confirmed {
            break;
        }
        let events = readable(ledger, &lease.name).await?;
        evidence.is_confirmed = events.iter().any(|event| confirms(&event.actor));
    }
    Ok(evidence)
}

/// Whether the cloud's clock agreed with this machine's, in a comparison that is not old.
fn agrees(clock: CloudClock, now: Timestamp) -> bool {
    let recent = !is_ahead(clock.here, now) && CLOUD_CLOCK_AGE.after(clock.here) > now;
    recent && ClockSkew::between(clock).is_none()
}

async fn readable(
    ledger: &dyn Ledger,
    stack: &StackName,
) -> Result<Vec<crate::lease::Event>, LedgerError> {
    match ledger.events(stack, Seq::NONE).await {
        Err(LedgerError::Corrupt { .. }) => Ok(Vec::new()),
        events => events,
    }
}
