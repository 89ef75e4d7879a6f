//! Numbers keep their value, whatever they are made from and turned into.

use crate::arbitrary;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use std::collections::HashSet;
use tfplugin::{Number, NumberError};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// Every way to write a value is the same number, printed in one way.
#[test]
fn one_value_one_number() {
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

/// What is no decimal number is refused.
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

/// Order is that of the values.
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

/// A float is the decimal that a person wrote, because Terraform compares digits.
#[test]
fn floats_are_what_was_written() {
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

/// Exact conversions are exact or nothing; the nearest float is there for those who want it.
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

/// Width, fill and sign are honoured.
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
    /// A number reads back from what it prints.
    #[test]
    fn prints_what_it_reads(number in arbitrary::number()) {
        prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
    }

    /// An exact float is exactly the number, and the nearest one where there is one.
    #[test]
    fn exact_floats_are_exact(float in proptest::num::f64::NORMAL) {
        let shortest = Number::try_from(float).unwrap();
        prop_assert_eq!(shortest.to_f64().to_bits(), float.to_bits());
        if let Some(exact) = shortest.as_f64() {
            prop_assert_eq!(exact.to_bits(), float.to_bits());
        }
    }

    /// Order agrees with that of the integers, inside 64 bits and out.
    #[test]
    fn order_of_integers(one in any::<i128>(), two in any::<i128>(), shift in 0_u32..127) {
        let (one, two) = (one >> shift, two >> shift);
        prop_assert_eq!(Number::from(one).cmp(&Number::from(two)), one.cmp(&two));
    }

    /// Order agrees with that of the floats.
    #[test]
    fn order_of_floats(one in proptest::num::f64::NORMAL, two in proptest::num::f64::NORMAL) {
        let (less, more) = (Number::try_from(one).unwrap(), Number::try_from(two).unwrap());
        prop_assert_eq!(less.partial_cmp(&more), one.partial_cmp(&two));
    }

    /// No text panics.
    #[test]
    fn any_text(text in "[-+0-9.eE]{0,30}|\\PC{0,10}") {
        if let Ok(number) = text.parse::<Number>() {
            prop_assert!(number.to_string().len() <= text.len() + 4200);
        }
    }
}
