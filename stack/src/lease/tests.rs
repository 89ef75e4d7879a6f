//! Properties of the fold, for any events in any order.

use proptest::prelude::*;

use super::*;
use crate::policy::Policy;
use crate::testing::{every_kind, new_event, noon, registration, stack_name};
use crate::values::ttl::{Elapsed, Ttl};

fn span(seconds: u64) -> Span {
    Span::from_seconds(seconds).expect("a length of time")
}

fn requested(ttl: Span, max_ttl: Option<Span>, ready_timeout: Option<Span>) -> EventKind {
    let mut registration = registration();
    registration.terms.ttl = Ttl::from(ttl);
    registration.terms.ready_timeout = ready_timeout;
    registration.policy.max_ttl = max_ttl;
    EventKind::Requested {
        registration: Box::new(registration),
    }
}

/// Numbered events at increasing times.
fn history(kinds: Vec<(EventKind, u64)>) -> Vec<Event> {
    let mut at = noon();
    let mut events = Vec::new();
    for (place, (kind, pause)) in kinds.into_iter().enumerate() {
        at = Elapsed::from_millis(pause).after(at);
        let seq = Seq(place as u64 + 1);
        events.push(new_event(at, kind).into_event(stack_name("checkout-1"), seq));
    }
    events
}

/// The events that can follow each other, renumbered. Illegal ones are left out.
fn legal(events: Vec<Event>) -> Vec<Event> {
    let mut lease = None;
    let mut kept = Vec::new();
    for mut event in events {
        event.seq = Seq(kept.len() as u64 + 1);
        if let Ok(next) = Lease::apply(lease.clone(), &event) {
            lease = Some(next);
            kept.push(event);
        }
    }
    kept
}

prop_compose! {
    fn any_history()(
        ttl in 1_u64..200_000,
        max_ttl in prop::option::of(1_u64..400_000),
        timeout in prop::option::of(1_u64..5_000),
        events in prop::collection::vec(
            (0..every_kind().len(), 0_u64..20_000_000, 1_u64..500_000), 0..40
        ),
    ) -> Vec<Event> {
        let begin = requested(span(ttl), max_ttl.map(span), timeout.map(span));
        let mut kinds = vec![(begin.clone(), 0)];
        for (kind, pause, seconds) in events {
            let kind = match every_kind().swap_remove(kind) {
                EventKind::Requested { .. } => begin.clone(),
                EventKind::TermsChanged { mut terms } => {
                    terms.ttl = Ttl::from(span(seconds));
                    terms.ready_timeout = timeout.map(span);
                    EventKind::TermsChanged { terms }
                }
                kind => kind,
            };
            kinds.push((kind, pause));
        }
        legal(history(kinds))
    }
}

proptest! {
    /// Folding in two parts equals folding everything, even with a stored snapshot in between, in
    /// any format.
    #[test]
    fn a_snapshot_changes_nothing(events in any_history(), cut in any::<prop::sample::Index>()) {
        let whole = Lease::fold(None, &events).expect("legal events");
        let (first, rest) = events.split_at(cut.index(events.len() + 1));
        let snapshot = Lease::fold(None, first).expect("legal events");
        let json = serde_json::to_string(&snapshot).expect("writes");
        let bytes = postcard::to_stdvec(&snapshot).expect("writes");
        for read in [
            serde_json::from_str(&json).expect("reads"),
            postcard::from_bytes(&bytes).expect("reads"),
        ] {
            prop_assert_eq!(&snapshot, &read);
            prop_assert_eq!(&whole, &Lease::fold(read, rest).expect("legal events"));
        }
    }

    /// Only a new lease moves an end to an earlier time. A renewal stays within the cap, unless the
    /// end was already past it.
    #[test]
    fn no_renewal_shortens(events in any_history()) {
        let mut lease: Option<Lease> = None;
        for event in &events {
            let next = Lease::apply(lease.clone(), event).expect("a legal event");
            let begins =
                matches!(event.kind, EventKind::Requested { .. } | EventKind::Adopted { .. });
            if let Some(before) = lease.filter(|_| !begins) {
                prop_assert!(next.expires_at >= before.expires_at);
                if matches!(event.kind, EventKind::Renewed { .. }) {
                    let cap = next.cap().unwrap_or(Timestamp::MAX);
                    prop_assert!(next.expires_at <= cap.max(before.expires_at));
                }
            }
            lease = Some(next);
        }
    }

    /// With any renewals and extensions that the policy allows, the end never passes `created_at` +
    /// `max_ttl`, and an extension counts from the later of now and the end.
    #[test]
    fn the_end_never_passes_the_cap(
        ttl in 1_u64..100_000,
        more in 0_u64..300_000,
        steps in prop::collection::vec((any::<bool>(), 1_u64..100_000, 0_u64..50_000_000), 0..30),
    ) {
        let max = span(ttl + more);
        let policy = Policy { max_ttl: Some(max), ..Policy::default() };
        let events = history(vec![(requested(span(ttl), Some(max), None), 0)]);
        let mut lease = Lease::apply(None, &events[0]).expect("a lease begins");
        let cap = max.after(noon());
        prop_assert!(lease.expires_at <= cap);
        let mut now = noon();
        for (renew, seconds, pause) in steps {
            now = Elapsed::from_millis(pause).after(now);
            let kind = if renew {
                let Ok(end) = policy.renew(&lease, lease.terms.ttl.span(), now) else { continue };
                prop_assert!(end >= lease.expires_at);
                EventKind::Renewed { policy: None }
            } else {
                let by = span(seconds);
                let asked = by.after(now.max(lease.expires_at));
                match policy.extend(&lease, by, now) {
                    Ok(until) => prop_assert_eq!(until, asked),
                    Err(_) => {
                        prop_assert!(asked > cap);
                        continue;
                    }
                }
                EventKind::Extended { by, until: asked }
            };
            let event = new_event(now, kind).into_event(lease.name.clone(), lease.last_seq.next());
            lease = Lease::apply(Some(lease), &event).expect("a legal event");
            prop_assert!(lease.expires_at <= cap);
        }
    }

    /// A hold always ends automatically, and then leaves no trace in the status.
    #[test]
    fn a_hold_ends_by_itself(seconds in 1_u64..1_000_000, later in 0_u64..1_000_000) {
        let until = span(seconds).after(noon());
        let held = EventKind::Held { until, why: "a demo".to_owned() };
        let events = history(vec![(requested(span(3_600), None, None), 0), (held, 0)]);
        let free = Lease::fold(None, &events[..1]).expect("legal").expect("a lease");
        let held = Lease::fold(None, &events).expect("legal").expect("a lease");
        prop_assert_eq!(held.at(noon()).hold_until, Some(until));
        let now = Elapsed::from_millis(later * 1000).after(until);
        prop_assert_eq!(held.at(now), free.at(now));
    }

    /// Spend never decreases, and does not depend on how often it is read.
    #[test]
    fn spending_only_grows(events in any_history(), later in 0_u64..100_000_000) {
        let Some(lease) = Lease::fold(None, &events).expect("legal events") else { return Ok(()) };
        let soon = lease.meter.spent(lease.last_at);
        let late = lease.meter.spent(Elapsed::from_millis(later).after(lease.last_at));
        prop_assert!(soon <= late);
        prop_assert!(lease.is_live() || soon == late);
    }
}

/// An event of a newer jiti only advances the sequence number and its own count.
#[test]
fn an_unknown_event_is_counted() {
    let unknown = every_kind().pop().expect("the unknown kind");
    let events = history(vec![(requested(span(3_600), None, None), 0), (unknown, 0)]);
    let before = Lease::fold(None, &events[..1])
        .expect("legal")
        .expect("a lease");
    let after = Lease::fold(None, &events).expect("legal").expect("a lease");
    assert_eq!((after.last_seq, after.unknown_events), (Seq(2), 1));
    assert_eq!(
        Lease {
            last_seq: before.last_seq,
            unknown_events: 0,
            ..after
        },
        before
    );
}

/// A snapshot is small, so that ten thousand of them are read within milliseconds.
#[test]
fn a_snapshot_is_small() {
    let events = history(vec![(
        requested(span(3_600), Some(span(7_200)), Some(span(60))),
        0,
    )]);
    let lease = Lease::fold(None, &events).expect("legal").expect("a lease");
    let bytes = postcard::to_stdvec(&lease).expect("writes").len();
    assert!(bytes < 256, "{bytes} bytes");
}

/// A longer TTL applies from the last renewal, a shorter one from the next renewal.
#[test]
fn an_edited_ttl_never_ends_a_stack() {
    let changed = |seconds| {
        let mut terms = registration().terms;
        terms.ttl = Ttl::from(span(seconds));
        EventKind::TermsChanged {
            terms: Box::new(terms),
        }
    };
    let ends = |kind| {
        let begin = requested(span(7_200), Some(span(10_000)), None);
        let events = history(vec![(begin, 0), (kind, 1_000)]);
        let lease = Lease::fold(None, &events).expect("legal").expect("a lease");
        Elapsed::between(noon(), lease.expires_at).seconds()
    };
    assert_eq!(
        (
            ends(changed(9_000)),
            ends(changed(20_000)),
            ends(changed(60))
        ),
        (9_000, 10_000, 7_200)
    );
}

/// A taken-over registration is as old as the first one. An adopted stack is as old as its state
/// says, and its end is within the cap but not in the past.
#[test]
fn takeover_and_adoption_keep_the_age() {
    let begin = || requested(span(7_200), Some(span(10_000)), None);
    let events = history(vec![(begin(), 0), (begin(), 5_000_000)]);
    let taken = Lease::fold(None, &events).expect("legal").expect("a lease");
    assert_eq!(taken.created_at, noon());
    assert_eq!(Elapsed::between(noon(), taken.expires_at).seconds(), 10_000);

    let adopted = |age| {
        let created_at = Some(span(age).before(noon()));
        let adopted = EventKind::Adopted {
            from_ledger: None,
            created_at,
        };
        let events = history(vec![(begin(), 0), (adopted, 0)]);
        let lease = Lease::fold(None, &events).expect("legal").expect("a lease");
        assert_eq!(Some(lease.created_at), created_at);
        Elapsed::between(noon(), lease.expires_at).seconds()
    };
    assert_eq!(
        (adopted(100), adopted(5_000), adopted(50_000)),
        (7_200, 5_000, 0)
    );
}

/// A longer timeout ends a purgatory that only the clock has caused.
#[test]
fn a_longer_timeout_leaves_purgatory() {
    let mut terms = registration().terms;
    terms.ready_timeout = Some(span(600));
    let events = history(vec![
        (requested(span(7_200), None, Some(span(60))), 0),
        (
            EventKind::Activity {
                signal: "touch".to_owned(),
            },
            100_000,
        ),
        (
            EventKind::TermsChanged {
                terms: Box::new(terms),
            },
            1_000,
        ),
    ]);
    let phase_after = |count: usize| {
        let lease = Lease::fold(None, &events[..count])
            .expect("legal")
            .expect("a lease");
        lease.phase_at(events[count - 1].at)
    };
    assert_eq!(
        (phase_after(2), phase_after(3)),
        (Phase::Purgatory, Phase::Provisioning)
    );
}
