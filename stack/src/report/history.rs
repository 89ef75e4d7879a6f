//! The history of one lease, as far as reports need it. It does not depend on a report's period,
//! its grouping, or the time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::GroupBy;
use super::figures::EndCause;
use crate::cost::MeterReading;
use crate::init::Init;
use crate::lease::{Lease, Phase};
use crate::values::id::{AppName, AppVersion, Owner};
use crate::values::money::{DollarTime, HourlyRate};
use crate::values::serde_timestamp;
use crate::values::ttl::Elapsed;

/// The history of one lease. It is stored in a format without field names: raise
/// `HISTORY_FORMAT` with every change of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeaseHistory {
    /// What the groups are made of, each time that it changed. The last one is current.
    attributes: Vec<GroupAttributes>,
    /// The time that the stack existed, in order, up to the tail.
    pub(super) segments: Vec<Segment>,
    /// When the stack was seen in purgatory, in order.
    pub(super) purgatories: Vec<PurgatoryReading>,
    /// The inits that were completed before the current one.
    pub(super) inits: Vec<CompletedInit>,
    /// The teardowns that left residue.
    pub(super) residues: Vec<LeaseMark>,
    /// The first end of the lease. A stack that is reopened as residue does not end again.
    pub(super) end: Option<LeaseEnd>,
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
    app: AppName,
    version: AppVersion,
    owner: Owner,
}

impl GroupAttributes {
    pub(super) fn of(lease: &Lease) -> Self {
        Self {
            app: lease.app.clone(),
            version: lease.version.clone(),
            owner: lease.owner.clone(),
        }
    }

    fn describe(&self, lease: &Lease) -> bool {
        self.version == lease.version && self.owner == lease.owner && self.app == lease.app
    }

    /// The name of the group in a report.
    pub(super) fn group(&self, by: &GroupBy) -> String {
        match by {
            GroupBy::App => self.app.to_string(),
            GroupBy::Owner => self.owner.to_string(),
            GroupBy::Version => format!("{}@{}", self.app, self.version),
            GroupBy::Day | GroupBy::Label(_) => String::new(),
        }
    }
}

/// A time in which neither the group nor the rate changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    #[serde(with = "serde_timestamp")]
    pub(super) from: Timestamp,
    #[serde(with = "serde_timestamp")]
    pub(super) to: Timestamp,
    pub(super) attributes: AttributesIndex,
    /// The spend in this time, and what was charged in one sum at its start.
    spent: DollarTime,
    /// The rate; `None` if it was unknown.
    rate: Option<HourlyRate>,
    /// The time up to which the meter had counted when the segment started.
    #[serde(with = "serde_timestamp")]
    counted_to: Timestamp,
    /// Whether a rate was ever known by its end.
    pub(super) is_known: bool,
    /// Whether the spend leaves out something that costs money.
    pub(super) is_minimum: bool,
}

impl Segment {
    /// The spend from the later of `since` and its start until its end.
    pub(super) fn spent_since(&self, since: Timestamp) -> DollarTime {
        if since <= self.from {
            return self.spent;
        }
        self.at_rate(since)
    }

    fn at_rate(&self, since: Timestamp) -> DollarTime {
        let time = Elapsed::between(since.max(self.counted_to), self.to);
        match self.rate {
            Some(rate) => DollarTime::ZERO.plus(rate, time),
            None => DollarTime::ZERO,
        }
    }

    /// Whether this segment only continues the previous one.
    fn continues(&self, previous: &Self) -> bool {
        previous.to == self.from
            && previous.attributes == self.attributes
            && previous.rate == self.rate
            && previous.is_known == self.is_known
            && previous.is_minimum == self.is_minimum
            && self.counted_to <= self.from
            && self.spent == self.at_rate(self.from)
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

/// An init that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CompletedInit {
    #[serde(with = "serde_timestamp")]
    pub(super) ready_at: Timestamp,
    pub(super) time: Elapsed,
    /// Its cost; `None` if it is unknown.
    pub(super) cost: Option<DollarTime>,
    /// Whether the cost leaves out something that costs money.
    pub(super) cost_is_minimum: bool,
    pub(super) attributes: AttributesIndex,
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
    /// The start of the current init.
    #[serde(with = "serde_timestamp::option")]
    init_began: Option<Timestamp>,
    /// The current init, if it is complete.
    pub(super) init: Option<CompletedInit>,
    /// The purgatory that the stack is in, or enters without another event.
    purgatory: Option<Purgatory>,
}

impl Tail {
    /// The spend up to a time; `None` if no rate was ever known.
    pub(super) fn spent(&self, to: Timestamp) -> Option<DollarTime> {
        self.meter.spent(to)
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

    /// The history of a lease that has just begun.
    pub(super) fn begin(lease: &Lease, at: Timestamp) -> Self {
        Self {
            attributes: vec![GroupAttributes::of(lease)],
            segments: Vec::new(),
            purgatories: Vec::new(),
            inits: Vec::new(),
            residues: Vec::new(),
            end: None,
            last_at: at,
            tail: tail(lease, at, DollarTime::ZERO, 0),
        }
    }

    /// Adds the time up to an event, before the event changes anything.
    pub(super) fn enter(&mut self, to: Timestamp) {
        if let Some(segment) = self.segment_until(to) {
            if let Some(reading) = self.purgatory_at(to) {
                self.add_purgatory(reading);
            }
            match self.segments.last_mut() {
                Some(last) if segment.continues(last) => {
                    last.to = segment.to;
                    last.spent = last.spent + segment.spent;
                }
                _ => self.segments.push(segment),
            }
        }
        self.tail.entered_spent = self.tail.spent(to).unwrap_or_default();
        self.tail.entered = self.tail.entered.max(to);
    }

    /// Continues with the lease after an event.
    pub(super) fn follow(&mut self, lease: &Lease) {
        let began = self.tail.init_began;
        if began != lease.init.as_ref().map(Init::requested_at) {
            // Only now, because its price may have become known until then.
            self.inits.extend(self.tail.init);
        }
        // The first measurement can add what the time before it has cost.
        if self.tail.meter.rate.is_none() && !lease.meter.has_unknown_time() {
            let segments = self.segments.iter_mut();
            for segment in segments.filter(|segment| segment.rate.is_none()) {
                segment.is_minimum = false;
            }
        }
        let current = self.attributes.last();
        if !current.is_some_and(|current| current.describe(lease)) {
            self.attributes.push(GroupAttributes::of(lease));
        }
        let Tail {
            entered,
            entered_spent,
            ..
        } = self.tail;
        self.tail = tail(lease, entered, entered_spent, self.current_index());
    }

    /// The segment from the last one until a time; `None` if that is no later.
    pub(super) fn segment_until(&self, to: Timestamp) -> Option<Segment> {
        let tail = &self.tail;
        let spent = tail.spent(to);
        (to > tail.entered).then(|| Segment {
            from: tail.entered,
            to,
            attributes: self.current_index(),
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

    /// The attributes at a position.
    pub(super) fn attributes(&self) -> &[GroupAttributes] {
        &self.attributes
    }

    /// The current attributes.
    pub(super) fn current_index(&self) -> AttributesIndex {
        u32::try_from(self.attributes.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// The tail of a history whose last event led to this lease.
fn tail(
    lease: &Lease,
    entered: Timestamp,
    entered_spent: DollarTime,
    attributes: AttributesIndex,
) -> Tail {
    let completed = |init: &Init| {
        Some(CompletedInit {
            ready_at: init.ready_at()?,
            time: init.total()?,
            cost: init.cost(),
            cost_is_minimum: init.cost_is_minimum(),
            attributes,
        })
    };
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
        init_began: init.map(Init::requested_at),
        init: init.and_then(completed),
        purgatory,
    }
}
