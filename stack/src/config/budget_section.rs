//! `[[reaper.budget]]`: one budget of the reaper.

use jiff::tz::TimeZone;

use super::error::ConfigError;
use super::section::Section;
use crate::budget::{Budget, BudgetMax, BudgetWindow, Schedule};
use crate::due::Cause;
use crate::values::ttl::Span;

/// The longest duration: a window that is longer than a year is no window.
const MAX_DURATION: Span = Span::minutes(366 * 24 * 60);

/// Reads a budget, and refuses what could not mean anything.
pub(super) fn read(section: &mut Section<'_>) -> Result<Budget, ConfigError> {
    let schedule: Option<Schedule> = section.choice(
        "schedule",
        "a schedule in quotes, such as \"0 9 * * mon-fri\"",
    )?;
    let duration = section.span("duration")?;
    let timezone = section.checked("timezone", |name| {
        TimeZone::get(name).map(|_| ()).map_err(|_| {
            format!("{name:?} is no time zone: use a name such as \"Europe/Berlin\" or \"UTC\"")
        })
    })?;
    let max: Option<BudgetMax> = section.number_or_text(
        "max",
        "a number of stacks, such as 2, or a percentage in quotes, such as \"10%\"",
    )?;
    let reasons = section.texts("reasons", |reason| {
        let cause: Result<Cause, _> = reason.parse();
        cause.map(|_| ()).map_err(|error| error.to_string())
    })?;
    let Some(max) = max else {
        let expected = "how many stacks may be ending at the same time, such as 0 or \"10%\"";
        return Err(section.missing("max", expected));
    };
    let window = match (schedule, duration) {
        (Some(schedule), Some(duration)) if duration <= MAX_DURATION => {
            let timezone = timezone.unwrap_or_else(|| "UTC".to_owned());
            let zone = TimeZone::get(&timezone);
            Some(BudgetWindow {
                schedule,
                duration,
                zone: zone.map_err(|error| section.wrong("timezone", &error.to_string()))?,
                timezone,
            })
        }
        (Some(_), Some(duration)) => {
            let problem = format!("{duration} is longer than {MAX_DURATION}");
            return Err(section.wrong("duration", &problem));
        }
        (Some(_), None) => {
            return Err(section.wrong("schedule", "it needs duration, which is not set"));
        }
        (None, Some(_)) => {
            return Err(section.wrong("duration", "it needs schedule, which is not set"));
        }
        (None, None) if timezone.is_some() => {
            return Err(section.wrong("timezone", "it needs schedule, which is not set"));
        }
        (None, None) => None,
    };
    let mut reasons: Vec<Cause> = reasons
        .iter()
        .filter_map(|reason| reason.parse().ok())
        .collect();
    reasons.sort_unstable();
    let count = reasons.len();
    reasons.dedup();
    if reasons.len() < count {
        return Err(section.wrong("reasons", "it names a reason twice"));
    }
    Ok(Budget {
        window,
        max,
        reasons,
    })
}
