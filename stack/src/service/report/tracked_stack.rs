//! The histories of one stack while the log is followed.

use jiff::Timestamp;

use crate::inventory::{ReportLease, ReportStack, ReportStackUpdate};
use crate::lease::{Event, EventKind, IllegalTransition, corrected};
use crate::report::{LeaseHistory, LeaseRecorder, StackRecorder, UnfoldableEvent};
use crate::values::id::{Seq, StackName};

/// The histories of one stack, as far as they are not stored.
#[derive(Debug, Default)]
pub(super) struct TrackedStack {
    /// The number of its last event.
    pub(super) seq: Seq,
    /// Whether some of its events count with other dates.
    pub(super) redated: bool,
    /// Whether it has changed since it was stored.
    pub(super) changed: bool,
    /// Stored leases from this number on are replaced.
    pub(super) from: u32,
    recorder: StackRecorder,
    /// The leases that are gone, encoded.
    ended: Vec<ReportLease>,
}

impl TrackedStack {
    /// Continues a stored stack; `None` if what is stored cannot be decoded.
    pub(super) fn stored(stack: ReportStack) -> Option<Self> {
        let current = match stack.state {
            Some(state) => Some(LeaseRecorder::decode(&state)?),
            None => None,
        };
        let is_live = current.is_some();
        Some(Self {
            seq: stack.seq,
            redated: stack.redated,
            changed: false,
            from: stack.leases + u32::from(!is_live),
            recorder: StackRecorder::resume(stack.leases, current),
            ended: Vec::new(),
        })
    }

    /// Folds a stack from all of its events.
    pub(super) fn folded(events: Vec<Event>) -> Result<Self, UnfoldableEvent> {
        let seq = events.last().map_or(Seq::NONE, |event| event.seq);
        let is_mark = |event: &Event| matches!(event.kind, EventKind::Misdated { .. });
        Ok(Self {
            seq,
            redated: events.iter().any(is_mark),
            changed: true,
            from: 0,
            recorder: StackRecorder::replay(&corrected(events), Timestamp::MAX)?,
            ended: Vec::new(),
        })
    }

    /// Whether an event can be recorded: it is the next one, and all that it needs is in memory.
    pub(super) fn can_record(&self, event: &Event) -> bool {
        event.seq == self.seq.next() && self.recorder.can_record(event)
    }

    pub(super) fn record(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        self.recorder.record(event)?;
        self.seq = event.seq;
        self.changed = true;
        Ok(())
    }

    /// Encodes the leases that are gone.
    pub(super) fn settle(&mut self, stack: &StackName) -> Result<(), postcard::Error> {
        for (number, history) in self.recorder.settle() {
            self.ended.push(row(stack, number, &history, false)?);
        }
        Ok(())
    }

    /// The leases that are gone. They must be settled.
    pub(super) fn take_ended(&mut self) -> Vec<ReportLease> {
        std::mem::take(&mut self.ended)
    }

    /// Drops the leases that ended before a time.
    pub(super) fn drop_before(&mut self, since: Timestamp) {
        self.ended.retain(|lease| lease.last_at >= since);
    }

    /// The lease that exists, with its number.
    pub(super) fn live(&self) -> Option<(u32, &LeaseHistory)> {
        let current = self.recorder.current.as_ref()?;
        Some((self.recorder.number, current.history()))
    }

    /// The change to store. The leases that are gone must be settled.
    pub(super) fn to_update(
        &self,
        stack: &StackName,
    ) -> Result<ReportStackUpdate, postcard::Error> {
        let current = self.recorder.current.as_ref();
        let mut leases = self.ended.clone();
        if let Some((number, history)) = self.live() {
            leases.push(row(stack, number, history, true)?);
        }
        Ok(ReportStackUpdate {
            stack: ReportStack {
                name: stack.clone(),
                seq: self.seq,
                leases: self.recorder.number,
                redated: self.redated,
                state: current.map(LeaseRecorder::encode).transpose()?,
            },
            from: self.from,
            leases,
        })
    }

    /// Takes the change as stored.
    pub(super) fn mark_stored(&mut self) {
        self.changed = false;
        self.from = self.recorder.number;
    }
}

fn row(
    stack: &StackName,
    number: u32,
    history: &LeaseHistory,
    live: bool,
) -> Result<ReportLease, postcard::Error> {
    Ok(ReportLease {
        stack: stack.clone(),
        number,
        last_at: history.last_at,
        live,
        history: history.encode()?,
    })
}
