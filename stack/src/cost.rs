//! What a stack costs and has cost: a fold of its rates and of time, in which unknown stays unknown.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::values::money::{DollarTime, HourlyRate, Usd};
use crate::values::serde_timestamp;
use crate::values::ttl::{Elapsed, Span};

/// The source of a rate that was declared with `hourly_cost`.
pub const DECLARED: &str = "declared";

/// Counts what a stack costs while it stands. What is declared is what jiti cannot price by itself,
/// so the rate is the declared and the measured one together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    declared: Option<HourlyRate>,
    measured: Option<Measured>,
    unpriced: Vec<String>,
    at_least: Vec<MinimumCharge>,
    spent: DollarTime,
    /// How long the stack has stood without a known rate.
    unknown: Elapsed,
    /// How long it has stood with one.
    known: Elapsed,
    #[serde(with = "serde_timestamp")]
    counted_to: Timestamp,
    stopped: bool,
}

/// What is charged for until a moment, however soon it ends: clouds count seconds only after a least time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimumCharge {
    /// Until when.
    pub until: Timestamp,
    /// Dollars an hour.
    pub hourly_usd: HourlyRate,
}

/// A rate that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Measured {
    rate: HourlyRate,
    source: String,
}

impl Meter {
    /// A meter that begins to count.
    #[must_use]
    pub fn new(at: Timestamp, declared: Option<HourlyRate>) -> Self {
        Self {
            declared,
            measured: None,
            unpriced: Vec::new(),
            at_least: Vec::new(),
            spent: DollarTime::ZERO,
            unknown: Elapsed::default(),
            known: Elapsed::default(),
            counted_to: at,
            stopped: false,
        }
    }

    /// From here on the declared rate is another one.
    pub fn declare(&mut self, at: Timestamp, declared: Option<HourlyRate>) {
        self.count(at);
        self.declared = declared;
    }

    /// From here on the measured rate is another one, or no longer known.
    pub fn measure(
        &mut self,
        at: Timestamp,
        rate: Option<HourlyRate>,
        source: &str,
        unpriced: &[String],
    ) {
        self.count(at);
        self.measured = rate.map(|rate| Measured {
            rate,
            source: source.to_owned(),
        });
        self.unpriced = unpriced.to_vec();
    }

    /// What of the rate is charged for beyond this moment in any case. What was before and ended too soon has cost the
    /// rest of its time all the same.
    pub fn commit(&mut self, at: Timestamp, at_least: &[MinimumCharge]) {
        self.count(at);
        for before in std::mem::take(&mut self.at_least) {
            let still = at_least.iter().filter(|one| one.until == before.until);
            let still: Decimal = still.map(|one| one.hourly_usd.amount()).sum();
            let ended = HourlyRate::new(before.hourly_usd.amount() - still);
            if let (Ok(ended), true) = (ended, before.until > at) {
                let rest = Elapsed::between(at, before.until);
                self.spent = self.spent.plus(ended, rest);
            }
        }
        self.at_least = at_least.to_vec();
    }

    /// What was measured last: the rate, its source, and what it leaves out.
    #[must_use]
    pub fn measured(&self) -> (Option<HourlyRate>, Option<&str>, &[String]) {
        let measured = self.measured.as_ref();
        let source = measured.map(|measured| measured.source.as_str());
        (
            measured.map(|measured| measured.rate),
            source,
            &self.unpriced,
        )
    }

    /// From here on nothing is left that could cost anything.
    pub fn stop(&mut self, at: Timestamp) {
        self.commit(at, &[]);
        self.stopped = true;
    }

    /// Something is left after all. The time since it stopped is counted: what is found now has
    /// cost all along.
    pub fn restart(&mut self, at: Timestamp) {
        self.stopped = false;
        self.count(at);
    }

    /// The rate now; `None` when it is unknown, or nothing stands any more.
    #[must_use]
    pub fn rate(&self) -> Option<HourlyRate> {
        if self.stopped {
            return None;
        }
        match (self.declared, &self.measured) {
            (None, None) => None,
            (Some(rate), None) => Some(rate),
            (None, Some(measured)) => Some(measured.rate),
            (Some(declared), Some(measured)) => Some(declared + measured.rate),
        }
    }

    /// Where the rate comes from; `None` when there is none.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        self.rate()?;
        match (self.declared, &self.measured) {
            (None, None) => None,
            (Some(_), None) => Some(DECLARED.to_owned()),
            (None, Some(measured)) => Some(measured.source.clone()),
            (Some(_), Some(measured)) => Some(format!("{} + {DECLARED}", measured.source)),
        }
    }

    /// What was spent until a moment; `None` when no rate has been known at any time.
    #[must_use]
    pub fn spent(&self, now: Timestamp) -> Option<Usd> {
        let mut meter = self.clone_counters();
        meter.count(now, self.rate(), self.stopped);
        (meter.known > Elapsed::default() || self.rate().is_some()).then(|| meter.spent.dollars())
    }

    /// What the figures do not cover: what the rate leaves out, and the time without a rate.
    #[must_use]
    pub fn unpriced(&self, now: Timestamp) -> Vec<String> {
        let mut meter = self.clone_counters();
        meter.count(now, self.rate(), self.stopped);
        let mut unpriced = self.unpriced.clone();
        // Without any rate there is no figure that this could qualify.
        if meter.unknown > Elapsed::default() && meter.known > Elapsed::default() {
            let time = Span::from_seconds(meter.unknown.seconds());
            let time = time.map_or_else(|| "less than 1s".to_owned(), |span| span.to_string());
            unpriced.push(format!("{time} without a known rate"));
        }
        unpriced
    }

    /// What it will cost from one moment to another at the present rate.
    #[must_use]
    pub fn until(&self, now: Timestamp, end: Timestamp) -> Option<Usd> {
        self.rate()
            .map(|rate| rate.over(Elapsed::between(now, end)))
    }

    /// What was wasted since a moment, at the present rate; never more than was spent.
    #[must_use]
    pub fn wasted(&self, since: Timestamp, now: Timestamp) -> Option<Usd> {
        let wasted = self.rate()?.over(Elapsed::between(since, now));
        Some(saving(wasted, self.spent(now)?))
    }

    fn count(&mut self, to: Timestamp) {
        let mut counters = self.clone_counters();
        counters.count(to, self.rate(), self.stopped);
        let Counters {
            spent,
            known,
            unknown,
            counted_to,
        } = counters;
        (self.spent, self.known, self.unknown, self.counted_to) =
            (spent, known, unknown, counted_to);
    }

    fn clone_counters(&self) -> Counters {
        let Self {
            spent,
            known,
            unknown,
            counted_to,
            ..
        } = *self;
        Counters {
            spent,
            known,
            unknown,
            counted_to,
        }
    }
}

/// A saving as it may be claimed: never more than was spent.
#[must_use]
pub fn saving(claimed: Usd, spent: Usd) -> Usd {
    claimed.min(spent)
}

/// The numbers of a [`Meter`] without its texts, so that reading it at a moment copies little.
struct Counters {
    spent: DollarTime,
    known: Elapsed,
    unknown: Elapsed,
    counted_to: Timestamp,
}

impl Counters {
    /// Counts on to a moment. One that lies before the last is not counted back: two machines may
    /// disagree about the time.
    fn count(&mut self, to: Timestamp, rate: Option<HourlyRate>, stopped: bool) {
        let time = Elapsed::between(self.counted_to, to);
        if stopped || time == Elapsed::default() {
            return;
        }
        match rate {
            Some(rate) => {
                self.spent = self.spent.plus(rate, time);
                self.known = self.known.plus(time);
            }
            None => self.unknown = self.unknown.plus(time),
        }
        self.counted_to = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    fn hour(hours: u32) -> Timestamp {
        if hours == 0 {
            noon()
        } else {
            Span::minutes(hours * 60).after(noon())
        }
    }

    fn rate(text: &str) -> Option<HourlyRate> {
        text.parse().ok()
    }

    fn spent(meter: &Meter, hours: u32) -> Option<String> {
        meter.spent(hour(hours)).map(|usd| usd.to_string())
    }

    /// What ends before its least time has cost that time; what ends later has cost no more for it.
    #[test]
    fn what_ends_too_soon_is_charged_for_its_least_time() {
        let half = Span::minutes(30).after(noon());
        let at_least = |usd: &str| MinimumCharge {
            until: hour(1),
            hourly_usd: usd.parse().expect("a rate"),
        };
        let measured = |usd: &str| {
            let mut meter = Meter::new(noon(), None);
            meter.measure(noon(), rate(usd), "list", &[]);
            meter.commit(noon(), &[at_least(usd)]);
            meter
        };
        let mut soon = measured("6.00");
        soon.stop(half);
        assert_eq!(spent(&soon, 9).as_deref(), Some("6.00"));
        let mut later = measured("6.00");
        later.stop(hour(2));
        assert_eq!(spent(&later, 9).as_deref(), Some("12.00"));
        // A third of it ended at half past, the rest went on.
        let mut partly = measured("6.00");
        partly.measure(half, rate("4.00"), "list", &[]);
        partly.commit(half, &[at_least("4.00")]);
        assert_eq!(spent(&partly, 1).as_deref(), Some("6.00"));
        partly.stop(hour(2));
        assert_eq!(spent(&partly, 9).as_deref(), Some("10.00"));
    }

    /// What is declared and what is measured add up, and the source names both.
    #[test]
    fn declared_and_measured_add_up() {
        let mut meter = Meter::new(noon(), rate("0.40"));
        assert_eq!(
            (meter.rate(), meter.source().as_deref()),
            (rate("0.40"), Some(DECLARED))
        );
        meter.measure(hour(1), rate("1.00"), "list 2026-01-01", &[]);
        assert_eq!(meter.rate(), rate("1.40"));
        assert_eq!(
            meter.source().as_deref(),
            Some("list 2026-01-01 + declared")
        );
        assert_eq!(spent(&meter, 2).as_deref(), Some("1.80"));
    }

    /// Unknown stays unknown: no rate is no amount, and time without one is named.
    #[test]
    fn unknown_stays_unknown() {
        let mut meter = Meter::new(noon(), None);
        assert_eq!((spent(&meter, 1), meter.source()), (None, None));
        assert!(meter.unpriced(hour(1)).is_empty());
        meter.measure(hour(1), rate("1"), "list", &[]);
        assert_eq!(spent(&meter, 2).as_deref(), Some("1.00"));
        assert_eq!(meter.unpriced(hour(2)), ["1h without a known rate"]);
        meter.measure(hour(2), None, "list", &[]);
        assert_eq!(
            (meter.rate(), spent(&meter, 9).as_deref()),
            (None, Some("1.00"))
        );
        assert_eq!(meter.unpriced(hour(4)), ["3h without a known rate"]);
    }

    /// What is gone costs nothing, and what is found later has cost all along.
    #[test]
    fn gone_costs_nothing_until_something_is_found() {
        let mut meter = Meter::new(noon(), rate("1"));
        meter.stop(hour(1));
        assert_eq!(
            (meter.rate(), spent(&meter, 5).as_deref()),
            (None, Some("1.00"))
        );
        meter.restart(hour(3));
        assert_eq!(spent(&meter, 4).as_deref(), Some("4.00"));
    }

    /// A moment before the last one counts nothing back, and no saving exceeds what was spent.
    #[test]
    fn time_and_savings_do_not_run_away() {
        let mut meter = Meter::new(hour(2), rate("1"));
        meter.declare(hour(1), rate("5"));
        assert_eq!(spent(&meter, 3).as_deref(), Some("5.00"));
        assert_eq!(spent(&meter, 0).as_deref(), Some("0.00"));
        assert_eq!(meter.wasted(noon(), hour(3)), meter.spent(hour(3)));
    }
}
