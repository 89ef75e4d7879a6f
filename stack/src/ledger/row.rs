//! What every ledger does between a decision and its rows: numbering, folding, snapshots.

use crate::clock::whole_milliseconds;
use crate::id::{Seq, StackName};
use crate::lease::{Event, Lease, NewEvent};
use crate::ledger::LedgerError;
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};

/// Numbers the events from `after` on, and cuts their times to what a ledger keeps, so that what
/// is folded before writing is what is folded after reading.
pub(super) fn place(stack: &StackName, after: Seq, events: Vec<NewEvent>) -> Vec<Event> {
    let mut seq = after;
    events
        .into_iter()
        .map(|mut event| {
            seq = seq.next();
            event.at = whole_milliseconds(event.at);
            event.placed(stack.clone(), seq)
        })
        .collect()
}

/// The lease after events that are not written yet; refuses them as a whole.
pub(super) fn fold(
    stack: &StackName,
    lease: Option<Lease>,
    events: &[Event],
) -> Result<Lease, LedgerError> {
    let illegal = |illegal| LedgerError::Illegal {
        stack: stack.clone(),
        illegal,
    };
    let lease = Lease::fold(lease, events).map_err(illegal)?;
    lease.ok_or_else(|| LedgerError::Nothing {
        stream: format!("stack \"{stack}\""),
    })
}

/// Whether the stream ends where the append believes that it does.
pub(super) fn unraced(stream: &str, expected: Seq, found: Seq) -> Result<(), LedgerError> {
    if expected == found {
        return Ok(());
    }
    Err(LedgerError::Raced {
        stream: stream.to_owned(),
        expected,
        found,
    })
}

/// The compact form of a lease, as [`Lease::FORMAT`] counts it.
pub(super) fn encode(lease: &Lease) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(lease)
}

/// The lease in a snapshot; `None` when it is in another format, does not belong to this stream's
/// end or can't be read. It is then folded anew from the events, which are the truth.
pub(super) fn decode(format: u32, seq: Seq, bytes: &[u8]) -> Option<Lease> {
    if format != Lease::FORMAT {
        return None;
    }
    let (lease, rest) = postcard::take_from_bytes::<Lease>(bytes).ok()?;
    (rest.is_empty() && lease.last_seq() == seq).then_some(lease)
}

/// A stream beside the stacks: what its events fold into.
pub(super) trait Stream: Default + serde::Serialize + serde::de::DeserializeOwned {
    type Event: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + 'static;

    fn apply(self, event: &Self::Event) -> Self;
    fn last_seq(&self) -> Seq;
    fn number(event: &mut Self::Event, seq: Seq);
}

impl Stream for Pool {
    type Event = PoolEvent;

    fn apply(self, event: &PoolEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        Self::last_seq(self)
    }

    fn number(event: &mut PoolEvent, seq: Seq) {
        (event.seq, event.at) = (seq, whole_milliseconds(event.at));
    }
}

impl Stream for ReaperStatus {
    type Event = ReaperEvent;

    fn apply(self, event: &ReaperEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        self.last_seq
    }

    fn number(event: &mut ReaperEvent, seq: Seq) {
        (event.seq, event.at) = (seq, whole_milliseconds(event.at));
    }
}

/// Numbers the events from `after` on.
pub(super) fn number<S: Stream>(after: Seq, events: &mut [S::Event]) {
    let mut seq = after;
    for event in events {
        seq = seq.next();
        S::number(event, seq);
    }
}
