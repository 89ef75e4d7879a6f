//! Sparklines over the life of a stack: its rate, and its recorded use.
//!
//! ```text
//!  rate              ▄▄▄▄▄▄▁▁▁▁▄▄▄▄   $0.42/h at most
//!  use               ▂    █  ▂    ▂   12 records
//!                    47 h ago       now
//! ```

use jiff::Timestamp;
use stack::{Elapsed, Event, EventKind, HourlyRate};

use super::super::page::Page;
use crate::dashboard::model::Model;
use crate::dashboard::model::detail::Detail;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;
use crate::format::values;

/// The most columns of a sparkline.
const MAX_COLUMNS: usize = 60;

/// The columns that the page takes for names and for the figure after the line.
const BESIDES: usize = 48;

/// From nothing to everything, in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where a value is unknown.
const UNKNOWN: char = '·';

/// Adds the sparklines, once the events of the stack were read.
pub(super) fn fill(page: &mut Page, detail: &Detail, model: &Model) {
    let Some(Ok(events)) = &detail.events else {
        return;
    };
    let Some(first) = events.first() else {
        return;
    };
    let columns = page.columns().saturating_sub(BESIDES).clamp(8, MAX_COLUMNS);
    let buckets = Buckets::new(first.at, model.now(), columns);
    page.heading("Since it was created");
    let rates = rates(events, &buckets);
    let highest = rates.iter().flatten().max().copied();
    let highest_shown = highest.map_or_else(
        || "unknown".to_owned(),
        |rate| format!("{} at most", values::per_hour(rate, false)),
    );
    line(page, "rate", &sparkline_of_rates(&rates), &highest_shown);
    let uses = uses(events, &buckets);
    let count: u32 = uses.iter().sum();
    let text = match count {
        0 => "no use recorded".to_owned(),
        count => values::count(count, "record"),
    };
    line(page, "use", &sparkline_of_counts(&uses), &text);
    let age = values::duration(Elapsed::between(first.at, model.now()));
    let start = format!("{age} ago");
    let gap = columns.saturating_sub(start.chars().count() + 3);
    line(page, "", &format!("{start}{:gap$}now", ""), "");
}

fn line(page: &mut Page, name: &str, sparkline: &str, figure: &str) {
    page.line([
        (format!("  {name:<16}  "), Tone::Quiet.into()),
        (sparkline.to_owned(), Ink::Accent),
        (format!("  {figure}"), Tone::Plain.into()),
    ]);
}

/// A time in equal parts.
struct Buckets {
    from: Timestamp,
    millis: u64,
    count: usize,
}

impl Buckets {
    fn new(from: Timestamp, to: Timestamp, count: usize) -> Self {
        Self {
            from,
            millis: Elapsed::between(from, to).millis().max(1),
            count,
        }
    }

    /// The part that a time is in.
    fn of(&self, at: Timestamp) -> usize {
        let since = u128::from(Elapsed::between(self.from, at).millis());
        let count = u128::try_from(self.count).unwrap_or(1);
        let index = since * count / u128::from(self.millis);
        usize::try_from(index)
            .unwrap_or(usize::MAX)
            .min(self.count.saturating_sub(1))
    }
}

/// The rate at the end of each part; `None` where it was unknown.
fn rates(events: &[Event], buckets: &Buckets) -> Vec<Option<HourlyRate>> {
    let mut rates = vec![None; buckets.count];
    let (mut declared, mut measured) = (None, None);
    for event in events {
        match &event.kind {
            EventKind::Requested { registration } => declared = registration.terms.hourly_cost,
            EventKind::TermsChanged { terms, .. } => declared = terms.hourly_cost,
            EventKind::Rated { hourly_usd, .. } => measured = *hourly_usd,
            _ => continue,
        }
        let rate = match (declared, measured) {
            (Some(one), Some(two)) => Some(one + two),
            (one, two) => one.or(two),
        };
        // It applies until the next change overwrites the rest.
        for later in rates.iter_mut().skip(buckets.of(event.at)) {
            *later = rate;
        }
    }
    rates
}

/// How often the stack was used in each part.
fn uses(events: &[Event], buckets: &Buckets) -> Vec<u32> {
    let mut uses = vec![0; buckets.count];
    for event in events {
        if matches!(event.kind, EventKind::Activity { .. })
            && let Some(count) = uses.get_mut(buckets.of(event.at))
        {
            *count += 1;
        }
    }
    uses
}

fn sparkline_of_rates(rates: &[Option<HourlyRate>]) -> String {
    let highest = rates.iter().flatten().max().copied().unwrap_or_default();
    let one = |rate: &Option<HourlyRate>| match rate {
        Some(rate) => {
            let eighths = rate.amount() * rust_decimal::Decimal::from(8);
            let share = eighths.checked_div(highest.amount()).unwrap_or_default();
            eighth(share.ceil().try_into().unwrap_or(0))
        }
        None => UNKNOWN,
    };
    rates.iter().map(one).collect()
}

fn sparkline_of_counts(counts: &[u32]) -> String {
    let highest = counts.iter().max().copied().unwrap_or(0).max(1);
    let one = |count: &u32| eighth((u64::from(*count) * 8).div_ceil(u64::from(highest)));
    counts.iter().map(one).collect()
}

fn eighth(eighths: u64) -> char {
    let index = usize::try_from(eighths).unwrap_or(0).min(8);
    EIGHTHS.get(index).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use stack::testing::noon;

    use super::*;

    /// The largest value fills its cell, and a small one is never nothing.
    #[test]
    fn values_are_scaled_to_the_largest() {
        assert_eq!(sparkline_of_counts(&[0, 1, 50, 100]), " ▁▄█");
        let rate = |text: &str| text.parse::<HourlyRate>().ok();
        let rates = [rate("0"), rate("0.001"), rate("0.5"), rate("1"), None];
        assert_eq!(sparkline_of_rates(&rates), " ▁▄█·");
        assert_eq!(sparkline_of_rates(&[None, rate("0")]), "· ");
    }

    /// Every time from the start to the end is in a part.
    #[test]
    fn every_time_is_in_a_part() {
        let minutes = |minutes| stack::Span::minutes(minutes).after(noon());
        let buckets = Buckets::new(noon(), minutes(10), 5);
        let of = [0, 1, 2, 9, 10].map(|minute| match minute {
            0 => buckets.of(noon()),
            minute => buckets.of(minutes(minute)),
        });
        assert_eq!(of, [0, 0, 1, 4, 4]);
    }
}
