//! Cells of the page's tables, and the numbers that charts draw.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use stack::{Elapsed, HourlyRate, Usd};

use crate::cli::output::html::PageCell;
use crate::format::{share, values};

/// An amount with its sign of a minimum.
pub(super) fn usd(amount: Option<Usd>, is_minimum: bool) -> PageCell {
    match amount {
        Some(amount) => PageCell::figure(usd_text(Some(amount), is_minimum), drawn(amount)),
        None => PageCell::unknown(),
    }
}

/// An amount as text.
pub(super) fn usd_text(amount: Option<Usd>, is_minimum: bool) -> String {
    amount.map_or_else(
        || values::UNKNOWN.to_owned(),
        |amount| values::at_least(values::usd(amount), is_minimum),
    )
}

/// A rate per hour.
pub(super) fn rate(rate: Option<HourlyRate>) -> PageCell {
    match rate {
        Some(rate) => PageCell::figure(values::rate(rate), decimal(rate.amount())),
        None => PageCell::unknown(),
    }
}

/// A measured time.
pub(super) fn seconds(time: Option<Elapsed>) -> PageCell {
    match time {
        Some(time) => PageCell::figure(values::seconds(time), drawn_seconds(time)),
        None => PageCell::unknown(),
    }
}

/// A long time in hours, with one decimal.
pub(super) fn hours(time: Elapsed) -> PageCell {
    let tenths = (time.seconds() + 180) / 360;
    let text = format!("{}.{}", values::thousands(tenths / 10), tenths % 10);
    PageCell::figure(text, drawn_seconds(time))
}

/// A number of things.
pub(super) fn count(number: u32) -> PageCell {
    PageCell::figure(values::thousands(number), f64::from(number))
}

/// A number of things, if it is known.
pub(super) fn known_count(number: Option<u32>) -> PageCell {
    number.map_or_else(PageCell::unknown, count)
}

/// A share in percent.
pub(super) fn percent(part: Option<f64>) -> PageCell {
    match part {
        Some(part) => PageCell::figure(share::percent(part), part),
        None => PageCell::unknown(),
    }
}

/// A text, if it is known.
pub(super) fn text(text: Option<&str>) -> PageCell {
    text.map_or_else(PageCell::unknown, PageCell::text)
}

/// An amount as the number that a chart draws. It is never summed or shown.
pub(super) fn drawn(amount: Usd) -> f64 {
    decimal(amount.amount())
}

/// A time in seconds as the number that a chart draws.
pub(super) fn drawn_seconds(time: Elapsed) -> f64 {
    // Times beyond 136 years all have the same length.
    f64::from(u32::try_from(time.seconds()).unwrap_or(u32::MAX))
}

/// A value of an axis of dollars.
pub(super) fn axis_usd(value: f64) -> String {
    if value == 0.0 {
        "$0".to_owned()
    } else if value < 0.01 {
        format!("${value:.4}")
    } else if value < 10.0 && value.fract() != 0.0 {
        format!("${value:.2}")
    } else {
        format!("${value:.0}")
    }
}

/// A value of an axis of counts.
pub(super) fn axis_count(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn decimal(number: Decimal) -> f64 {
    number.to_f64().unwrap_or(0.0)
}
