//! The fold of events into a lease.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::event::{Event, EventKind, Operator};
use super::registration::Registration;
use super::transition::{IllegalTransition, Phase, TransitionFacts, next};
use super::{
    Dispatch, Hold, LastActivity, Lease, MetLock, Noncompliance, PowerOperation, ResidualResource,
    StoredTimestamp, Teardown,
};
use crate::clock::truncate_to_millis;
use crate::cost::Meter;
use crate::init::{Init, InitAccrual};
use crate::values::money::DollarTime;

impl Lease {
    /// Applies one event. The result is the latest lease under the name: `requested` on a stack
    /// that is gone starts a new lease.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event cannot follow; nothing of it is applied.
    pub fn apply(lease: Option<Self>, event: &Event) -> Result<Self, IllegalTransition> {
        let at = truncate_to_millis(event.at);
        let phase_before = lease.as_ref().map(|lease| lease.phase_at(at));
        let phase = next(
            phase_before,
            &event.kind,
            &facts(lease.as_ref(), &event.kind),
        )?;
        let mut lease = match (lease, &event.kind) {
            (lease, EventKind::Requested { registration }) => {
                let taken_over = lease.filter(Self::is_live);
                Self::begin(event, at, registration, phase, taken_over)
            }
            (Some(lease), _) => lease,
            (None, _) => {
                // `next` has already refused this case; a second error is cheaper than a panic.
                let reason = super::TransitionRefusal::NotRegistered;
                return Err(IllegalTransition {
                    phase: None,
                    event: event.kind.name().to_owned(),
                    reason,
                });
            }
        };
        lease.apply_fields(event, at, phase_before);
        // Something other than a wake ended the sleep, so some resources may still be stopped.
        let is_running = matches!(phase, Phase::Provisioning | Phase::Ready | Phase::Purgatory);
        let woken = matches!(event.kind, EventKind::Woken);
        lease.partly_asleep |= phase_before == Some(Phase::Asleep) && is_running && !woken;
        // A phase that follows from the clock alone is not recorded by an event that does not
        // change it: with another timeout, the phase would differ.
        let timed_out = matches!(event.kind, EventKind::ReadyTimedOut { .. });
        if (phase_before != Some(phase) || timed_out) && lease.recorded_phase != phase {
            lease.recorded_phase = phase;
            lease.phase_since = at;
        }
        lease.apply_phase(at);
        lease.last_seq = event.seq;
        lease.last_at = lease.last_at.max(at);
        Ok(lease)
    }

    /// Folds many events; `None` if there are none and there was no lease.
    ///
    /// # Errors
    /// [`IllegalTransition`] of the first event that cannot follow.
    pub fn fold(
        lease: Option<Self>,
        events: impl IntoIterator<Item: Borrow<Event>>,
    ) -> Result<Option<Self>, IllegalTransition> {
        events.into_iter().try_fold(lease, |lease, event| {
            Self::apply(lease, event.borrow()).map(Some)
        })
    }

    /// Starts a lease. If it takes over an unfinished registration, the stack keeps that one's
    /// creation time and spend.
    fn begin(
        event: &Event,
        at: Timestamp,
        registration: &Registration,
        phase: Phase,
        taken_over: Option<Self>,
    ) -> Self {
        let Registration {
            app,
            version,
            owner,
            terms,
            origin,
            policy,
        } = registration.clone();
        let created_at = taken_over.as_ref().map_or(at, |lease| lease.created_at);
        let mut meter = match &taken_over {
            Some(lease) => lease.meter.clone(),
            None => Meter::new(at, terms.hourly_cost),
        };
        meter.declare(at, terms.hourly_cost);
        let init = terms.ready_timeout.map(|_| Init::begin(at, &meter));
        let mut former_owners = Vec::new();
        if let Some(lease) = taken_over {
            former_owners = lease
                .owners()
                .filter(|former| **former != owner)
                .cloned()
                .collect();
        }
        let mut lease = Self {
            name: event.stack.clone(),
            app,
            version,
            owner,
            former_owners,
            terms,
            origin,
            max_ttl: policy.max_ttl,
            created_at,
            renewed_at: at,
            expires_at: at,
            recorded_phase: phase,
            phase_since: at,
            recorded: false,
            released: false,
            adopted_from: None,
            hold: None,
            init,
            meter,
            last_activity: None,
            warned: BTreeMap::new(),
            partly_asleep: false,
            partly_awake: false,
            wake_at: None,
            power_operation: None,
            teardown: None,
            dispatch: None,
            state_lock: None,
            noncompliance: None,
            forgotten: false,
            residue: BTreeMap::new(),
            deleting: BTreeSet::new(),
            unknown_events: 0,
            last_seq: event.seq,
            last_at: at,
        };
        lease.expires_at = lease.renewal_from(at).max(at);
        lease
    }

    /// Applies the fields of an event, except the phase.
    fn apply_fields(&mut self, event: &Event, at: Timestamp, phase_before: Option<Phase>) {
        use EventKind as E;
        match &event.kind {
            E::Recorded { origin } => {
                self.recorded = true;
                if let Some(origin) = origin {
                    self.origin = (**origin).clone();
                }
            }
            E::Provisioned => self.provisioned(at),
            E::PhaseMarked {
                phase,
                class,
                state,
                reported,
            } => {
                if let Some(init) = &mut self.init {
                    init.mark(at, phase, class.as_deref(), *state, *reported);
                }
            }
            E::CheckPassed { check } => {
                if let Some(init) = &mut self.init {
                    init.check_passed(at, check);
                }
            }
            E::Ready => {
                if let Some(init) = &mut self.init {
                    init.ready(at, &self.meter);
                }
            }
            E::VersionChanged { to, .. } => {
                self.version = to.clone();
                self.begin_init(at);
            }
            E::OwnerChanged { to, .. } => {
                let from = std::mem::replace(&mut self.owner, to.clone());
                self.former_owners
                    .retain(|owner| owner != to && *owner != from);
                if from != *to {
                    self.former_owners.push(from);
                }
            }
            E::TermsChanged { terms } => {
                self.meter.declare(at, terms.hourly_cost);
                let longer = terms.ttl.span() > self.terms.ttl.span();
                self.terms = (**terms).clone();
                if terms.ready_timeout.is_none() {
                    self.init = None;
                }
                // A shorter TTL applies from the next renewal: an edit must not end a stack.
                if longer {
                    self.expires_at = self.expires_at.max(self.renewal_from(self.renewed_at));
                }
            }
            E::Renewed { policy } => {
                if let Some(policy) = policy {
                    self.max_ttl = policy.max_ttl;
                }
                self.renewed_at = at;
                self.expires_at = self.expires_at.max(self.renewal_from(at));
            }
            E::Extended { until, .. } => {
                self.expires_at = self.expires_at.max(truncate_to_millis(*until));
            }
            E::Held { until, why } => {
                let (until, why) = (truncate_to_millis(*until), why.clone());
                self.hold = Some(Hold {
                    until,
                    why,
                    by: event.actor.clone(),
                });
            }
            E::HoldEnded => self.hold = None,
            E::Rated {
                hourly_usd,
                hourly_source,
                unpriced,
                at_least,
                accrued,
                created,
            } => {
                self.meter.measure(at, *hourly_usd, hourly_source, unpriced);
                let of_init = self.init.as_ref().map(|init| InitAccrual {
                    before: self.meter.charged_until(accrued, init.requested_at()),
                    until_ready: init.ready_at().map_or(DollarTime::ZERO, |ready| {
                        self.meter.charged_until(accrued, ready)
                    }),
                });
                self.meter.accrue(at, accrued);
                self.meter.set_minimum_charges(at, at_least);
                if let Some(init) = &mut self.init {
                    init.rated(&self.meter, of_init.unwrap_or_default());
                    init.created(created);
                }
            }
            E::SleepStarted {
                until, operator, ..
            } => {
                self.partly_asleep = true;
                self.wake_at = until.map(|until| StoredTimestamp(truncate_to_millis(until)));
                self.start_power_operation(event, at, operator.as_deref());
            }
            E::Slept => {
                (self.partly_asleep, self.partly_awake) = (false, false);
                self.power_operation = None;
            }
            E::WakeStarted { operator } => {
                self.partly_awake = true;
                self.start_power_operation(event, at, operator.as_deref());
            }
            E::PowerOperationAlive { run } => {
                if let Some(turn) = self
                    .power_operation
                    .as_mut()
                    .filter(|turn| turn.operator.run == *run)
                {
                    turn.alive_at = turn.alive_at.max(at);
                }
            }
            E::PowerOperationFailed { run, .. } => {
                self.power_operation
                    .take_if(|turn| turn.operator.run == *run);
            }
            E::Woken => {
                (self.partly_asleep, self.partly_awake) = (false, false);
                self.power_operation = None;
                self.wake_at = None;
                self.begin_init(at);
            }
            E::Activity { signal } => {
                if self.last_activity.as_ref().is_none_or(|last| last.at <= at) {
                    self.last_activity = Some(LastActivity {
                        at,
                        signal: signal.clone(),
                    });
                }
            }
            E::Noncompliant { findings, more } => {
                let before = self.noncompliance.take();
                self.noncompliance = Some(Noncompliance {
                    since: before.map_or(at, |before| before.since),
                    findings: findings.clone(),
                    more: *more,
                });
            }
            E::Compliant => self.noncompliance = None,
            E::Warned { warning } => {
                self.warned.insert(warning.clone(), StoredTimestamp(at));
            }
            E::TeardownStarted {
                strategy,
                by,
                why,
                run,
                host,
                pid,
            } => {
                let before = self.teardown.take();
                self.state_lock = None;
                self.power_operation = None;
                self.teardown = Some(Teardown {
                    strategy: *strategy,
                    by: by.clone(),
                    why: why.clone(),
                    run: run.clone(),
                    host: host.clone(),
                    pid: *pid,
                    started_at: at,
                    alive_at: at,
                    came_from: before
                        .as_ref()
                        .map_or(phase_before.unwrap_or(Phase::Residue), |t| t.came_from),
                    // Of an interrupted run, nothing says which of its deletes took effect.
                    touched: before.is_some_and(|t| t.touched) || !self.deleting.is_empty(),
                });
            }
            E::TeardownAlive { deleting } => {
                self.deleting.extend(deleting.iter().cloned());
                self.touch_heartbeat(at, false);
            }
            E::TeardownDispatched { by, why, until } => {
                self.dispatch = Some(Dispatch {
                    by: by.clone(),
                    why: why.clone(),
                    at,
                    until: truncate_to_millis(*until),
                });
            }
            E::ResourceDeleted { id } => {
                self.residue.remove(id);
                self.deleting.remove(id);
                self.touch_heartbeat(at, true);
            }
            E::ResourceLeft {
                id,
                reason,
                blocked_by,
                details,
            } => {
                let left = ResidualResource {
                    reason: reason.clone(),
                    blocked_by: blocked_by.clone(),
                    kind: details.kind.clone(),
                    region: details.region.clone(),
                    hourly_usd: details.hourly_usd,
                    command: details.command.clone(),
                    resource_id: details.resource_id.clone(),
                };
                self.residue.insert(id.clone(), left);
                self.deleting.remove(id);
                self.touch_heartbeat(at, true);
            }
            E::StateLocked { lock, since } => {
                self.state_lock = Some(MetLock {
                    id: lock.clone(),
                    since: truncate_to_millis(*since),
                });
            }
            E::OriginMoved { to, .. } => self.origin = (**to).clone(),
            E::Forgotten { .. } => self.forgotten = true,
            E::Released => {
                self.released = true;
                self.touch_heartbeat(at, true);
            }
            E::Adopted {
                from_ledger,
                created_at,
            } => {
                self.adopted_from.clone_from(from_ledger);
                self.init = None;
                if let Some(created_at) = created_at {
                    self.created_at = truncate_to_millis(*created_at).min(self.created_at);
                }
                // The stack is no younger than it was in the other ledger, so the cap applies, but
                // never into the past.
                self.expires_at = self.renewal_from(at).max(at);
            }
            E::Unknown(_) => self.unknown_events = self.unknown_events.saturating_add(1),
            E::TeardownFailed { .. } => {
                // The other side failed, or this side gave up.
                self.dispatch = None;
                // The run ended before its first delete.
                if self.teardown.as_ref().is_some_and(|t| !t.touched) {
                    self.deleting.clear();
                }
            }
            E::ReadyTimedOut { checks } => {
                if let Some(init) = &mut self.init {
                    init.timed_out(checks);
                }
            }
            E::NotReady { found_by, cause } => {
                if let Some(init) = &mut self.init {
                    init.not_ready(at, found_by, cause.as_ref());
                }
            }
            E::Requested { .. }
            | E::Gone
            // It changes how earlier events count, which needs the whole history.
            | E::Misdated { .. } => {}
        }
    }

    /// Applies the consequences of the new phase.
    fn apply_phase(&mut self, at: Timestamp) {
        if self.recorded_phase != Phase::TearingDown {
            self.teardown = None;
        }
        if self.recorded_phase == Phase::Gone {
            self.residue.clear();
            self.deleting.clear();
            self.dispatch = None;
            self.meter.stop(at);
        } else {
            self.meter.restart(at);
        }
    }

    /// The end of the lease after a renewal, never past the cap.
    fn renewal_from(&self, at: Timestamp) -> Timestamp {
        let end = self.terms.ttl.span().after(at);
        self.cap().map_or(end, |cap| end.min(cap))
    }

    /// The first `provisioned` of an init is its midpoint. A later one means that the checks run
    /// again, which is a new init.
    fn provisioned(&mut self, at: Timestamp) {
        let awaited = self.init.as_ref().is_some_and(Init::awaits_provisioning);
        if !awaited {
            self.begin_init(at);
        }
        if let Some(init) = &mut self.init {
            init.provisioned(at);
        }
    }

    fn begin_init(&mut self, at: Timestamp) {
        self.init = self
            .terms
            .ready_timeout
            .map(|_| Init::begin(at, &self.meter));
        if self.init.is_some() {
            self.phase_since = at;
        }
    }

    fn start_power_operation(&mut self, event: &Event, at: Timestamp, operator: Option<&Operator>) {
        self.power_operation = operator.map(|operator| PowerOperation {
            operator: operator.clone(),
            by: event.actor.clone(),
            started_at: at,
            alive_at: at,
        });
    }

    fn touch_heartbeat(&mut self, at: Timestamp, touched: bool) {
        // Its runner, or Terraform, has had the lock.
        self.state_lock = None;
        if let Some(teardown) = &mut self.teardown {
            teardown.alive_at = teardown.alive_at.max(at);
            teardown.touched |= touched;
        }
    }
}

/// Collects the facts that `next` needs, from the lease and from the event's own terms.
fn facts(lease: Option<&Lease>, event: &EventKind) -> TransitionFacts {
    let terms = match event {
        EventKind::Requested { registration } => Some(&registration.terms),
        EventKind::TermsChanged { terms } => Some(&**terms),
        _ => lease.map(|lease| &lease.terms),
    };
    let teardown = lease.and_then(|lease| lease.teardown.as_ref());
    TransitionFacts {
        declares_readiness: terms.is_some_and(|terms| terms.ready_timeout.is_some()),
        recorded: lease.is_some_and(|lease| lease.recorded),
        partly_asleep: lease.is_some_and(|lease| lease.partly_asleep),
        touched: teardown.is_some_and(|teardown| teardown.touched),
        came_from: teardown.map(|teardown| teardown.came_from),
    }
}
