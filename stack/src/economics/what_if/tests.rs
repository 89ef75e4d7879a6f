use proptest::prelude::*;

use super::*;
use crate::economics::SliceState;
use crate::economics::testing::{TimelineBuilder, arbitrary_leases, minute};
use crate::values::ttl::Span;

fn replay(until: u64, policy: &str, leases: &[LeaseTimeline]) -> WhatIf {
    replay_from(0, until, policy.parse().unwrap(), leases)
}

fn replay_from(since: u64, until: u64, policy: PolicyChange, leases: &[LeaseTimeline]) -> WhatIf {
    let mut builder = WhatIfBuilder::new(minute(since), minute(until), policy);
    for lease in leases {
        builder.add(lease.clone(), false);
    }
    builder.finish()
}

fn costs(found: &WhatIf) -> [String; 4] {
    let costs = [
        found.spent_usd,
        found.policy_usd,
        found.saved_usd,
        found.extra_usd,
    ];
    costs.map(|usd| usd.unwrap().to_string())
}

fn minutes(at: Timestamp) -> u64 {
    Elapsed::between(minute(0), at).seconds() / 60
}

/// A shorter TTL ends a stack earlier, with the same lag of the reaper, and cuts off its later use.
#[test]
fn a_shorter_ttl_cuts_off_a_later_use() {
    // TTL 8 h and grace 1 h: due at 540 min. The reaper came at 550 min, 10 min late, and was done
    // at 560: 9 h 20 min at $1/h = $9.3333. With a TTL of 4 h, it is due at 300 min, ends at 310
    // and is gone at 320: 5 h 20 min = $5.3333. It was used at 400 min.
    let lease = TimelineBuilder::new("a", 1, 0)
        .start(0, 20)
        .used_at(&[100, 400])
        .ended(550, 560, EndCause::Expiry);
    let found = replay(1_000, "ttl=4h", &[lease]);
    assert_eq!(costs(&found), ["9.3333", "5.3333", "4.00", "0.00"]);
    assert_eq!((found.ended_earlier, found.ended_later), (1, 0));
    let [cut] = &found.cut_off[..] else {
        panic!("{found:?}");
    };
    assert_eq!(minutes(cut.end), 310);
    assert_eq!(cut.real_end.map(minutes), Some(550));
    assert_eq!(minutes(cut.last_use), 400);
}

/// A longer TTL lets a stack exist longer, at the rate that it had, at most until its name was
/// requested again.
#[test]
fn a_longer_ttl_costs_more() {
    // Due at 540 min, ended at 550, gone at 560. With 10 h, it is due at 660 and ends at 670, 2 h
    // later: $2.00 more. Its name is requested again at 700 min, which does not matter, and with
    // 12 h, it ends at 700 instead of 790: $2.50 more.
    let leases = [
        TimelineBuilder::new("a", 1, 0).ended(550, 560, EndCause::Expiry),
        TimelineBuilder::new("a", 2, 700).until(760),
    ];
    let found = replay(760, "ttl=10h", &leases);
    assert_eq!(costs(&found), ["10.3333", "12.3333", "0.00", "2.00"]);
    assert_eq!((found.ended_earlier, found.ended_later), (0, 1));
    assert_eq!(
        replay(760, "ttl=12h", &leases).extra_usd,
        "2.5".parse().ok()
    );
}

/// If the rate became unknown, the time that a looser policy adds costs the last known rate.
#[test]
fn a_later_end_costs_the_last_known_rate() {
    // TTL 8 h and grace 1 h: due and ended at 540 min. The rate is unknown from 300 min on: 300 min
    // at $1/h = $5.00. With a TTL of 10 h, it ends at 660 min: 120 min more, $2.00.
    let lease = TimelineBuilder::new("a", 1, 0)
        .state(300, SliceState::Ready)
        .rate(None)
        .ended(540, 540, EndCause::Expiry);
    let found = replay(1_000, "ttl=10h", &[lease]);
    assert_eq!(costs(&found), ["5.00", "7.00", "0.00", "2.00"]);
    assert!(found.is_minimum);
}

/// A renewal and an extension count as long as the stack still exists.
#[test]
fn renewals_and_extensions_are_replayed() {
    // TTL 8 h: renewed at 200 min, extended at 600 by 2 h from 680 to 800, due at 860 and ended by
    // a person at 700. TTL 4 h: expires at 240, renewed at 200 until 440, due at 500: the extension
    // comes too late.
    let lease = || {
        TimelineBuilder::new("a", 1, 0)
            .renewed(200)
            .extended(600, 120)
    };
    let leases = [lease().ended(700, 700, EndCause::Person)];
    let found = replay(700, "ttl=4h", &leases);
    assert_eq!(found.ended_earlier, 1);
    assert_eq!(costs(&found)[1], "8.3333", "500 min at $1/h");
    // A TTL of 6 h: renewed until 560, extended at 600 within its grace by 2 h from 600 to 720, so
    // the person still ends it.
    let found = replay(700, "ttl=6h", &leases);
    assert_eq!((found.ended_earlier, &*costs(&found)[2]), (0, "0.00"));
}

/// A shorter `idle_after` ends a stack after its last use, and counts from the next one.
#[test]
fn idleness_is_replayed_from_recorded_uses() {
    // Ready at 20 min, used at 100 and 400. Without idle_after, it expires at 480 and is live at
    // 500, in its grace. With 2 h and a grace of 30 min: idle from 100, due at 250.
    let lease = TimelineBuilder::new("a", 1, 0)
        .start(0, 20)
        .used_at(&[100, 400])
        .until(500);
    let found = replay(500, "idle_after=2h,grace=30m", &[lease]);
    assert_eq!(costs(&found)[1], "4.1667", "250 min at $1/h");
    assert_eq!(found.cut_off.len(), 1);
    assert_eq!(found.cut_off[0].real_end, None);
    assert_eq!(found.uses_unknown, 0);
}

/// Where no use is recorded, idleness ends nothing, and the result says of how many stacks.
#[test]
fn unknown_uses_end_nothing() {
    let lease = TimelineBuilder::new("a", 1, 0).start(0, 20).until(400);
    let found = replay(400, "idle_after=30m", &[lease]);
    assert_eq!((found.uses_unknown, found.ended_earlier), (1, 0));
    assert_eq!(costs(&found)[2], "0.00");
}

/// An end by idleness says since when the stack was idle, although no use is recorded.
#[test]
fn an_end_by_idleness_is_evidence() {
    // Ended at 300 min with an idle_after of 2 h and a grace of 1 h: idle since 120 min. With 1 h,
    // it ends at 240 min.
    let lease = TimelineBuilder::new("a", 1, 0)
        .terms(|terms| terms.idle_after = Some(Span::minutes(120)))
        .start(0, 20)
        .ended(300, 300, EndCause::Idleness);
    let found = replay(400, "idle_after=1h", &[lease]);
    assert_eq!(costs(&found), ["5.00", "4.00", "1.00", "0.00"]);
    assert_eq!(found.uses_unknown, 0);
}

/// A shorter `ready_timeout` ends a stack in purgatory earlier, and does not apply to a stack that
/// declares no readiness.
#[test]
fn purgatory_is_replayed() {
    // A timeout of 60 min and a grace of 1 h: ended at 120 min. With 15 min: ended at 75 min.
    let stuck = TimelineBuilder::new("a", 1, 0)
        .terms(|terms| terms.ready_timeout = Some(Span::minutes(60)))
        .late_start(0, 60, None)
        .ended_in(SliceState::Purgatory, 120, 120, EndCause::Purgatory);
    let quiet = TimelineBuilder::new("b", 1, 0).until(120);
    let found = replay(120, "ready_timeout=15m", &[stuck, quiet]);
    assert_eq!(costs(&found), ["4.00", "3.25", "0.75", "0.00"]);
}

/// A hold puts off the end, and a maximum total lifetime limits renewals.
#[test]
fn holds_and_the_maximum_lifetime_are_replayed() {
    // TTL 8 h, due at 540, but held until 600 and ended then. With a TTL of 4 h, the hold from 200
    // to 600 still puts off the end.
    let held = TimelineBuilder::new("a", 1, 0)
        .held(200, 600)
        .ended(600, 600, EndCause::Expiry);
    assert_eq!(replay(700, "ttl=4h", &[held]).ended_earlier, 0);
    // Renewed at 200 and 400 min, so it expires at 880. With a maximum of 5 h, it is due at 360.
    let renewed = TimelineBuilder::new("b", 1, 0)
        .renewed(200)
        .renewed(400)
        .until(600);
    let found = replay(600, "max_ttl=5h", &[renewed]);
    assert_eq!(costs(&found)[1], "6.00", "360 min at $1/h");
}

/// The maximum total lifetime of an adopted stack counts from its creation in the other ledger.
#[test]
fn the_lifetime_of_an_adopted_stack_counts_from_its_creation() {
    // Created 6 h before. With a maximum of 10 h, it expires at 240 min and is due at 300. It never
    // expires in the past: with a maximum of 5 h, it is due at 60 min.
    let lease = TimelineBuilder::new("a", 1, 0)
        .created_before(360)
        .until(360);
    let replay = |policy| replay(360, policy, std::slice::from_ref(&lease));
    assert_eq!(costs(&replay("max_ttl=10h"))[1], "5.00", "300 min at $1/h");
    assert_eq!(costs(&replay("max_ttl=5h"))[1], "1.00", "60 min at $1/h");
}

/// A stack that no reaper ended in time would have existed as long after its other end.
#[test]
fn a_missing_reaper_is_kept() {
    // Due at 540 min, but still live at 740: no reaper ran for 200 min. With 4 h, due at 300, it
    // would have existed until 500.
    let lease = TimelineBuilder::new("a", 1, 0).until(740);
    let found = replay(740, "ttl=4h", &[lease]);
    assert_eq!(costs(&found)[1], "8.3333", "500 min at $1/h");
}

/// A protected stack stays, whatever the policy.
#[test]
fn protected_stacks_stay() {
    let lease = TimelineBuilder::new("a", 1, 0).until(740);
    let policy = "ttl=4h".parse().unwrap();
    let mut builder = WhatIfBuilder::new(minute(0), minute(740), policy);
    builder.add(lease, true);
    let found = builder.finish();
    assert_eq!((found.protected, found.ended_earlier), (1, 0));
}

/// Only the period counts: of a stack that would have ended before it, nothing is left.
#[test]
fn only_the_period_counts() {
    let lease = TimelineBuilder::new("a", 1, 0).ended(550, 560, EndCause::Expiry);
    let found = replay_from(500, 600, "ttl=4h".parse().unwrap(), &[lease]);
    assert_eq!(costs(&found), ["1.00", "0.00", "1.00", "0.00"]);
}

proptest! {
    /// The policy in force reproduces history exactly.
    #[test]
    fn the_policy_in_force_reproduces_history(leases in arbitrary_leases()) {
        let found = replay_from(300, 20_000, PolicyChange::default(), &leases);
        prop_assert_eq!(found.policy_usd, found.spent_usd);
        prop_assert_eq!((found.ended_earlier, found.ended_later), (0, 0));
        prop_assert!(found.cut_off.is_empty());
        for lease in &leases {
            // Also if it is written out.
            let terms = lease.terms[0];
            let same = PolicyChange {
                ttl: Some(terms.ttl),
                idle_after: terms.idle_after,
                ready_timeout: terms.ready_timeout,
                grace: Some(terms.grace),
                max_ttl: None,
            };
            let one = std::slice::from_ref(lease);
            let found = replay_from(300, 20_000, same, one);
            prop_assert_eq!(found.policy_usd, found.spent_usd);
        }
        let spent = leases.iter().flat_map(|lease| &lease.slices);
        let spent = spent.filter(|slice| slice.to > minute(300));
        let spent: DollarTime = spent.map(|slice| slice.spent_since(minute(300))).sum();
        prop_assert_eq!(found.spent_usd.unwrap_or_default(), spent.dollars());
    }

    /// A tighter policy never costs more, and nothing is negative.
    #[test]
    fn a_tighter_policy_never_costs_more(
        leases in arbitrary_leases(),
        key in prop::sample::select(vec!["ttl", "grace"]),
        short in 1_u32..900,
        longer in 0_u32..900,
    ) {
        let replay = |minutes: u32| {
            let policy = format!("{key}={minutes}m").parse().unwrap();
            replay_from(300, 20_000, policy, &leases)
        };
        let (tight, loose) = (replay(short), replay(short + longer));
        prop_assert!(tight.policy_usd <= loose.policy_usd);
        prop_assert!(tight.policy_usd.unwrap_or_default() >= Usd::ZERO);
        prop_assert!(tight.saved_usd <= tight.spent_usd);
    }
}
