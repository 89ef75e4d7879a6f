//! Budgets against a slow search that looks at each minute.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::testing::stack_name;

/// Zones with clock changes of an hour and of half an hour, at midnight and at noon UTC, on both
/// halves of the earth, and one without any.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Chatham",
];

fn budget(schedule: &str, zone: &str, duration: &str, max: &str) -> Budget {
    RecordedBudget {
        schedule: Some(schedule.to_owned()),
        duration: Some(duration.parse().unwrap()),
        timezone: Some(zone.to_owned()),
        max: max.to_owned(),
        reasons: Vec::new(),
    }
    .read()
    .unwrap()
}

/// Whether a window contains `at`, by a look at each minute of the time before.
fn is_in_force_slowly(budget: &Budget, at: Timestamp) -> bool {
    let window = budget.window.as_ref().unwrap();
    let schedule = window.schedule.to_string();
    let parts: Vec<&str> = schedule.split(' ').collect();
    let fits = |text: &str, value: i8| text == "*" || text == value.to_string();
    let matches = |shown: jiff::civil::DateTime| {
        fits(parts[0], shown.minute())
            && fits(parts[1], shown.hour())
            && fits(parts[2], shown.day())
            && fits(parts[4], shown.weekday().to_sunday_zero_offset())
    };
    let minutes = i64::try_from(window.duration.seconds() / 60).unwrap();
    // Every offset in use since 2000 is a whole number of minutes.
    let minute = Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap();
    (0..minutes).any(|back| {
        let instant = minute - back.minutes();
        let shown = window.zone.to_datetime(instant);
        let before = window.zone.to_datetime(instant - 1.minute());
        // A change of the clock skips the times between: they all happen now.
        let skipped = (1_i64..).map(|step| before + step.minutes());
        let starts = skipped
            .take_while(|time| *time < shown)
            .chain([shown])
            .any(matches);
        starts && window.duration.after(instant) > at
    })
}

fn schedules() -> impl Strategy<Value = String> {
    let any = |range: std::ops::Range<u8>| {
        prop_oneof![
            Just("*".to_owned()),
            range.prop_map(|value| value.to_string())
        ]
    };
    (any(0..60), any(0..24), any(1..29), any(0..7)).prop_filter_map(
        "one of the two days is not limited",
        |(minute, hour, day, weekday)| {
            (day == "*" || weekday == "*").then(|| format!("{minute} {hour} {day} * {weekday}"))
        },
    )
}

/// Times around the clock changes of 2026, in every zone above, and others.
fn times() -> impl Strategy<Value = Timestamp> {
    let day = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let around = prop_oneof![
        Just(day("2026-03-08T07:00:00Z")),
        Just(day("2026-03-29T01:00:00Z")),
        Just(day("2026-04-04T15:00:00Z")),
        Just(day("2026-04-05T04:00:00Z")),
        Just(day("2026-04-23T22:00:00Z")),
        Just(day("2026-09-06T04:00:00Z")),
        Just(day("2026-10-03T15:30:00Z")),
        Just(day("2026-10-25T01:00:00Z")),
        Just(day("2026-10-29T21:00:00Z")),
        Just(day("2026-11-01T06:00:00Z")),
        Just(day("2026-07-15T12:00:00Z")),
    ];
    (around, -100_000..100_000_i64)
        .prop_map(|(around, shift)| Timestamp::from_second(around + shift).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A budget is in force exactly when a look at each minute says so, in any zone and across
    /// clock changes.
    #[test]
    fn windows_are_those_of_the_calendar(
        schedule in schedules(),
        zone in 0..ZONES.len(),
        minutes in 1_u32..1_500,
        at in times(),
    ) {
        let budget = budget(&schedule, ZONES[zone], &format!("{minutes}m"), "0");
        prop_assert_eq!(budget.is_in_force(at), is_in_force_slowly(&budget, at));
        // The next opening is the first minute that is not in force.
        if let Some(open) = next_opening(std::slice::from_ref(&budget), Cause::Expiry, at) {
            prop_assert!(!budget.is_in_force(open));
            prop_assert!(open >= at);
            let before = open - 1.second();
            prop_assert!(open == at || budget.is_in_force(before));
        }
    }

    /// However many stacks are due, no more are let through one after the other than each budget
    /// in force allows for its reasons.
    #[test]
    fn no_budget_is_exceeded(
        windows in proptest::collection::vec((schedules(), 0..ZONES.len(), 1_u32..3_000), 1..4),
        maxima in proptest::collection::vec(prop_oneof!["[0-5]", "(0|10|35|100)%"], 4),
        reasons in proptest::collection::vec(0_u8..8, 4),
        causes in proptest::collection::vec(0_usize..3, 0..20),
        busy in 0_usize..4,
        at in times(),
    ) {
        const CAUSES: [Cause; 3] = [Cause::Expiry, Cause::Purgatory, Cause::Idleness];
        let mut budgets: Vec<Budget> = windows
            .iter()
            .zip(&maxima)
            .map(|((schedule, zone, minutes), max)| {
                budget(schedule, ZONES[*zone], &format!("{minutes}m"), max)
            })
            .collect();
        for (budget, bits) in budgets.iter_mut().zip(&reasons) {
            let named = CAUSES.iter().enumerate().filter(|(index, _)| (bits >> index) & 1 == 1);
            budget.reasons = named.map(|(_, cause)| *cause).collect();
        }
        let total = causes.len() + busy;
        let mut ending = EndingStacks::none_of(total);
        for number in 0..busy {
            ending.add(&stack_name(&format!("busy-{number}")), "expiry");
        }
        let before = ending.clone();
        for (number, cause) in causes.iter().enumerate() {
            let cause = CAUSES[*cause];
            if deferral(&budgets, cause, &ending, at).is_none() {
                ending.add(&stack_name(&format!("due-{number}")), cause.as_str());
            }
        }
        for budget in budgets.iter().filter(|budget| budget.is_in_force(at)) {
            let limit = budget.limit(u32::try_from(total).unwrap());
            let (count, was) = (ending.count_for(budget), before.count_for(budget));
            prop_assert!(count <= limit.max(was), "{count} of {limit}: {budget}");
        }
    }
}

/// A deferral names the budget, its limit and the end of the window; windows that follow each other
/// are one.
#[test]
fn a_deferral_says_until_when() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let day = budget("0 9 * * mon-fri", "Europe/Berlin", "8h", "0");
    let evening = budget("0 16 * * *", "Europe/Berlin", "3h", "0");
    let budgets = [day.clone(), evening];
    let none = EndingStacks::none_of(3);
    let now = at("2026-03-02T10:00:00Z");
    let deferred = deferral(&budgets, Cause::Expiry, &none, now).unwrap();
    assert_eq!(deferred.not_before, Some(at("2026-03-02T18:00:00Z")));
    assert_eq!(
        deferred.budget,
        "no teardown for 8h from \"0 9 * * mon-fri\" (Europe/Berlin)"
    );
    let later = at("2026-03-02T18:00:00Z");
    assert_eq!(deferral(&budgets, Cause::Expiry, &none, later), None);
    let idle = Budget {
        reasons: vec![Cause::Idleness],
        window: None,
        max: BudgetMax::Count(0),
    };
    let budgets = [idle];
    assert_eq!(deferral(&budgets, Cause::Expiry, &none, now), None);
    let deferred = deferral(&budgets, Cause::Idleness, &none, now).unwrap();
    assert_eq!(deferred.not_before, None);
    assert_eq!(deferred.budget, "no teardown, for idleness");
}

/// A percentage of the stacks is rounded up, and a teardown under way counts.
#[test]
fn teardowns_under_way_count() {
    let budgets = [budget("0 0 * * *", "UTC", "1d", "10%")];
    let now = "2026-03-02T10:00:00Z".parse().unwrap();
    let mut ending = EndingStacks::none_of(11);
    ending.add(&stack_name("a"), "idleness");
    assert_eq!(deferral(&budgets, Cause::Expiry, &ending, now), None);
    ending.add(&stack_name("b"), "a user's own reason");
    let deferred = deferral(&budgets, Cause::Expiry, &ending, now).unwrap();
    assert_eq!((deferred.max, deferred.ending), (2, 2));
    assert_eq!(deferred.not_before, Some(now));
}

/// A budget survives the reaper's log.
#[test]
fn a_budget_is_recorded() {
    let mut kept = budget("0 9 * * mon-fri", "Asia/Tokyo", "90m", "25%");
    kept.reasons = vec![Cause::Idleness, Cause::Purgatory];
    let text = serde_json::to_string(&RecordedBudget::from(&kept)).unwrap();
    let read: RecordedBudget = serde_json::from_str(&text).unwrap();
    assert_eq!(read.read(), Some(kept));
    for wrong in [
        r#"{"max": "many"}"#,
        r#"{"max": "1", "reasons": ["boredom"]}"#,
    ] {
        let read: RecordedBudget = serde_json::from_str(wrong).unwrap();
        assert_eq!(read.read(), None);
    }
}
