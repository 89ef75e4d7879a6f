//! The history of one lease, as far as reports need it. It does not depend on a report's period,
//! its grouping, or the time.

mod segment;
mod start_record;
mod terms_record;
mod to_timeline;
mod use_log;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use segment::Segment;
pub(super) use start_record::{PhaseRecord, StartRecord};

use self::terms_record::{ExtensionRecord, HoldRecord, TermsRecord};
use self::use_log::UseLog;
use super::GroupBy;
use super::figures::EndCause;
use crate::cost::{EarlierCharge, MeterReading};
use crate::economics::{SliceState, StartKind};
use crate::init::{FailedCheck, Init, InitPhase};
use crate::lease::{Event, EventKind, Lease, Phase};
use crate::values::id::{AppName, AppVersion, Owner};
use crate::values::money::{DollarTime, HourlyRate};
use crate::values::serde_timestamp;
use crate::values::tags::Labels;
use crate::values::ttl::Elapsed;

/// The history of one lease. It is stored in a format without field names: raise
/// `HISTORY_FORMAT` with every change of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeaseHistory {
    /// What the groups are made of, each time that it changed. The last one is current.
    attributes: Vec<GroupAttributes>,
    /// When the lease began. Other times count from then on, which keeps them short.
    #[serde(with = "serde_timestamp")]
    pub(super) from: Timestamp,
    /// For how long the stack had existed by then, in another ledger. The maximum total lifetime
    /// counts from its creation.
    created_before: Elapsed,
    /// The time that the stack existed, in order, up to the tail.
    pub(super) segments: Vec<Segment>,
    /// When the stack was seen in purgatory, in order.
    pub(super) purgatories: Vec<PurgatoryReading>,
    /// The starts, in order.
    pub(super) starts: Vec<StartRecord>,
    /// The names and classes of the phases of the starts, each once.
    phase_names: Vec<String>,
    /// When the stack was used.
    uses: UseLog,
    /// The terms, each time that they changed.
    terms: Vec<TermsRecord>,
    /// When the lease was renewed.
    renewals: Vec<Elapsed>,
    extensions: Vec<ExtensionRecord>,
    holds: Vec<HoldRecord>,
    /// The teardowns that left residue.
    pub(super) residues: Vec<LeaseMark>,
    /// The first end of the lease. A stack that is reopened as residue does not end again.
    pub(super) end: Option<LeaseEnd>,
    /// The check that failed when the current start timed out.
    pub(super) failed_check: Option<FailedCheck>,
    /// The latest date of any event.
    #[serde(with = "serde_timestamp")]
    pub(crate) last_at: Timestamp,
    /// What follows the segments.
    pub(super) tail: Tail,
}

/// The position of a lease's group in its history.
pub(super) type AttributesIndex = u32;

/// What the groups of a lease are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupAttributes {
    pub(super) app: AppName,
    pub(super) version: AppVersion,
    pub(super) owner: Owner,
    pub(super) labels: Labels,
}

impl GroupAttributes {
    pub(super) fn of(lease: &Lease) -> Self {
        Self {
            app: lease.app.clone(),
            version: lease.version.clone(),
            owner: lease.owner.clone(),
            labels: lease.terms.labels.clone(),
        }
    }

    fn describe(&self, lease: &Lease) -> bool {
        self.version == lease.version
            && self.owner == lease.owner
            && self.app == lease.app
            && self.labels == lease.terms.labels
    }

    /// The name of the group in a report; `None` if the attributes do not decide it.
    pub(super) fn group(&self, by: &GroupBy) -> Option<String> {
        Some(match by {
            GroupBy::App => self.app.to_string(),
            GroupBy::Owner => self.owner.to_string(),
            GroupBy::Version => format!("{}@{}", self.app, self.version),
            GroupBy::Label(key) => match self.labels.as_map().get(key) {
                Some(value) => value.clone(),
                None => format!("(no {key})"),
            },
            GroupBy::Day => return None,
        })
    }
}

/// A reading of the phase that showed purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PurgatoryReading {
    pub(super) purgatory: Purgatory,
    /// The time of the reading.
    #[serde(with = "serde_timestamp")]
    pub(super) at: Timestamp,
    pub(super) attributes: AttributesIndex,
}

/// A purgatory: of which init, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Purgatory {
    /// The start of the init, which identifies it.
    #[serde(with = "serde_timestamp")]
    pub(super) init: Timestamp,
    #[serde(with = "serde_timestamp")]
    pub(super) since: Timestamp,
}

/// Something that happened to a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeaseMark {
    #[serde(with = "serde_timestamp")]
    pub(super) at: Timestamp,
    pub(super) attributes: AttributesIndex,
}

/// The end of a lease, and its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeaseEnd {
    pub(super) mark: LeaseMark,
    pub(super) cause: EndCause,
}

/// The state of a lease after its last event, from which its history continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    /// The time up to which the segments go.
    #[serde(with = "serde_timestamp")]
    pub(super) entered: Timestamp,
    /// What the stack had spent when the segments got there.
    entered_spent: DollarTime,
    meter: MeterReading,
    /// Whether the stack still exists.
    pub(super) is_live: bool,
    /// The state, without timeouts.
    pub(super) state: SliceState,
    /// Whether the last start is the current init of the lease.
    has_init: bool,
    /// The purgatory that the stack is in, or enters without another event.
    pub(super) purgatory: Option<Purgatory>,
}

impl Tail {
    /// The spend up to a time; `None` if no rate was ever known.
    pub(super) fn spent(&self, to: Timestamp) -> Option<DollarTime> {
        self.meter.spent(to)
    }

    /// The current rate.
    pub(super) fn rate(&self) -> Option<HourlyRate> {
        self.meter.rate
    }
}

/// What an event is about to do to a lease, as far as it can be told only before it is applied.
pub(super) struct EventEffect<'a> {
    event: &'a Event,
    at: Timestamp,
    /// What starts, if the event starts an init.
    starts: Option<StartKind>,
    /// Since when a first measurement can add what was spent before it; `None` for other events.
    accrues_from: Option<Timestamp>,
}

impl<'a> EventEffect<'a> {
    /// The effect of an event on the lease before it.
    pub(super) fn of(lease: &Lease, event: &'a Event, at: Timestamp) -> Self {
        let awaited = lease.init.as_ref().is_some_and(Init::awaits_provisioning);
        let starts = match &event.kind {
            EventKind::Requested { .. } => Some(StartKind::Request),
            EventKind::VersionChanged { .. } => Some(StartKind::Version),
            EventKind::Woken => Some(StartKind::Wake),
            EventKind::Provisioned if !awaited => Some(StartKind::Recheck),
            _ => None,
        };
        let accrues_from = match &event.kind {
            EventKind::Rated { .. } => lease.meter.accrues_from(),
            _ => None,
        };
        Self {
            event,
            at,
            starts,
            accrues_from,
        }
    }
}

impl LeaseHistory {
    /// Encodes the history in the format [`FORMAT`](super::FORMAT).
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }

    /// Decodes a history; `None` if it has another format.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (history, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(history)
    }

    /// The history of a lease that has just begun with an event.
    pub(super) fn begin(lease: &Lease, event: &Event, at: Timestamp) -> Self {
        let mut history = Self {
            from: at,
            created_before: Elapsed::default(),
            attributes: vec![GroupAttributes::of(lease)],
            segments: Vec::new(),
            purgatories: Vec::new(),
            starts: Vec::new(),
            phase_names: Vec::new(),
            uses: UseLog::default(),
            terms: Vec::new(),
            renewals: Vec::new(),
            extensions: Vec::new(),
            holds: Vec::new(),
            residues: Vec::new(),
            end: None,
            failed_check: None,
            last_at: at,
            tail: tail(lease, at, DollarTime::ZERO),
        };
        history.record_start(lease, Some(StartKind::Request), at);
        history.record_terms(lease, &event.kind, at);
        history
    }

    /// Adds the time up to an event, before the event changes anything.
    pub(super) fn enter(&mut self, to: Timestamp) {
        for segment in self.segments_until(to) {
            match self.segments.last_mut() {
                Some(last) if segment.continues(last) => last.extend(&segment),
                _ => self.segments.push(segment),
            }
        }
        if to > self.tail.entered
            && let Some(reading) = self.purgatory_at(to)
        {
            self.add_purgatory(reading);
            let current = self.starts.last_mut().filter(|_| self.tail.has_init);
            if let Some(start) = current {
                start.timed_out_at.get_or_insert(reading.purgatory.since);
            }
        }
        self.tail.entered_spent = self.tail.spent(to).unwrap_or_default();
        self.tail.entered = self.tail.entered.max(to);
    }

    /// Continues with the lease after an event.
    pub(super) fn follow(&mut self, lease: &Lease, effect: &EventEffect<'_>) {
        let EventEffect {
            event,
            at,
            starts,
            accrues_from,
        } = *effect;
        // The first measurement can add what the time before it has cost.
        if self.tail.meter.rate.is_none() && !lease.meter.has_unknown_time() {
            let segments = self.segments.iter_mut();
            for segment in segments.filter(|segment| segment.rate.is_none()) {
                segment.is_minimum = false;
                segment.is_known |= accrues_from.is_some();
            }
        }
        if let EventKind::Rated {
            hourly_usd: Some(_),
            accrued,
            ..
        } = &event.kind
            && let Some(from) = accrues_from
        {
            self.spread(accrued, from, at);
        }
        let current = self.attributes.last();
        if !current.is_some_and(|current| current.describe(lease)) {
            self.attributes.push(GroupAttributes::of(lease));
        }
        if starts.is_some() || changes_init(&event.kind) {
            self.record_start(lease, starts, at);
        }
        self.created_before = Elapsed::between(lease.created_at, self.from);
        self.record_terms(lease, &event.kind, at);
        self.record_decision(&event.kind, at);
        if !lease.is_live() {
            self.end_start(at);
        }
        let Tail {
            entered,
            entered_spent,
            ..
        } = self.tail;
        self.tail = tail(lease, entered, entered_spent);
    }

    /// Counts what the first measurement adds in the time in which it was spent: each resource from
    /// its creation on.
    fn spread(&mut self, accrued: &[EarlierCharge], from: Timestamp, at: Timestamp) {
        let mut spread = DollarTime::ZERO;
        for charge in accrued {
            let since = charge.since.max(from);
            segment::cut(&mut self.segments, since);
            segment::cut(&mut self.segments, at);
            for segment in &mut self.segments {
                if segment.from >= since && segment.to <= at {
                    spread = spread + segment.charge(charge.hourly_usd);
                }
            }
        }
        // The rest, where clocks disagree, counts from now on.
        self.tail.entered_spent = self.tail.entered_spent + spread;
    }

    /// Records the current init of a lease as the last start.
    fn record_start(&mut self, lease: &Lease, starts: Option<StartKind>, at: Timestamp) {
        let Some(init) = &lease.init else {
            if starts.is_some() {
                self.end_start(at);
            } else if self.tail.has_init && self.starts.last().is_some_and(StartRecord::is_open) {
                // The stack no longer declares its readiness, or was adopted.
                self.starts.pop();
            }
            return;
        };
        if let Some(kind) = starts {
            self.end_start(at);
            self.failed_check = None;
            let attributes = self.current_index();
            let start = StartRecord::begin(kind, init.requested_at(), attributes);
            self.starts.push(start);
        }
        let phases = init.phases();
        let phases = phases.iter().map(|phase| self.phase_record(init, phase));
        let phases: Vec<_> = phases.collect();
        if let Some(start) = self.starts.last_mut() {
            start.provisioned_at = init.provisioned_at();
            start.ready_at = init.ready_at();
            start.phases = phases;
        }
        let failed = init.failed_checks().first();
        self.failed_check = failed.filter(|_| init.ready_at().is_none()).cloned();
    }

    fn phase_record(&mut self, init: &Init, phase: &InitPhase) -> PhaseRecord {
        PhaseRecord {
            name: self.phase_name(&phase.name),
            class: phase.class.as_deref().map(|class| self.phase_name(class)),
            after: Elapsed::between(init.requested_at(), phase.started_at),
            seconds: phase.seconds,
        }
    }

    fn phase_name(&mut self, name: &str) -> u32 {
        let known = self.phase_names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.phase_names.push(name.to_owned());
            self.phase_names.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Ends the current start, unless it has an outcome.
    fn end_start(&mut self, at: Timestamp) {
        if let Some(start) = self.starts.last_mut()
            && start.ended_at.is_none()
            && start.ready_at.is_none()
        {
            start.ended_at = Some(at);
        }
    }

    fn record_terms(&mut self, lease: &Lease, event: &EventKind, at: Timestamp) {
        let grace = match event {
            EventKind::Requested { registration } => Some(registration.policy.grace),
            EventKind::Renewed {
                policy: Some(policy),
            } => Some(policy.grace),
            EventKind::TermsChanged { .. } => self.terms.last().and_then(TermsRecord::grace),
            _ => return,
        };
        let after = Elapsed::between(self.from, at);
        let terms = TermsRecord::of(lease, grace, after);
        if !self.terms.last().is_some_and(|last| last.is_same(&terms)) {
            self.terms.push(terms);
        }
    }

    /// Records uses, renewals, extensions and holds.
    fn record_decision(&mut self, event: &EventKind, at: Timestamp) {
        let after = Elapsed::between(self.from, at);
        match event {
            EventKind::Activity { .. } => self.uses.push(after),
            EventKind::Renewed { .. } => self.renewals.push(after),
            EventKind::Extended { by, .. } => self.extensions.push(ExtensionRecord {
                after,
                seconds: by.seconds(),
            }),
            EventKind::Held { until, .. } => {
                let until = Elapsed::between(self.from, *until);
                terms_record::end_hold(&mut self.holds, after);
                self.holds.push(HoldRecord { after, until });
            }
            EventKind::HoldEnded => terms_record::end_hold(&mut self.holds, after),
            _ => {}
        }
    }

    /// The segments from the last one until a time, one for each state: a stack can enter purgatory
    /// without an event.
    pub(super) fn segments_until(&self, to: Timestamp) -> impl Iterator<Item = Segment> + use<> {
        let segment = self.segment_until(to);
        let since = self.tail.purgatory.map(|purgatory| purgatory.since);
        let (before, after) = match (segment, since) {
            (Some(mut segment), Some(since)) if segment.state == SliceState::Init => {
                if since >= segment.to {
                    (Some(segment), None)
                } else if since <= segment.from {
                    segment.state = SliceState::Purgatory;
                    (None, Some(segment))
                } else {
                    let (before, mut after) = segment.split(since);
                    after.state = SliceState::Purgatory;
                    (Some(before), Some(after))
                }
            }
            (segment, _) => (segment, None),
        };
        before.into_iter().chain(after)
    }

    fn segment_until(&self, to: Timestamp) -> Option<Segment> {
        let tail = &self.tail;
        let spent = tail.spent(to);
        (to > tail.entered).then(|| Segment {
            from: tail.entered,
            to,
            attributes: self.current_index(),
            state: tail.state,
            spent: spent.unwrap_or_default().minus(tail.entered_spent),
            rate: tail.meter.rate,
            counted_to: tail.meter.counted_to,
            is_known: spent.is_some(),
            is_minimum: tail.meter.rate.is_none() || tail.meter.rate_is_minimum,
        })
    }

    /// The purgatory that the stack is in at a time after the last event.
    pub(super) fn purgatory_at(&self, at: Timestamp) -> Option<PurgatoryReading> {
        let purgatory = self.tail.purgatory.filter(|found| found.since <= at)?;
        Some(PurgatoryReading {
            purgatory,
            at,
            attributes: self.current_index(),
        })
    }

    /// Keeps a reading unless no report could count it, because it would count an earlier one.
    fn add_purgatory(&mut self, reading: PurgatoryReading) {
        let PurgatoryReading { purgatory, .. } = reading;
        let earlier = self.purgatories.iter().rev();
        let mut of_init = earlier.take_while(|known| known.purgatory.init == purgatory.init);
        if !of_init
            .any(|known| known.purgatory.since >= purgatory.since && known.at > purgatory.since)
        {
            self.purgatories.push(reading);
        }
    }

    /// When the timeout of a start passed, if that is by `until`: the last start can time out
    /// without an event.
    pub(super) fn timed_out_at(&self, index: usize, until: Timestamp) -> Option<Timestamp> {
        let is_current = self.tail.has_init && index + 1 == self.starts.len();
        let passed = self.tail.purgatory.filter(|_| is_current);
        let passed = passed.map(|purgatory| purgatory.since);
        let recorded = self.starts.get(index)?.timed_out_at;
        recorded.or(passed.filter(|since| *since <= until && self.tail.is_live))
    }

    /// The attributes at a position.
    pub(super) fn attributes(&self) -> &[GroupAttributes] {
        &self.attributes
    }

    /// The current attributes.
    pub(super) fn current_index(&self) -> AttributesIndex {
        u32::try_from(self.attributes.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The names and classes of phases, by their positions.
    pub(super) fn phase_names(&self) -> &[String] {
        &self.phase_names
    }
}

/// Whether an event can change the init of a lease, or whether it has one.
fn changes_init(event: &EventKind) -> bool {
    matches!(
        event,
        EventKind::Provisioned
            | EventKind::PhaseMarked { .. }
            | EventKind::CheckPassed { .. }
            | EventKind::Ready
            | EventKind::ReadyTimedOut { .. }
            | EventKind::TermsChanged { .. }
            | EventKind::Adopted { .. }
            | EventKind::Rated { .. }
    )
}

/// The tail of a history whose last event led to this lease.
fn tail(lease: &Lease, entered: Timestamp, entered_spent: DollarTime) -> Tail {
    let init = lease.init.as_ref();
    // A timeout that has not passed yet counts as well: readers compare its time.
    let status = lease.at(Timestamp::MAX);
    let purgatory = init
        .filter(|_| status.phase == Phase::Purgatory)
        .map(|init| Purgatory {
            init: init.requested_at(),
            since: status.phase_since,
        });
    Tail {
        entered,
        entered_spent,
        meter: lease.meter.reading(),
        is_live: lease.is_live(),
        state: match lease.recorded_phase {
            Phase::Provisioning => SliceState::Init,
            Phase::Ready => SliceState::Ready,
            Phase::Asleep => SliceState::Asleep,
            Phase::Purgatory => SliceState::Purgatory,
            Phase::TearingDown => SliceState::TearingDown,
            Phase::Residue | Phase::Gone => SliceState::Residue,
        },
        has_init: init.is_some(),
        purgatory,
    }
}
