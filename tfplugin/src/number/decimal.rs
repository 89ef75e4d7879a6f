//! Decimal text: its canonical form, its order, and its exact conversion to and from floats.

use std::cmp::Ordering;

use super::NumberError;

/// The maximum number of zeros that an exponent may add. Terraform never sends exponents, but users
/// and hostile bytes do, and `1e999999999` must not allocate a gigabyte.
pub(super) const MAX_PADDING: usize = 4096;

/// Converts a number to plain decimals: `-.50` to `-0.5`, `+1.2e3` to `1200`, `-0e9` to `0`.
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

    // The zeros to write before or after the digits.
    let padding = if point <= 0 {
        point.unsigned_abs()
    } else {
        point
            .saturating_sub(length(digits.len()))
            .max(0)
            .unsigned_abs()
    };
    // Zeros that the text already contains do not count against the limit.
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
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    match (left.strip_prefix('-'), right.strip_prefix('-')) {
        (Some(left), Some(right)) => compare_magnitude(right, left),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => compare_magnitude(left, right),
    }
}

/// All digits of a float's exact value; `None` if it is not finite.
pub(super) fn exact_text(float: f64) -> Option<String> {
    /// The number of stored mantissa bits.
    const MANTISSA: i32 = 52;
    /// The offset of the stored exponent, for a mantissa read as an integer.
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
    // A binary fraction ends in 5, which excludes most decimals early.
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

fn compare_magnitude(left: &str, right: &str) -> Ordering {
    let (left, left_fraction) = left.split_once('.').unwrap_or((left, ""));
    let (right, right_fraction) = right.split_once('.').unwrap_or((right, ""));
    left.len()
        .cmp(&right.len())
        .then_with(|| left.cmp(right))
        .then_with(|| left_fraction.cmp(right_fraction))
}

/// Parses an exponent of any length. One that does not fit becomes a huge one, which is over the
/// limit anyway.
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

/// The length as a signed integer, which every real length fits.
fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
