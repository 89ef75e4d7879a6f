use super::*;
use crate::economics::testing::{TimelineBuilder, minute};
use crate::report::EndCause;

fn verdict(leases: &[LeaseTimeline]) -> Verdict {
    let mut history = VerdictHistory::default();
    for lease in leases {
        history.add(lease, minute(0));
    }
    history.verdict("checkout".parse().unwrap(), minute(0))
}

/// A lease that is ready after 12 minutes, is used once an hour after its request, and is torn down
/// at its next hour.
fn cycle(number: u32, from: u64) -> LeaseTimeline {
    TimelineBuilder::new("a", number, from)
        .start(from, from + 12)
        .used_at(&[from + 60])
        .ended(from + 120, from + 121, EndCause::Person)
}

fn shown(verdict: &Verdict) -> [Option<String>; 3] {
    let costs = [verdict.rebuild_usd, verdict.sleep_usd, verdict.keep_usd];
    costs.map(|usd| usd.map(|usd| usd.to_string()))
}

/// A few cycles of one stack lead to a verdict, with the evidence in sentences.
#[test]
fn a_few_cycles_lead_to_a_verdict() {
    // Requests at 0, 200, 500 and 900 min, each ready after 12 min at $1/h: $0.20. The last uses
    // are at 60, 260 and 560, so the gaps are 140, 240 and 340 min: 720 min, or 12 h.
    // rebuild = 3 × $0.20 = $0.60, keep = 12 h × $1/h = $12.00. Each single gap is longer than the
    // break-even of $0.20 ÷ $1/h = 12 min, so every resample leads to the same choice.
    let leases = [cycle(1, 0), cycle(2, 200), cycle(3, 500), cycle(4, 900)];
    let found = verdict(&leases);
    assert_eq!(found.choice, Some(Choice::Rebuild));
    assert_eq!(
        shown(&found),
        [Some("0.60".to_owned()), None, Some("12.00".to_owned())]
    );
    assert_eq!((found.starts, found.gaps), (4, 3));
    assert_eq!(
        found.break_even_seconds.map(Elapsed::seconds),
        Some(12 * 60)
    );
    assert_eq!(found.confidence, Some(1.0));
    assert_eq!(
        found.reasons,
        [
            "A start takes 12 min and costs $0.20 (medians of 4 starts).",
            "A running stack costs $1.00/h.",
            "Sleep is not compared: the rate of a stack that is asleep is unknown.",
            "There are 3 gaps between uses: 4 h is the median, 12 h the total.",
            "Over these gaps, to rebuild costs $0.60, and to keep $12.00.",
            "Keep a stack if its next use is within 12 min; otherwise, rebuild it.",
            "100 % of 1,000 resamples of the gaps lead to the same choice.",
        ]
    );
    assert_eq!(found.not_enough, None);
}

/// Below three starts and three gaps, there is no verdict, and the sentence says what is missing.
#[test]
fn a_short_history_is_not_enough() {
    let found = verdict(&[cycle(1, 0), cycle(2, 200), cycle(3, 500)]);
    assert_eq!((found.starts, found.gaps), (3, 2));
    assert_eq!((found.choice, found.confidence), (None, None));
    assert_eq!(shown(&found), [None, None, None]);
    assert_eq!(
        found.not_enough.as_deref(),
        Some(
            "not enough history: a verdict needs 3 starts with a known time and cost, and 3 gaps \
             between uses; so far: 3 starts and 2 gaps"
        )
    );
}

/// A sleep is compared as soon as one sleep and one wake are known.
#[test]
fn a_sleep_is_compared() {
    // Three stacks start in 60 min at $1/h: $1.00. Each sleeps from 100 to 160 min at $0.10/h and
    // is woken in 6 min: $0.10. The gaps are 3 × 60 min = 3 h.
    // keep = 3 h × $1/h = $3.00, sleep = 3 h × $0.10/h + 3 × $0.10 = $0.60, rebuild = $3.00.
    // Break-even with sleep: $0.10 ÷ ($1 − $0.10)/h = 6 min 40 s; with rebuild: 60 min.
    // Sleep and rebuild cost the same after ($1.00 − $0.10) ÷ $0.10/h = 9 h.
    let lease = |stack| {
        TimelineBuilder::new(stack, 1, 0)
            .start(0, 60)
            .asleep(100, 160)
            .wake(160, 166)
            .until(300)
    };
    let found = verdict(&[lease("a"), lease("b"), lease("c")]);
    assert_eq!(found.choice, Some(Choice::Sleep));
    assert_eq!(
        shown(&found),
        ["3.00", "0.60", "3.00"].map(|usd| Some(usd.to_owned()))
    );
    assert_eq!(found.break_even_seconds.map(Elapsed::seconds), Some(400));
    assert_eq!(
        found.reasons[2],
        "A wake takes 6 min and costs $0.10 (medians of 3 wakes), and a stack that is asleep costs \
         $0.10/h."
    );
    assert_eq!(
        found.reasons[4],
        "No use is recorded of 3 of 3 leases: the time that they were up is not a gap."
    );
    assert_eq!(
        found.reasons[6],
        "Keep a stack if its next use is within 6 min 40 s; let it sleep if it is within 9 h; \
         otherwise, rebuild it."
    );
}

/// Short gaps and slow starts: keeping is cheapest, also where it costs the same.
#[test]
fn short_gaps_are_kept() {
    // Each start takes 120 min: $2.00. The gaps are 90, 90 and 120 min: keep = 5 h × $1/h = $5.00,
    // rebuild = 3 × $2.00 = $6.00. A resample leads to rebuild only if its gaps exceed 6 h, which
    // three gaps of at most 2 h never do.
    let lease = |stack, gap: u64| {
        TimelineBuilder::new(stack, 1, 0)
            .start(0, 120)
            .used_at(&[120 + gap])
            .until(600)
    };
    let found = verdict(&[lease("a", 90), lease("b", 90), lease("c", 120)]);
    assert_eq!(found.choice, Some(Choice::Keep));
    assert_eq!(
        shown(&found),
        [Some("6.00".to_owned()), None, Some("5.00".to_owned())]
    );
    assert_eq!(found.confidence, Some(1.0));
    let tie = verdict(&[lease("a", 120), lease("b", 120), lease("c", 120)]);
    assert_eq!(tie.choice, Some(Choice::Keep), "both cost $6.00");
}

/// The confidence is the share of resamples with the same choice, and is the same each time.
#[test]
fn the_confidence_is_reproducible() {
    // rebuild = 3 × $2.00 = $6.00. keep = 90 + 90 + 240 min = 7 h: $7.00. A resample leads to keep
    // if it does not pick the gap of 240 min at all: (2 ÷ 3)³ = 30 % of them.
    let lease = |stack, gap: u64| {
        TimelineBuilder::new(stack, 1, 0)
            .start(0, 120)
            .used_at(&[120 + gap])
            .until(600)
    };
    let leases = [lease("a", 90), lease("b", 90), lease("c", 240)];
    let found = verdict(&leases);
    assert_eq!(found.choice, Some(Choice::Rebuild));
    let confidence = found.confidence.unwrap();
    assert!((0.66..0.75).contains(&confidence), "{confidence}");
    assert_eq!(verdict(&leases), found);
}

/// Without a known rate, there is no verdict.
#[test]
fn an_unknown_rate_leads_to_no_verdict() {
    let lease = |number, from: u64| {
        TimelineBuilder::new("a", number, from)
            .start(from, from + 12)
            .rate(None)
            .ended(from + 120, from + 121, EndCause::Person)
    };
    let found = verdict(&[lease(1, 0), lease(2, 200), lease(3, 500), lease(4, 900)]);
    assert_eq!(
        found.not_enough.as_deref(),
        Some("not enough history: the rate of a running stack is unknown")
    );
    assert_eq!(found.choice, None);
}

/// Only the latest 200 gaps count, so that an app can change.
#[test]
fn old_gaps_do_not_count() {
    let leases: Vec<_> = (1..=250_u32)
        .map(|n| cycle(n, u64::from(n) * 300))
        .collect();
    let found = verdict(&leases);
    assert_eq!((found.starts, found.gaps), (250, 200));
}
