//! Decimal text: its one canonical form, its order, and its exact twin among the floats.

use std::cmp::Ordering;

use super::NumberError;

/// The most zeros that an exponent may stand for. Terraform never sends exponents; people and
/// hostile bytes do, and `1e999999999` must not cost a gigabyte.
pub(super) const MAX_PADDING: usize = 4096;

/// Plain decimals of a number: `-0.5` for `-.50`, `1200` for `+1.2e3`, `0` for `-0e9`.
pub(super) fn normalise(text: &str) -> Result<String, NumberError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            parse_exponent(exponent).ok_or(NumberError::Malformed)?,
        ),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(NumberError::Malformed);
    }

    // The value is `0.DIGITS × 10^point`, DIGITS without zeros at either end.
    let joined = [whole, fraction].concat();
    let significant = joined.trim_start_matches('0');
    let leading = joined.len() - significant.len();
    let digits = significant.trim_end_matches('0');
    if digits.is_empty() {
        return Ok("0".to_owned());
    }
    let point = length(whole.len())
        .saturating_sub(length(leading))
        .saturating_add(exponent);

    // Zeros to write before the digits, or after them.
    let padding = if point <= 0 {
        point.unsigned_abs()
    } else {
        point
            .saturating_sub(length(digits.len()))
            .max(0)
            .unsigned_abs()
    };
    // Zeros that are in the text already may be in the result as well.
    let padding = usize::try_from(padding)
        .ok()
        .filter(|&zeros| zeros <= MAX_PADDING.max(text.len()))
        .ok_or(NumberError::Exponent)?;

    let mut plain = String::with_capacity(digits.len() + padding + 3);
    if negative {
        plain.push('-');
    }
    let zeros = std::iter::repeat_n('0', padding);
    match usize::try_from(point) {
        Err(_) | Ok(0) => {
            plain.push_str("0.");
            plain.extend(zeros);
            plain.push_str(digits);
        }
        Ok(point) if point >= digits.len() => {
            plain.push_str(digits);
            plain.extend(zeros);
        }
        Ok(point) => {
            let (whole, fraction) = digits.split_at(point);
            plain.push_str(whole);
            plain.push('.');
            plain.push_str(fraction);
        }
    }
    Ok(plain)
}

/// The order of two numbers in canonical form.
pub(super) fn compare(one: &str, two: &str) -> Ordering {
    match (one.strip_prefix('-'), two.strip_prefix('-')) {
        (Some(one), Some(two)) => compare_magnitude(two, one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => compare_magnitude(one, two),
    }
}

/// Every digit of a finite float's exact value.
pub(super) fn exact_text(float: f64) -> Option<String> {
    /// Bits of a float's mantissa, without the one that is implied.
    const MANTISSA: i32 = 52;
    /// The exponent that is stored for the last place of a mantissa.
    const BIAS: i32 = 1075;

    if !float.is_finite() {
        return None;
    }
    let bits = float.to_bits();
    let stored = i32::try_from((bits >> MANTISSA) & 0x7ff).ok()?;
    let mantissa = bits & ((1 << MANTISSA) - 1);
    let (mantissa, exponent) = match stored {
        0 => (mantissa, 1 - BIAS),
        _ => (mantissa | 1 << MANTISSA, stored - BIAS),
    };
    // An odd number over 2^n has exactly n digits after the point.
    let zeros = i32::try_from(mantissa.trailing_zeros()).ok()?;
    let places = usize::try_from(-exponent - zeros).unwrap_or(0);
    Some(format!("{float:.places$}"))
}

/// The float whose value is exactly this number in canonical form.
pub(super) fn to_exact_float(text: &str) -> Option<f64> {
    // A fraction of powers of two ends in 5; most decimals are told apart here.
    if text.contains('.') && !text.ends_with('5') {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    (exact_text(float)? == text).then_some(float)
}

/// Whether a float has exactly the value of this integer.
pub(super) fn integer_is_exact(integer: i64) -> bool {
    let magnitude = integer.unsigned_abs();
    u64::BITS - magnitude.leading_zeros() <= f64::MANTISSA_DIGITS + magnitude.trailing_zeros()
}

fn compare_magnitude(one: &str, two: &str) -> Ordering {
    let (one, one_fraction) = one.split_once('.').unwrap_or((one, ""));
    let (two, two_fraction) = two.split_once('.').unwrap_or((two, ""));
    one.len()
        .cmp(&two.len())
        .then_with(|| one.cmp(two))
        .then_with(|| one_fraction.cmp(two_fraction))
}

/// An exponent of any length; what is beyond reach is as far beyond it as any other.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !all_digits(digits) {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if negative { -magnitude } else { magnitude })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lengths of text fit.
fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
