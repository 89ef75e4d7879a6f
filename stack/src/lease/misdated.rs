//! Events that a machine with a wrong clock wrote: which they are, and how they count once a user
//! has marked them.
//!
//! A marked event keeps its date in the ledger. It counts as of the next event that is dated
//! correctly; the mark itself is the last of these.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Event, EventKind, IllegalTransition, Lease};
use crate::values::id::{Actor, Seq, StackName};
use crate::values::ttl::Elapsed;

/// The clocks of two machines never agree exactly.
pub const CLOCK_TOLERANCE: Elapsed = Elapsed::from_millis(5_000);

/// An event that is dated later than the reader's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MisdatedEvent {
    /// The stack.
    pub stack: StackName,
    /// Its number among the stack's events.
    pub seq: Seq,
    /// Its date.
    pub at: Timestamp,
    /// Its author.
    pub actor: Actor,
    /// The name of its kind.
    pub kind: String,
}

/// Whether a date lies in the future of a clock.
#[must_use]
pub fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    Elapsed::between(now, at) > CLOCK_TOLERANCE
}

/// The events of one stack that lie in the future of a clock, without those that are marked.
#[must_use]
pub fn misdated(events: &[Event], now: Timestamp) -> Vec<MisdatedEvent> {
    let marked = marked(events);
    let ahead = events
        .iter()
        .filter(|event| is_ahead(event.at, now) && !marked.contains(&event.seq));
    ahead
        .map(|event| MisdatedEvent {
            stack: event.stack.clone(),
            seq: event.seq,
            at: event.at,
            actor: event.actor.clone(),
            kind: event.kind.name().to_owned(),
        })
        .collect()
}

/// The whole history of one stack, with the marked events dated as they count.
#[must_use]
pub fn corrected(mut events: Vec<Event>) -> Vec<Event> {
    let marked = marked(&events);
    if marked.is_empty() {
        return events;
    }
    let mut next = None;
    for event in events.iter_mut().rev() {
        match next {
            Some(at) if marked.contains(&event.seq) => redate(event, at),
            _ => next = Some(event.at),
        }
    }
    events
}

impl Lease {
    /// Folds the whole history of one stack, with marked events dated as they count.
    ///
    /// # Errors
    /// [`IllegalTransition`] of the first event that cannot follow.
    pub fn fold_history(events: Vec<Event>) -> Result<Option<Self>, IllegalTransition> {
        Self::fold(None, corrected(events))
    }
}

fn marked(events: &[Event]) -> BTreeSet<Seq> {
    let marks = events.iter().filter_map(|event| match &event.kind {
        EventKind::Misdated { events } => Some(events),
        _ => None,
    });
    marks.flatten().copied().collect()
}

/// Changes the date of an event, and the times that its author counted from that date.
fn redate(event: &mut Event, at: Timestamp) {
    let ahead = event.at.duration_since(at).max(SignedDuration::ZERO);
    event.at = at;
    let earlier = |time: &mut Timestamp| *time = time.checked_sub(ahead).unwrap_or(at);
    match &mut event.kind {
        EventKind::Extended { until, .. }
        | EventKind::Held { until, .. }
        | EventKind::SleepStarted {
            until: Some(until), ..
        } => earlier(until),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::values::ttl::Span;

    fn history(kinds: Vec<(u32, EventKind)>) -> Vec<Event> {
        let registration = Box::new(registration());
        let begin = (0, EventKind::Requested { registration });
        let kinds = std::iter::once(begin).chain(kinds);
        kinds
            .zip(1..)
            .map(|((minutes, kind), seq)| {
                let at = match minutes {
                    0 => noon(),
                    minutes => Span::minutes(minutes).after(noon()),
                };
                new_event(at, kind).into_event(stack_name("shop"), Seq(seq))
            })
            .collect()
    }

    fn touch() -> EventKind {
        EventKind::Activity {
            signal: "touch".to_owned(),
        }
    }

    fn fold(events: Vec<Event>) -> Lease {
        Lease::fold_history(events).unwrap().unwrap()
    }

    /// Two million minutes are almost four years.
    const YEARS: u32 = 2_000_000;

    /// An event from the future counts as of the next event that is dated correctly, and so does
    /// the time that was counted from it.
    #[test]
    fn marked_events_count_as_of_the_next() {
        let until = Span::minutes(YEARS + 600).after(noon());
        let by = Span::minutes(600);
        let mut events = history(vec![
            (YEARS, touch()),
            (YEARS, EventKind::Extended { by, until }),
            (20, touch()),
        ]);
        let ahead = fold(events.clone());
        assert_eq!((ahead.expires_at, ahead.last_at), (until, events[1].at));
        let now = Span::minutes(30).after(noon());
        let found = misdated(&events, now);
        let seqs: Vec<Seq> = found.iter().map(|event| event.seq).collect();
        assert_eq!(
            (seqs.as_slice(), found[1].kind.as_str()),
            (&[Seq(2), Seq(3)][..], "extended")
        );

        let mark = EventKind::Misdated { events: seqs };
        events.push(new_event(now, mark).into_event(stack_name("shop"), Seq(5)));
        assert_eq!(misdated(&events, now), []);
        let lease = fold(events);
        assert_eq!(lease.expires_at, Span::minutes(620).after(noon()));
        assert_eq!(
            lease.last_activity.unwrap().at,
            Span::minutes(20).after(noon())
        );
        assert_eq!((lease.last_at, lease.last_seq), (now, Seq(5)));
    }

    /// If the misdated event is the last one, it counts as of the mark. A lease that began in the
    /// future begins then.
    #[test]
    fn the_last_event_counts_as_of_the_mark() {
        let mut events = history(vec![(YEARS, touch())]);
        events[0].at = events[1].at;
        let now = Span::minutes(30).after(noon());
        let seqs = vec![Seq(1), Seq(2)];
        let mark = EventKind::Misdated { events: seqs };
        events.push(new_event(now, mark).into_event(stack_name("shop"), Seq(3)));
        let lease = fold(events);
        assert_eq!((lease.created_at, lease.last_at), (now, now));
        assert_eq!(lease.expires_at, lease.terms.ttl.span().after(now));
    }
}
