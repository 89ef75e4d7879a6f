//! Makes the timeline of a lease, on which decisions are based.

use jiff::{SignedDuration, Timestamp};

use super::super::lease_spend::LeaseSpend;
use super::{LeaseHistory, Segment, StartRecord};
use crate::economics::{Extension, HoldSpan, LeaseTimeline, Slice, SliceState, Start, TermsChange};
use crate::values::id::StackName;
use crate::values::ttl::Span;

impl LeaseHistory {
    /// The timeline of the lease until a time that is no earlier than its last event; `None` if the
    /// history is damaged. `number` is the number of the lease among those of the name.
    pub(crate) fn timeline(
        &self,
        stack: &StackName,
        number: u32,
        until: Timestamp,
    ) -> Option<LeaseTimeline> {
        self.timeline_of(stack, number, &LeaseSpend::of(self, until))
    }

    /// The timeline of the lease for the time in which this was spent.
    pub(in crate::report) fn timeline_of(
        &self,
        stack: &StackName,
        number: u32,
        spend: &LeaseSpend,
    ) -> Option<LeaseTimeline> {
        let attributes = self.attributes().last()?;
        let segments = spend.segments();
        let until = segments.last().map_or(self.from, |last| last.to);
        let from = segments.first().map_or(self.from, |first| first.from);
        let slices = segments
            .iter()
            .flat_map(|segment| self.at_starts(*segment))
            .map(|segment| Slice {
                from: segment.from,
                to: segment.to,
                state: segment.state,
                rate: segment.rate,
                spent: segment.spent,
                is_minimum: segment.is_minimum,
            });
        let starts = self.starts.iter().enumerate();
        Some(LeaseTimeline {
            stack: stack.clone(),
            number,
            app: attributes.app.clone(),
            owner: attributes.owner.clone(),
            version: attributes.version.clone(),
            labels: attributes.labels.as_map().clone(),
            created_at: self.created_at(),
            from,
            until,
            end: self.end.map(|end| end.cause),
            slices: slices.collect(),
            starts: starts
                .filter_map(|(index, start)| self.start(index, start, spend, until))
                .collect(),
            uses: self
                .uses
                .times()
                .iter()
                .map(|at| at.after(self.from))
                .collect(),
            terms: self
                .terms
                .iter()
                .filter_map(|terms| self.terms(terms))
                .collect(),
            renewals: self.renewals.iter().map(|at| at.after(self.from)).collect(),
            extensions: self
                .extensions
                .iter()
                .filter_map(|extension| {
                    Some(Extension {
                        at: extension.after.after(self.from),
                        by: Span::from_seconds(extension.seconds)?,
                    })
                })
                .collect(),
            holds: self
                .holds
                .iter()
                .map(|hold| HoldSpan {
                    from: hold.after.after(self.from),
                    until: hold.until.after(self.from),
                })
                .collect(),
        })
    }

    fn created_at(&self) -> Timestamp {
        let before = i64::try_from(self.created_before.millis()).unwrap_or(i64::MAX);
        let before = SignedDuration::from_millis(before);
        self.from.checked_sub(before).unwrap_or(self.from)
    }

    /// The parts of a segment, each of one start: a start can replace another one without a change
    /// of the state.
    fn at_starts(&self, segment: Segment) -> impl Iterator<Item = Segment> + use<> {
        let mut parts = Vec::with_capacity(1);
        let mut rest = segment;
        if segment.state == SliceState::Init {
            for start in &self.starts {
                if rest.from < start.requested_at && start.requested_at < rest.to {
                    let (before, after) = rest.split(start.requested_at);
                    parts.push(before);
                    rest = after;
                }
            }
        }
        parts.push(rest);
        parts.into_iter()
    }

    fn start(
        &self,
        index: usize,
        start: &StartRecord,
        spend: &LeaseSpend,
        until: Timestamp,
    ) -> Option<Start> {
        let attributes = self.attributes().get(start.attributes as usize)?;
        let cost = start
            .ready_at
            .map(|ready| spend.between(start.requested_at, ready));
        Some(Start {
            kind: start.kind,
            app: attributes.app.clone(),
            version: attributes.version.clone(),
            requested_at: start.requested_at,
            provisioned_at: start.provisioned_at,
            outcome: start.outcome(self.timed_out_at(index, until)),
            cost: cost.and_then(|cost| cost.spent),
            cost_is_minimum: cost.is_some_and(|cost| cost.is_minimum),
        })
    }

    fn terms(&self, terms: &super::TermsRecord) -> Option<TermsChange> {
        Some(TermsChange {
            at: terms.after.after(self.from),
            ttl: Span::from_seconds(terms.ttl)?,
            renew_on: terms.renew_on,
            idle_after: terms.idle_after.and_then(Span::from_seconds),
            ready_timeout: terms.ready_timeout.and_then(Span::from_seconds),
            grace: terms.grace()?,
            max_ttl: terms.max_ttl.and_then(Span::from_seconds),
        })
    }
}
