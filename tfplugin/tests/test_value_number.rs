//! Numbers keep their value in every conversion.

use crate::arbitrary;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use std::collections::HashSet;
use tfplugin::{Number, NumberError};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// All spellings of a value are equal and print the same.
#[test]
fn spellings_of_a_value_are_equal() {
    let table: [(&[&str], &str); 10] = [
        (&["0", "-0", "+0", "0.0", "-.0", "0e7", "00"], "0"),
        (
            &[
                "1", "1.", "+1", "01", "1.0", "10e-1", "0.1e1", "1e0", "1E+0",
            ],
            "1",
        ),
        (&["-12", "-12.00", "-1.2e1", "-0.12E2"], "-12"),
        (&["1200", "1.2e3", "12e2"], "1200"),
        (&["0.5", ".5", "5e-1", "0.50"], "0.5"),
        (&["-0.0001", "-1e-4"], "-0.0001"),
        (
            &["9223372036854775807", "9223372036854775807.0"],
            "9223372036854775807",
        ),
        (
            &["9223372036854775808", "922337203685477580.8e1"],
            "9223372036854775808",
        ),
        (
            &["-9223372036854775808", "-9223372036854775808.0"],
            "-9223372036854775808",
        ),
        (&["12.034", "0012.0340", "12034e-3"], "12.034"),
    ];
    for (texts, plain) in table {
        let distinct: HashSet<Number> = texts.iter().map(|text| number(text)).collect();
        assert_eq!(distinct.len(), 1, "{texts:?}");
        assert_eq!(number(texts[0]).to_string(), plain);
    }
}

/// Text that is not a decimal number is an error.
#[test]
fn malformed() {
    for text in [
        "", " ", "-", "+", ".", "e", "e1", "1e", "1e+", "--1", "+-1", "1 ", " 1", "1,5", "1.2.3",
        "0x10", "1_000", "inf", "NaN", "1e1.5", "٣",
    ] {
        assert_eq!(
            text.parse::<Number>(),
            Err(NumberError::Malformed),
            "{text:?}"
        );
    }
}

/// Numbers are ordered by value.
#[test]
fn order() {
    let ascending = [
        "-9223372036854775809",
        "-100",
        "-99.5",
        "-99.05",
        "-1",
        "-0.5",
        "-0.05",
        "0",
        "0.05",
        "0.5",
        "0.51",
        "1",
        "9",
        "9.9",
        "10",
        "9223372036854775807",
        "9223372036854775808",
        "1e40",
    ];
    for pair in ascending.windows(2) {
        assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
    }
}

/// A float becomes its shortest decimal, because Terraform compares digits.
#[test]
fn floats_become_their_shortest_decimal() {
    let table = [
        (0.1, "0.1"),
        (1.5, "1.5"),
        (-2.0, "-2"),
        (-0.0, "0"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
    ];
    for (float, text) in table {
        assert_eq!(Number::try_from(float).unwrap(), number(text));
    }
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Number::try_from(float), Err(NumberError::NotFinite));
    }
}

/// Exact conversions return `None` unless they are exact. `to_f64` returns the nearest float.
#[test]
fn conversions_out() {
    assert_eq!(number("0.1").as_f64(), None);
    assert_eq!(number("0.1").to_f64().to_string(), "0.1");
    assert_eq!(number("0.5").as_f64(), Some(0.5));
    assert_eq!(number("0.15").as_f64(), None);
    assert_eq!(
        number("9007199254740992").as_f64(),
        Some(9_007_199_254_740_992.0)
    );
    assert_eq!(number("9007199254740993").as_f64(), None);
    assert_eq!(
        number("-9223372036854775808").as_f64(),
        Some(-9_223_372_036_854_775_808.0)
    );
    assert_eq!(
        number("9223372036854775808").as_f64(),
        Some(9_223_372_036_854_775_808.0)
    );
    assert!(number("1e4000").to_f64().is_infinite());
    assert_eq!(number("1e4000").as_f64(), None);
    assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
    assert_eq!(number("18446744073709551616").as_u64(), None);
    assert_eq!(number("-1").as_u64(), None);
    assert_eq!(number("1.5").as_i64(), None);
    assert!(number("1e30").is_integer() && !number("0.5").is_integer());
}

/// Printing respects width, fill and sign.
#[test]
fn printing() {
    assert_eq!(
        format!(
            "{:>6}|{:06}|{:+}",
            number("1.5"),
            number("-1.5"),
            number("2.5")
        ),
        "   1.5|-001.5|+2.5"
    );
    assert_eq!(format!("{:?}", number("1.50")), "Number(1.5)");
}

proptest! {
    /// A printed number parses to the same number.
    #[test]
    fn printing_and_parsing_are_inverse(number in arbitrary::number()) {
        prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
    }

    /// Conversions between floats and numbers lose nothing.
    #[test]
    fn exact_floats_are_exact(float in proptest::num::f64::NORMAL) {
        let shortest = Number::try_from(float).unwrap();
        prop_assert_eq!(shortest.to_f64().to_bits(), float.to_bits());
        if let Some(exact) = shortest.as_f64() {
            prop_assert_eq!(exact.to_bits(), float.to_bits());
        }
    }

    /// Numbers are ordered like integers, within and beyond 64 bits.
    #[test]
    fn order_of_integers(left in any::<i128>(), right in any::<i128>(), shift in 0_u32..127) {
        let (left, right) = (left >> shift, right >> shift);
        prop_assert_eq!(Number::from(left).cmp(&Number::from(right)), left.cmp(&right));
    }

    /// Numbers are ordered like floats.
    #[test]
    fn order_of_floats(left in proptest::num::f64::NORMAL, right in proptest::num::f64::NORMAL) {
        let left_number = Number::try_from(left).unwrap();
        let right_number = Number::try_from(right).unwrap();
        prop_assert_eq!(left_number.partial_cmp(&right_number), left.partial_cmp(&right));
    }

    /// Parsing never panics.
    #[test]
    fn any_text(text in "[-+0-9.eE]{0,30}|\\PC{0,10}") {
        if let Ok(number) = text.parse::<Number>() {
            prop_assert!(number.to_string().len() <= text.len() + 4200);
        }
    }
}
