//! A schedule in the syntax of cron, in a time zone: when it starts.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use thiserror::Error;

use crate::values::ttl::Span;

/// The time after which a schedule without a start counts as one that never starts: the longest
/// gap between two 29th of February, and some.
const HORIZON_DAYS: u32 = 366 * 9;

/// A text that is no schedule.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// It has too few or too many fields.
    #[error(
        "{text:?} has {found} fields: a schedule has minute, hour, day of month, month and day of week, such as \"0 9 * * mon-fri\""
    )]
    Fields {
        /// The text.
        text: String,
        /// The number of its fields.
        found: usize,
    },
    /// A field is invalid.
    #[error("{text:?} is no {field} from {least} to {most}")]
    Field {
        /// The field's text.
        text: String,
        /// The name of the field.
        field: &'static str,
        /// The least value.
        least: u8,
        /// The greatest value.
        most: u8,
    },
    /// It is a name for no schedule.
    #[error("{0:?} is no schedule: the names are @hourly, @daily, @weekly, @monthly and @yearly")]
    Name(String),
    /// No day has these months and days of the month.
    #[error("{0:?} never starts: no such month has such a day")]
    Never(String),
}

/// A schedule: minute, hour, day of the month, month, day of the week.
///
/// If both the day of the month and the day of the week are limited, a day that fits either counts,
/// as in cron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// The range and the names of a field.
struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    /// The names of the values, from the least one on.
    names: &'static [&'static str],
}

const MINUTE: Field = Field::new("minute", 0, 59, &[]);
const HOUR: Field = Field::new("hour", 0, 23, &[]);
const DAY: Field = Field::new("day of the month", 1, 31, &[]);
const MONTH: Field = Field::new(
    "month",
    1,
    12,
    &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
);
/// Sunday is 0 and 7.
const WEEKDAY: Field = Field::new(
    "day of the week",
    0,
    7,
    &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
);

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let expanded = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            name if name.starts_with('@') => return Err(ScheduleError::Name(name.to_owned())),
            other => other,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError::Fields {
                text: text.to_owned(),
                found: fields.len(),
            });
        };
        let mut weekdays = WEEKDAY.parse(weekday)?;
        // 7 is another name for Sunday.
        weekdays |= (weekdays >> 7) & 1;
        let schedule = Self {
            text: text.trim().to_owned(),
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            weekdays: weekdays & 0b111_1111,
        };
        match schedule.can_start() {
            true => Ok(schedule),
            false => Err(ScheduleError::Never(text.to_owned())),
        }
    }
}

impl Field {
    const fn new(name: &'static str, least: u8, most: u8, names: &'static [&'static str]) -> Self {
        Self {
            name,
            least,
            most,
            names,
        }
    }

    /// The values of a field as bits.
    fn parse(&self, text: &str) -> Result<u64, ScheduleError> {
        let parts = text.split(',');
        parts
            .map(|part| self.part(part, text))
            .try_fold(0, |bits, part| Ok(bits | part?))
    }

    /// `*`, `5`, `1-5`, `mon`, each with or without a step: `*/15`.
    fn part(&self, part: &str, text: &str) -> Result<u64, ScheduleError> {
        let wrong = || ScheduleError::Field {
            text: text.to_owned(),
            field: self.name,
            least: self.least,
            most: self.most,
        };
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (
                range,
                Some(
                    step.parse::<u8>()
                        .ok()
                        .filter(|s| *s > 0)
                        .ok_or_else(wrong)?,
                ),
            ),
            None => (part, None),
        };
        let value = |text: &str| self.value(text).ok_or_else(wrong);
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.least, self.most.min(self.last_of_all())),
            Some((first, last)) => (value(first)?, value(last)?),
            // With a step, a single value is the first of all up to the greatest.
            None if step.is_some() => (value(range)?, self.last_of_all()),
            None => (value(range)?, value(range)?),
        };
        if first > last {
            return Err(wrong());
        }
        let values = (first..=last).step_by(usize::from(step.unwrap_or(1)));
        Ok(values.fold(0, |bits, value| bits | (1 << value)))
    }

    /// The greatest value that is no other name for the least.
    fn last_of_all(&self) -> u8 {
        if self.names.len() == 7 { 6 } else { self.most }
    }

    fn value(&self, text: &str) -> Option<u8> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        if let Some(index) = named {
            return Some(self.least + u8::try_from(index).ok()?);
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value: u8 = text.parse().ok().filter(|_| is_number)?;
        (self.least..=self.most).contains(&value).then_some(value)
    }
}

impl Schedule {
    /// The latest start at or before `at`, and not before `not_before`.
    ///
    /// A start in the hour that a clock change skips happens at the change. A start in the hour
    /// that it repeats happens twice.
    #[must_use]
    pub fn last_start(
        &self,
        zone: &TimeZone,
        at: Timestamp,
        not_before: Timestamp,
    ) -> Option<Timestamp> {
        let first_day = zone.to_datetime(not_before).date().yesterday().ok()?;
        let mut day = zone.to_datetime(at).date().tomorrow().ok()?;
        loop {
            let starts = self.starts_on(day, zone).into_iter();
            let latest = starts.filter(|start| *start <= at).max();
            if let Some(latest) = latest {
                // A change of the clock may repeat the end of the day before.
                let before = self.starts_on(day.yesterday().ok()?, zone).into_iter();
                let before = before.filter(|start| *start <= at).max();
                let latest = before.map_or(latest, |before| before.max(latest));
                return (latest >= not_before).then_some(latest);
            }
            if day <= first_day {
                return None;
            }
            day = day.yesterday().ok()?;
        }
    }

    /// The first start after `at`; `None` if there is none within years.
    #[must_use]
    pub fn next_start(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let mut day = zone.to_datetime(at).date().yesterday().ok()?;
        for _ in 0..HORIZON_DAYS {
            let starts = self.starts_on(day, zone).into_iter();
            let after = day.tomorrow().ok()?;
            if let Some(next) = starts.filter(|start| *start > at).min() {
                // A change of the clock may repeat the end of this day in the next one.
                let later = self.starts_on(after, zone).into_iter();
                let later = later.filter(|start| *start > at).min();
                return Some(later.map_or(next, |later| later.min(next)));
            }
            day = after;
        }
        None
    }

    /// The end of the time that windows of this duration cover without a gap from a start on;
    /// `None` if it is after `horizon`.
    pub(super) fn covered_until(
        &self,
        zone: &TimeZone,
        start: Timestamp,
        duration: Span,
        horizon: Timestamp,
    ) -> Option<Timestamp> {
        let mut end = duration.after(start);
        let mut day = zone.to_datetime(start).date().yesterday().ok()?;
        while end <= horizon {
            let mut starts = self.starts_on(day, zone);
            starts.sort_unstable();
            for next in starts.into_iter().filter(|next| *next > start) {
                if next <= end {
                    end = end.max(duration.after(next));
                }
            }
            // No start of a later day can be before this one ends.
            day = day.tomorrow().ok()?;
            let day_begins = instants(day.to_datetime(Time::midnight()), zone);
            let begins_after = day_begins
                .into_iter()
                .min()
                .is_some_and(|begins| begins > end);
            if begins_after {
                return Some(end);
            }
        }
        None
    }

    /// The starts on one day of the calendar.
    fn starts_on(&self, day: Date, zone: &TimeZone) -> Vec<Timestamp> {
        if !self.is_on(day) {
            return Vec::new();
        }
        let times = bits(self.hours).flat_map(|hour| {
            bits(self.minutes).filter_map(move |minute| Time::new(hour, minute, 0, 0).ok())
        });
        times
            .flat_map(|time| instants(day.to_datetime(time), zone))
            .collect()
    }

    fn is_on(&self, day: Date) -> bool {
        let has =
            |bits: u64, value: i8| u32::try_from(value).is_ok_and(|value| (bits >> value) & 1 == 1);
        if !has(self.months, day.month()) {
            return false;
        }
        let by_day = has(self.days, day.day());
        let by_weekday = has(self.weekdays, day.weekday().to_sunday_zero_offset());
        if self.limits_days() && self.limits_weekdays() {
            by_day || by_weekday
        } else {
            by_day && by_weekday
        }
    }

    fn limits_days(&self) -> bool {
        self.days.count_ones() < 31
    }

    fn limits_weekdays(&self) -> bool {
        self.weekdays.count_ones() < 7
    }

    /// Whether some day fits. With a limited weekday, some day always does.
    fn can_start(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let first_day = self.days.trailing_zeros();
        let months = bits(self.months).filter_map(|month| usize::try_from(month).ok());
        let mut lengths = months.filter_map(|month| LONGEST.get(month.checked_sub(1)?));
        self.limits_weekdays() || lengths.any(|length| first_day <= *length)
    }
}

/// The numbers of the bits that are set.
fn bits(bits: u64) -> impl Iterator<Item = i8> {
    (0..64_i8).filter(move |bit| (bits >> bit) & 1 == 1)
}

/// The instants at which a clock shows a time: two if a change repeats it, and the change itself if
/// a change skips it.
fn instants(shown: DateTime, zone: &TimeZone) -> Vec<Timestamp> {
    let at = |offset: jiff::tz::Offset| offset.to_timestamp(shown).ok();
    let found = match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => [at(offset), None],
        AmbiguousOffset::Fold { before, after } => [at(before), at(after)],
        AmbiguousOffset::Gap { before, after } => [change(at(after), at(before), zone), None],
    };
    found.into_iter().flatten().collect()
}

/// The change of the clock between two instants, of which the first is before it.
fn change(
    before: Option<Timestamp>,
    after: Option<Timestamp>,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let (before, after) = (before?, after?);
    let earlier = before.checked_sub(1.second()).ok()?;
    let mut changes = zone.following(earlier);
    changes
        .next()
        .map(|change| change.timestamp())
        .filter(|change| *change <= after)
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let (schedule, zone) = (
            schedule.parse::<Schedule>().unwrap(),
            TimeZone::get(zone).unwrap(),
        );
        let first = from.parse::<Timestamp>().unwrap();
        let starts = std::iter::successors(schedule.next_start(&zone, first), |at| {
            schedule.next_start(&zone, *at)
        });
        starts.take(count).map(|at| at.to_string()).collect()
    }

    /// Schedules start when cron says, in their zone.
    #[test]
    fn schedules_start_in_their_zone() {
        for (schedule, zone, expected) in [
            (
                "0 9 * * mon-fri",
                "UTC",
                ["2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z"],
            ),
            (
                "0 9 * * 1-5",
                "Europe/Berlin",
                ["2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"],
            ),
            (
                "*/30 * * * *",
                "Asia/Kolkata",
                ["2026-03-01T00:30:00Z", "2026-03-01T01:00:00Z"],
            ),
            (
                "0 0 29 2 *",
                "UTC",
                ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
            ),
            (
                "0 0 13 * 5",
                "UTC",
                ["2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"],
            ),
            (
                "0 0 * * 7",
                "UTC",
                ["2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z"],
            ),
            (
                "@monthly",
                "UTC",
                ["2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"],
            ),
            (
                "15,45 22 * jun sat",
                "UTC",
                ["2026-06-06T22:15:00Z", "2026-06-06T22:45:00Z"],
            ),
        ] {
            assert_eq!(
                starts(schedule, zone, "2026-03-01T00:00:00Z", 2),
                expected,
                "{schedule}"
            );
        }
    }

    /// A start in a skipped hour happens at the change, and a start in a repeated hour twice.
    #[test]
    fn clock_changes_lose_no_start() {
        assert_eq!(
            starts("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            starts("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3),
            [
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
                "2026-10-26T01:30:00Z"
            ]
        );
    }

    /// What is no schedule is refused with the reason.
    #[test]
    fn nonsense_is_refused() {
        for (text, problem) in [
            ("0 9 * *", "has 4 fields"),
            ("60 9 * * *", "\"60\" is no minute from 0 to 59"),
            ("0 9 * * mon-", "\"mon-\" is no day of the week from 0 to 7"),
            ("0 9 * * fri-mon", "\"fri-mon\" is no day of the week"),
            ("*/0 9 * * *", "\"*/0\" is no minute"),
            ("+5 9 * * *", "\"+5\" is no minute"),
            ("0 9 0 * *", "\"0\" is no day of the month from 1 to 31"),
            ("0 9 31 feb,apr *", "never starts"),
            ("@reboot", "\"@reboot\" is no schedule"),
            ("", "has 0 fields"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
