//! Durations: [`Span`] as users write it, [`Ttl`] with its original text, [`Elapsed`] as measured.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The units with their seconds, longest first.
const UNITS: [(char, u64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// A hundred years in seconds. A timestamp of this century plus this much is still in the calendar.
const MAX_SECONDS: u64 = 36_525 * 86_400;

/// A text that is not a valid duration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("invalid duration {read:?}: {problem}; write it like 90m, 8h, 3d or 1d12h (s, m, h, d, w)")]
pub struct SpanError {
    /// The text that was read.
    pub read: String,
    /// What is wrong with it.
    pub problem: SpanProblem,
}

/// What is wrong with a duration.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SpanProblem {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// A number is missing before this character.
    #[error("a whole number is missing before {0:?}")]
    NoNumber(char),
    /// The number has no unit.
    #[error("the last number has no unit")]
    NoUnit,
    /// Not a unit.
    #[error("{0:?} is not a unit")]
    Unit(char),
    /// A unit appears twice, or after a shorter one.
    #[error("{0:?} is out of order: write each unit once, the longest first")]
    Order(char),
    /// The duration is zero.
    #[error("it is zero")]
    Zero,
    /// The duration exceeds a hundred years.
    #[error("it is longer than a hundred years")]
    TooLong,
}

/// A duration in whole seconds, from one second to a hundred years, so that it is never zero and no
/// sum overflows. Read and written as `90m`, `8h`, `1d12h`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(NonZeroU64);

impl Span {
    /// A duration in seconds; `None` for zero and for more than a hundred years.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds > MAX_SECONDS {
            return None;
        }
        match NonZeroU64::new(seconds) {
            Some(seconds) => Some(Self(seconds)),
            None => None,
        }
    }

    /// A duration in minutes, clamped to between one minute and a hundred years.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        let seconds = minutes as u64 * 60;
        let seconds = if seconds > MAX_SECONDS {
            MAX_SECONDS
        } else {
            seconds
        };
        match NonZeroU64::new(seconds) {
            Some(seconds) => Self(seconds),
            None => Self(NonZeroU64::MIN.saturating_add(59)),
        }
    }

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0.get()
    }

    /// The time this long after `from`, at most the end of the calendar.
    #[must_use]
    pub fn after(self, from: Timestamp) -> Timestamp {
        from.checked_add(self.duration()).unwrap_or(Timestamp::MAX)
    }

    /// The time this long before `to`, at least the start of the calendar.
    #[must_use]
    pub fn before(self, to: Timestamp) -> Timestamp {
        to.checked_sub(self.duration()).unwrap_or(Timestamp::MIN)
    }

    /// Twice the duration, at most a hundred years.
    #[must_use]
    pub fn twice(self) -> Self {
        Self::from_seconds(self.seconds().saturating_mul(2)).unwrap_or(self)
    }

    /// The duration for people, rounded down to its two largest units: `6 d 19 h`, `13 min`.
    #[must_use]
    pub fn rounded(self) -> String {
        rounded(self.seconds())
    }

    fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.seconds()).unwrap_or(i64::MAX))
    }
}

/// A number of seconds for people, rounded down to its two largest units.
fn rounded(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let Some(largest) = units.iter().position(|(_, unit)| seconds >= *unit) else {
        return "0 s".to_owned();
    };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (name, unit) in units.iter().skip(largest).take(2) {
        if rest >= *unit {
            parts.push(format!("{} {name}", rest / unit));
        }
        rest %= unit;
    }
    parts.join(" ")
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        parse(text).map_err(|problem| SpanError {
            read: text.to_owned(),
            problem,
        })
    }
}

fn parse(text: &str) -> Result<Span, SpanProblem> {
    if text.is_empty() {
        return Err(SpanProblem::Empty);
    }
    let (mut total, mut number, mut units) = (0_u64, None::<u64>, &UNITS[..]);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let longer = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(digit.into()));
            number = Some(longer.ok_or(SpanProblem::TooLong)?);
            continue;
        }
        let (_, seconds) = UNITS
            .iter()
            .find(|(unit, _)| *unit == c)
            .ok_or(match number {
                Some(_) => SpanProblem::Unit(c),
                None => SpanProblem::NoNumber(c),
            })?;
        let count = number.take().ok_or(SpanProblem::NoNumber(c))?;
        let place = units
            .iter()
            .position(|(unit, _)| *unit == c)
            .ok_or(SpanProblem::Order(c))?;
        units = &units[place + 1..];
        total = count
            .checked_mul(*seconds)
            .and_then(|part| total.checked_add(part))
            .ok_or(SpanProblem::TooLong)?;
    }
    match (number, total) {
        (Some(_), _) => Err(SpanProblem::NoUnit),
        (None, 0) => Err(SpanProblem::Zero),
        (None, total) => Span::from_seconds(total).ok_or(SpanProblem::TooLong),
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds();
        let mut text = String::new();
        // Weeks are read but not written, because `14d` is easier to compare with a calendar.
        for (unit, seconds) in &UNITS[1..] {
            if rest >= *seconds {
                text.push_str(&format!("{}{unit}", rest / seconds));
                rest %= seconds;
            }
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A TTL: a [`Span`] with its original text, because that text is the tag `jiti:ttl` and must not
/// change on its own.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ttl {
    written: Box<str>,
    span: Span,
}

impl Ttl {
    /// The duration.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl FromStr for Ttl {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        Ok(Self {
            span: text.parse()?,
            written: text.into(),
        })
    }
}

impl TryFrom<String> for Ttl {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Ttl> for String {
    fn from(ttl: Ttl) -> String {
        ttl.written.into_string()
    }
}

impl From<Span> for Ttl {
    fn from(span: Span) -> Self {
        Self {
            written: span.to_string().into_boxed_str(),
            span,
        }
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

impl fmt::Debug for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// A measured duration in milliseconds, possibly zero. Written for people and in JSON as seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Elapsed(u64);

impl Elapsed {
    /// A duration in milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The time between two moments; zero if `to` is earlier, which happens when two machines
    /// disagree about the time.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        let millis = to.as_millisecond().saturating_sub(from.as_millisecond());
        Self(u64::try_from(millis).unwrap_or(0))
    }

    /// The sum of two durations.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In milliseconds.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// In whole seconds, rounded down.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The duration for people, rounded down to its two largest units: `6 d 19 h`, `0 s`.
    #[must_use]
    pub fn rounded(self) -> String {
        rounded(self.seconds())
    }

    /// The time this long after `from`, at most the end of the calendar.
    #[must_use]
    pub fn after(self, from: Timestamp) -> Timestamp {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        from.checked_add(SignedDuration::from_millis(millis))
            .unwrap_or(Timestamp::MAX)
    }
}

impl Serialize for Elapsed {
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 ms, which is 285,000 years, nothing is lost"
    )]
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() || self.0.is_multiple_of(1000) {
            let whole = if to.is_human_readable() {
                self.0 / 1000
            } else {
                self.0
            };
            return to.serialize_u64(whole);
        }
        to.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Elapsed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return u64::deserialize(from).map(Self);
        }
        let seconds = f64::deserialize(from)?;
        let millis = (seconds * 1000.0).round();
        if !(0.0..=9e15).contains(&millis) {
            return Err(de::Error::custom(format!(
                "invalid number of seconds: {seconds}"
            )));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked above"
        )]
        Ok(Self(millis as u64))
    }
}

#[cfg(test)]
mod tests;
