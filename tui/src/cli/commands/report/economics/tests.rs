use stack::Elapsed;

use super::*;

fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

fn verdict(app: &str, choice: Option<Choice>) -> Verdict {
    let is_known = choice.is_some();
    Verdict {
        app: app.parse().unwrap(),
        choice,
        rebuild_usd: usd("3.2").filter(|_| is_known),
        sleep_usd: None,
        keep_usd: usd("8.4").filter(|_| is_known),
        break_even_seconds: choice.map(|_| Elapsed::from_millis(2_820_000)),
        confidence: choice.map(|_| 0.97),
        starts: 12,
        gaps: 11,
        reasons: Vec::new(),
        not_enough: (!is_known).then(|| "not enough history: there are 2 starts".to_owned()),
    }
}

fn comparison(after: &str, slower: bool, not_enough: Option<&str>) -> VersionComparison {
    VersionComparison {
        app: "checkout".parse().unwrap(),
        before: "1.3.0".parse().unwrap(),
        after: after.parse().unwrap(),
        kind: None,
        before_starts: 10,
        after_starts: 1,
        before_median: Some(Elapsed::from_millis(420_000)),
        after_median: Some(Elapsed::from_millis(663_000)),
        p_value: Some(0.0004),
        slower,
        not_enough: not_enough.map(str::to_owned),
    }
}

/// A verdict has its costs, its evidence and its confidence. Apps without one come last, in one
/// note.
#[test]
fn verdicts_have_their_reasons() {
    let found = [
        verdict("auth", None),
        verdict("shop", Some(Choice::Rebuild)),
    ];
    assert_eq!(
        verdicts(&found),
        [
            "Verdict on shop: rebuild. Over 11 gaps between uses (12 starts), to rebuild costs \
             $3.20, to keep costs $8.40. Keep a stack if its next use is within 47 min. \
             Confidence 97 %.",
            "No verdict on auth (not enough history): there are 2 starts.",
        ]
    );
    let many = ["a", "b", "c", "d", "e", "f"];
    let open = many.map(|app| verdict(app, None));
    assert_eq!(
        verdicts(&open),
        ["No verdict on a, b, c, d, e, 1 more app: not enough history."]
    );
    let decided = many.map(|app| verdict(app, Some(Choice::Keep)));
    assert_eq!(
        verdicts(&decided).last().map(String::as_str),
        Some("Verdicts on 1 more app: see `jiti report --html`.")
    );
}

/// A slower version has its medians, its p-value and its sample sizes. Too few starts are said.
#[test]
fn slower_versions_have_their_test() {
    let few = Some("too few starts");
    assert_eq!(
        slower(&[
            comparison("1.4.0", true, None),
            comparison("1.5.0", false, few)
        ]),
        [
            "checkout@1.4.0 starts significantly slower than 1.3.0: median 11 min 3 s of 1 start, \
             before 7 min of 10 starts, p-value <0.001 (Mann-Whitney U).",
            "Whether checkout@1.5.0 starts slower than 1.3.0 is unknown: too few starts.",
        ]
    );
    assert_eq!(
        slower(&[
            comparison("1.4.0", false, few),
            comparison("1.5.0", false, few),
            comparison("1.6.0", false, None)
        ]),
        ["2 versions of apps cannot be compared with the one before: too few starts."]
    );
}

/// Savings name what was subtracted. If some apps saved and others cost more, both are said.
#[test]
fn savings_name_what_was_subtracted() {
    let known = Savings {
        always_on_usd: usd("120"),
        spent_usd: usd("48"),
        failed_starts_usd: usd("0.5"),
        purgatory_usd: usd("0"),
        waiting_usd: None,
        saved_usd: usd("47.5"),
        extra_usd: usd("0.48"),
    };
    assert_eq!(
        savings(&known).as_deref(),
        Some(
            "Saved $47.50, at most what was spent: always on would have cost $120.00. Apps that \
             cost more than always on: $0.48 more. Subtracted: failed starts $0.50."
        )
    );
    let none = Savings {
        saved_usd: usd("0"),
        failed_starts_usd: usd("0"),
        ..known
    };
    assert_eq!(
        savings(&none).as_deref(),
        Some("Nothing saved: always on would have cost $120.00, $0.48 less.")
    );
    assert_eq!(savings(&Savings::default()), None);
}
