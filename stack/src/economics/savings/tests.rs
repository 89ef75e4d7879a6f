use proptest::prelude::*;

use super::*;
use crate::economics::testing::{TimelineBuilder, arbitrary_leases, minute};

fn savings_until(end: u64, engineer: Option<&str>, leases: &[LeaseTimeline]) -> Savings {
    let mut history = SavingsBuilder::new(minute(0));
    for lease in leases {
        history.add(lease);
    }
    history.savings(minute(end), engineer.and_then(|rate| rate.parse().ok()))
}

fn text(usd: Option<Usd>) -> Option<String> {
    usd.map(|usd| usd.to_string())
}

/// A stack that was down is compared with the same stack always on.
#[test]
fn a_stack_that_was_down_saves() {
    // At $1/h: ready after 60 min, torn down from 480 to 540 min: 9 h, $9.00. Requested again at
    // 900 min, ready after 60 min, live at 1440 min: 9 h, $9.00.
    // Always on: the first start $1.00, 7 h until the teardown, and 16 h from then to the end:
    // $24.00. Saved: $24 − $18 = $6.00, which is less than the $18 that were spent.
    let first = TimelineBuilder::new("a", 1, 0)
        .start(0, 60)
        .ended(480, 540, EndCause::Person);
    let second = TimelineBuilder::new("a", 2, 900)
        .start(900, 960)
        .until(1_440);
    let found = savings_until(1_440, None, &[second, first]);
    assert_eq!(text(found.always_on_usd).as_deref(), Some("24.00"));
    assert_eq!(text(found.spent_usd).as_deref(), Some("18.00"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("6.00"));
    assert_eq!(text(found.extra_usd).as_deref(), Some("0.00"));
    assert_eq!(found.waiting_usd, None);
}

/// Sleep saves the difference of the rates.
#[test]
fn a_sleep_saves_the_difference_of_the_rates() {
    // 2 h ready, 6 h asleep at $0.10/h, 2 h ready: $4.60. Always on: 10 h, $10.00. The difference
    // of $5.40 is more than was spent, so $4.60 are saved.
    let lease = TimelineBuilder::new("a", 1, 0).asleep(120, 480).until(600);
    let found = savings_until(600, None, &[lease]);
    assert_eq!(text(found.always_on_usd).as_deref(), Some("10.00"));
    assert_eq!(text(found.spent_usd).as_deref(), Some("4.60"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("4.60"));
}

/// What jiti ended would have stayed, and what a person ended would not.
#[test]
fn only_an_end_by_jiti_saves_what_follows() {
    // 8 h at $1/h, and then 2 h until the end of the period.
    let lease = |end| TimelineBuilder::new("a", 1, 0).ended(480, 480, end);
    let expired = savings_until(600, None, &[lease(EndCause::Expiry)]);
    assert_eq!(text(expired.always_on_usd).as_deref(), Some("10.00"));
    assert_eq!(text(expired.saved_usd).as_deref(), Some("2.00"));
    let destroyed = savings_until(600, None, &[lease(EndCause::Terraform)]);
    assert_eq!(text(destroyed.always_on_usd).as_deref(), Some("8.00"));
    assert_eq!(text(destroyed.saved_usd).as_deref(), Some("0.00"));
}

/// Residue of a person's teardown costs an always-on stack as much. It saves nothing.
#[test]
fn residue_saves_nothing() {
    // 2 h ready at $1/h and a teardown of 1 h at $1/h: $3.00. It leaves a volume at $0.10/h,
    // which stays for 100 h: $10.00. Together $13.00, also for the always-on stack, because a
    // person ended it.
    let left = TimelineBuilder::new("a", 1, 0)
        .state(120, SliceState::Ready)
        .state(180, SliceState::TearingDown)
        .rate(Some("0.10"))
        .state(180 + 6_000, SliceState::Residue);
    let gone = |end| left.clone().ended(6_180, 6_180, end);
    for lease in [left.clone().unfinished(), gone(EndCause::Person)] {
        let found = savings_until(6_180, None, &[lease]);
        assert_eq!(text(found.spent_usd).as_deref(), Some("13.00"));
        assert_eq!(text(found.always_on_usd).as_deref(), Some("13.00"));
        assert_eq!(text(found.saved_usd).as_deref(), Some("0.00"));
        assert_eq!(text(found.extra_usd).as_deref(), Some("0.00"));
    }
    // If it expired, it would have run on: 103 h, $103.00. At most what was spent is saved.
    let found = savings_until(6_180, None, &[gone(EndCause::Expiry)]);
    assert_eq!(text(found.always_on_usd).as_deref(), Some("103.00"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("13.00"));
}

/// Failed starts and purgatory are subtracted, so a stack that never works costs extra.
#[test]
fn failed_starts_and_purgatory_are_subtracted() {
    // A start fails after 30 min: $0.50. Another times out after 60 min and stays in purgatory for
    // 90 min: $1.00 and $1.50. Always on, neither would have been: $3.00 extra.
    let failed =
        TimelineBuilder::new("a", 1, 0)
            .failed_start(0, 30)
            .ended(30, 30, EndCause::Terraform);
    let stuck = TimelineBuilder::new("b", 1, 0)
        .late_start(0, 60, None)
        .ended_in(SliceState::Purgatory, 150, 150, EndCause::Purgatory);
    let found = savings_until(600, None, &[failed.clone(), stuck]);
    assert_eq!(text(found.always_on_usd).as_deref(), Some("0.00"));
    assert_eq!(text(found.failed_starts_usd).as_deref(), Some("1.50"));
    assert_eq!(text(found.purgatory_usd).as_deref(), Some("1.50"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("0.00"));
    assert_eq!(text(found.extra_usd).as_deref(), Some("3.00"));
    // The cap leaves out the failed start: 30 min ready and then 10 h down, of which at most the
    // $0.50 of useful spend count.
    let expired = TimelineBuilder::new("c", 1, 0).ended(30, 30, EndCause::Expiry);
    let found = savings_until(630, None, &[failed, expired]);
    assert_eq!(text(found.spent_usd).as_deref(), Some("1.00"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("0.50"));
}

/// The price of waiting is off unless it is configured, and then it is subtracted.
#[test]
fn waiting_has_a_price_if_configured() {
    // Saved without it: $6.00, as in the first test. Two requests of 60 min at $2/h: $4.00.
    let leases = [
        TimelineBuilder::new("a", 1, 0)
            .start(0, 60)
            .ended(480, 540, EndCause::Person),
        TimelineBuilder::new("a", 2, 900)
            .start(900, 960)
            .new_version("v2", 1_000, 1_060)
            .until(1_440),
    ];
    let found = savings_until(1_440, Some("2"), &leases);
    assert_eq!(text(found.waiting_usd).as_deref(), Some("4.00"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("2.00"));
    let dear = savings_until(1_440, Some("5"), &leases);
    assert_eq!(text(dear.waiting_usd).as_deref(), Some("10.00"));
    assert_eq!(text(dear.saved_usd).as_deref(), Some("0.00"));
    assert_eq!(text(dear.extra_usd).as_deref(), Some("4.00"));
}

/// Only the time within the period counts.
#[test]
fn only_the_period_counts() {
    // Asleep from 60 to 600 min, in the period from 360 min on.
    let lease = TimelineBuilder::new("a", 1, 0).asleep(60, 600).until(660);
    let mut history = SavingsBuilder::new(minute(360));
    history.add(&lease);
    // From 360 to 600 min asleep, $0.40, and 1 h ready: $1.40. Always on: 5 h.
    let found = history.savings(minute(660), None);
    assert_eq!(text(found.spent_usd).as_deref(), Some("1.40"));
    assert_eq!(text(found.always_on_usd).as_deref(), Some("5.00"));
    assert_eq!(text(found.saved_usd).as_deref(), Some("1.40"));
}

/// Without a known rate, nothing is known.
#[test]
fn unknown_is_not_zero() {
    let lease = TimelineBuilder::new("a", 1, 0).rate(None).until(600);
    assert_eq!(savings_until(600, None, &[lease]), Savings::default());
}

proptest! {
    /// Savings are never more than what was spent, and nothing is negative.
    #[test]
    fn savings_are_within_the_spend(
        leases in arbitrary_leases(),
        engineer in prop::option::of(0_u32..10),
    ) {
        let engineer = engineer.map(|rate| rate.to_string());
        let found = savings_until(20_000, engineer.as_deref(), &leases);
        let all = [
            found.always_on_usd,
            found.spent_usd,
            found.failed_starts_usd,
            found.purgatory_usd,
            found.waiting_usd,
            found.saved_usd,
            found.extra_usd,
        ];
        prop_assert!(all.into_iter().flatten().all(|usd| usd >= Usd::ZERO), "{found:?}");
        prop_assert!(found.saved_usd <= found.spent_usd);
        prop_assert!(found.saved_usd <= found.always_on_usd);
        prop_assert!(found.saved_usd == Some(Usd::ZERO) || found.extra_usd == Some(Usd::ZERO) || found.spent_usd.is_none());
        if let (Some(failed), Some(purgatory)) = (found.failed_starts_usd, found.purgatory_usd) {
            prop_assert!(Some(failed + purgatory) <= found.spent_usd);
        }
    }
}
