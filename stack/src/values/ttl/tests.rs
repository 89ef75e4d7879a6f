//! Valid and invalid durations.

use super::*;
use proptest::prelude::*;

fn seconds(text: &str) -> u64 {
    text.parse::<Span>().expect(text).seconds()
}

/// Every unit is read, alone and combined.
#[test]
fn durations_are_read() {
    assert_eq!(seconds("45s"), 45);
    assert_eq!(seconds("90m"), 5_400);
    assert_eq!(seconds("8h"), 28_800);
    assert_eq!(seconds("3d"), 259_200);
    assert_eq!(seconds("2w"), 1_209_600);
    assert_eq!(seconds("1d12h"), 129_600);
    assert_eq!(seconds("1w1d1h1m1s"), 694_861);
    assert_eq!(seconds("36525d"), MAX_SECONDS);
}

/// An invalid duration is refused with the text, the problem and an example.
#[test]
fn refusals_say_what_is_wrong() {
    let problem = |text: &str| text.parse::<Span>().expect_err(text).problem;
    assert_eq!(problem(""), SpanProblem::Empty);
    assert_eq!(problem("8"), SpanProblem::NoUnit);
    assert_eq!(problem("h"), SpanProblem::NoNumber('h'));
    assert_eq!(problem("-8h"), SpanProblem::NoNumber('-'));
    assert_eq!(problem("8 h"), SpanProblem::Unit(' '));
    assert_eq!(problem("8H"), SpanProblem::Unit('H'));
    assert_eq!(problem("1.5h"), SpanProblem::Unit('.'));
    assert_eq!(problem("12h1d"), SpanProblem::Order('d'));
    assert_eq!(problem("1h1h"), SpanProblem::Order('h'));
    assert_eq!(problem("0h"), SpanProblem::Zero);
    assert_eq!(problem("36526d"), SpanProblem::TooLong);
    assert_eq!(problem("18446744073709551615w"), SpanProblem::TooLong);
    assert_eq!(problem("99999999999999999999s"), SpanProblem::TooLong);
    assert_eq!(problem("٣h"), SpanProblem::NoNumber('٣'));
    assert_eq!(
        "8 hours"
            .parse::<Ttl>()
            .expect_err("no duration")
            .to_string(),
        "invalid duration \"8 hours\": ' ' is not a unit; \
         write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)"
    );
}

/// A duration for people has at most two units, rounded down.
#[test]
fn durations_for_people_have_two_units() {
    for (text, expected) in [
        ("6d19h49m8s", "6 d 19 h"),
        ("13m", "13 min"),
        ("1h5s", "1 h"),
        ("59s", "59 s"),
        ("2w", "14 d"),
    ] {
        let span: Span = text.parse().unwrap();
        let elapsed = Elapsed::from_millis(span.seconds() * 1000 + 999);
        assert_eq!(
            (span.rounded(), elapsed.rounded()),
            (expected.into(), expected.into())
        );
    }
    assert_eq!(Elapsed::from_millis(999).rounded(), "0 s");
}

/// A TTL keeps its text, and a span has one canonical form.
#[test]
fn a_ttl_keeps_its_text() {
    let ttl: Ttl = "36h".parse().expect("a duration");
    assert_eq!(
        (ttl.as_str(), ttl.span().to_string().as_str()),
        ("36h", "1d12h")
    );
    assert_eq!(serde_json::to_string(&ttl).expect("writes"), "\"36h\"");
    assert_eq!(serde_json::from_str::<Ttl>("\"36h\"").expect("reads"), ttl);
}

/// A measured time is a number of seconds in JSON, and may be zero.
#[test]
fn elapsed_is_seconds_in_json() {
    for (millis, json) in [(0, "0"), (7_000, "7"), (2_500, "2.5")] {
        let elapsed = Elapsed::from_millis(millis);
        assert_eq!(serde_json::to_string(&elapsed).expect("writes"), json);
        assert_eq!(
            serde_json::from_str::<Elapsed>(json).expect("reads"),
            elapsed
        );
    }
    assert!(serde_json::from_str::<Elapsed>("-1").is_err());
    assert_eq!(
        Elapsed::between(Timestamp::MAX, Timestamp::MIN),
        Elapsed::default()
    );
}

proptest! {
    /// A span survives a round trip.
    #[test]
    fn written_is_read_back(seconds in 1..=MAX_SECONDS) {
        let span = Span::from_seconds(seconds).expect("in range");
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
    }

    /// No text makes the parser panic or overflow, and accepted values are within the limits.
    #[test]
    fn any_text_is_survived(text in "[0-9smhdw .-]{0,40}|.{0,20}") {
        if let Ok(span) = text.parse::<Span>() {
            prop_assert!((1..=MAX_SECONDS).contains(&span.seconds()));
        }
    }

    /// A time plus any span is never earlier.
    #[test]
    fn later_is_later(seconds in 1..=MAX_SECONDS, from in -300_000_000_000_i64..=253_402_207_200_i64) {
        let from = Timestamp::from_second(from).expect("in range");
        let span = Span::from_seconds(seconds).expect("in range");
        prop_assert!(span.after(from) >= from);
        prop_assert!(span.before(from) <= from);
    }
}
