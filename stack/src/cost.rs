//! The cost of a stack: a fold of its rates over time, in which unknown stays unknown.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::values::money::{DollarTime, HourlyRate, Usd};
use crate::values::serde_timestamp;
use crate::values::ttl::{Elapsed, Span};

/// The source of a rate that was declared with `hourly_cost`.
pub const DECLARED: &str = "declared";

/// Meters the cost of a stack while it exists. The declared rate is the part that jiti cannot price
/// itself, so the total is the declared plus the measured rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    declared: Option<HourlyRate>,
    measured: Option<Measured>,
    unpriced: Vec<String>,
    at_least: Vec<MinimumCharge>,
    spent: DollarTime,
    /// The part of `spent` that was estimated from creation times.
    accrued: DollarTime,
    /// Whether a rate was ever measured.
    was_measured: bool,
    /// The time without a known rate.
    unknown: Elapsed,
    /// The time with a known rate.
    known: Elapsed,
    #[serde(with = "serde_timestamp")]
    counted_to: Timestamp,
    stopped: bool,
}

/// A charge that applies until a given time even if the resource ends earlier, because clouds bill
/// a minimum time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinimumCharge {
    /// The end of the minimum time.
    pub until: Timestamp,
    /// The charge in dollars per hour.
    pub hourly_usd: HourlyRate,
}

/// The rate of resources that were created before their first measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierCharge {
    /// When they were created.
    pub since: Timestamp,
    /// Their rate in dollars per hour.
    pub hourly_usd: HourlyRate,
}

/// A measured rate and its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Measured {
    rate: HourlyRate,
    source: String,
}

impl Meter {
    /// Starts a meter.
    #[must_use]
    pub fn new(at: Timestamp, declared: Option<HourlyRate>) -> Self {
        Self {
            declared,
            measured: None,
            unpriced: Vec::new(),
            at_least: Vec::new(),
            spent: DollarTime::ZERO,
            accrued: DollarTime::ZERO,
            was_measured: false,
            unknown: Elapsed::default(),
            known: Elapsed::default(),
            counted_to: at,
            stopped: false,
        }
    }

    /// Changes the declared rate from `at` on.
    pub fn declare(&mut self, at: Timestamp, declared: Option<HourlyRate>) {
        self.count(at);
        self.declared = declared;
    }

    /// Changes the measured rate from `at` on; `None` means no longer known.
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

    /// Adds what the resources of the first measurement have cost since their creation, never from
    /// before the meter started. Later measurements add nothing.
    pub fn accrue(&mut self, at: Timestamp, earlier: &[EarlierCharge]) {
        self.count(at);
        let was_measured = self.was_measured;
        self.was_measured |= self.measured.is_some();
        if was_measured || earlier.is_empty() {
            return;
        }
        let charges = self.charges(earlier, at);
        self.spent = self.spent + charges;
        self.accrued = self.accrued + charges;
        let rates: Decimal = earlier
            .iter()
            .map(|charge| charge.hourly_usd.amount())
            .sum();
        // If each resource says when it was created, no time remains without a rate.
        let measured = self.measured.as_ref();
        if measured.is_some_and(|measured| measured.rate.amount() == rates) {
            self.known = self.known.plus(std::mem::take(&mut self.unknown));
        }
    }

    /// What these resources cost from their creation, or from the start of the meter, to a time.
    fn charges(&self, earlier: &[EarlierCharge], to: Timestamp) -> DollarTime {
        let started_at = self.started_at();
        let zero = DollarTime::ZERO;
        earlier.iter().fold(zero, |sum, charge| {
            let time = Elapsed::between(charge.since.max(started_at), to);
            sum.plus(charge.hourly_usd, time)
        })
    }

    /// What these resources have cost up to a time, if the next [`accrue`](Self::accrue) adds them;
    /// otherwise zero.
    pub(crate) fn charged_until(&self, earlier: &[EarlierCharge], to: Timestamp) -> DollarTime {
        if self.was_measured {
            DollarTime::ZERO
        } else {
            self.charges(earlier, to)
        }
    }

    /// When the first measurement can accrue from; `None` after it.
    #[must_use]
    pub fn accrues_from(&self) -> Option<Timestamp> {
        (!self.was_measured).then(|| self.started_at())
    }

    fn started_at(&self) -> Timestamp {
        let counted = i64::try_from(self.known.plus(self.unknown).millis()).unwrap_or(i64::MAX);
        let counted = SignedDuration::from_millis(counted);
        self.counted_to
            .checked_sub(counted)
            .unwrap_or(self.counted_to)
    }

    /// The part of the amount spent that was estimated from creation times.
    #[must_use]
    pub fn accrued(&self) -> Usd {
        self.accrued.dollars()
    }

    /// Replaces the minimum charges from `at` on. An earlier one that ended before its time is
    /// charged for the rest of that time.
    pub fn set_minimum_charges(&mut self, at: Timestamp, at_least: &[MinimumCharge]) {
        self.count(at);
        for before in std::mem::take(&mut self.at_least) {
            let still = at_least
                .iter()
                .filter(|charge| charge.until == before.until);
            let still: Decimal = still.map(|charge| charge.hourly_usd.amount()).sum();
            let ended = HourlyRate::new(before.hourly_usd.amount() - still);
            if let (Ok(ended), true) = (ended, before.until > at) {
                let rest = Elapsed::between(at, before.until);
                self.spent = self.spent.plus(ended, rest);
            }
        }
        self.at_least = at_least.to_vec();
    }

    /// The latest measurement: the rate, its source, and what it does not cover.
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

    /// Stops the meter: nothing is left that could cost anything.
    pub fn stop(&mut self, at: Timestamp) {
        self.set_minimum_charges(at, &[]);
        self.stopped = true;
    }

    /// Restarts the meter because something is left after all. It has cost money all along, so the
    /// time since the stop counts.
    pub fn restart(&mut self, at: Timestamp) {
        self.stopped = false;
        self.count(at);
    }

    /// The current rate; `None` if it is unknown or the meter is stopped.
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

    /// Whether the rate leaves out something that costs money, so that it is only a minimum.
    #[must_use]
    pub fn rate_is_minimum(&self) -> bool {
        self.rate().is_some() && !self.unpriced.is_empty()
    }

    /// Whether the rate was unknown for any of the time counted so far.
    pub(crate) fn has_unknown_time(&self) -> bool {
        self.unknown > Elapsed::default()
    }

    /// The source of the rate; `None` if there is no rate.
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

    /// The amount spent up to `now`; `None` if no rate was ever known.
    #[must_use]
    pub fn spent(&self, now: Timestamp) -> Option<Usd> {
        self.reading().spent(now).map(DollarTime::dollars)
    }

    /// The part of the meter from which the spend at any time follows.
    pub(crate) fn reading(&self) -> MeterReading {
        MeterReading {
            spent: self.spent,
            rate: self.rate(),
            counted_to: self.counted_to,
            is_known: self.known > Elapsed::default(),
            rate_is_minimum: self.rate_is_minimum(),
        }
    }

    /// What the figures do not cover: the unpriced part of the rate, and the time without a rate.
    #[must_use]
    pub fn unpriced(&self, now: Timestamp) -> Vec<String> {
        let mut meter = self.clone_counters();
        meter.count(now, self.rate(), self.stopped);
        let mut unpriced = self.unpriced.clone();
        // Without any rate there is no amount to qualify.
        if meter.unknown > Elapsed::default() && meter.known > Elapsed::default() {
            let time = Span::from_seconds(meter.unknown.seconds());
            let time = time.map_or_else(|| "less than 1 s".to_owned(), Span::rounded);
            unpriced.push(format!("rate unknown for {time}"));
        }
        unpriced
    }

    /// The cost from `now` until `end` at the current rate.
    #[must_use]
    pub fn until(&self, now: Timestamp, end: Timestamp) -> Option<Usd> {
        self.rate()
            .map(|rate| rate.over(Elapsed::between(now, end)))
    }

    /// The amount wasted since `since` at the current rate, at most what was spent.
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

/// The spend that a [`Meter`] has counted, and how it continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MeterReading {
    /// The spend up to `counted_to`.
    spent: DollarTime,
    /// The rate from then on; `None` if it is unknown or the meter is stopped.
    pub(crate) rate: Option<HourlyRate>,
    #[serde(with = "serde_timestamp")]
    pub(crate) counted_to: Timestamp,
    /// Whether a rate was known for any time.
    is_known: bool,
    /// Whether the rate leaves out something that costs money.
    pub(crate) rate_is_minimum: bool,
}

impl MeterReading {
    /// The spend up to a time; `None` if no rate was ever known. A time before `counted_to` takes
    /// nothing back.
    pub(crate) fn spent(&self, to: Timestamp) -> Option<DollarTime> {
        match self.rate {
            Some(rate) => {
                let time = Elapsed::between(self.counted_to, to);
                Some(self.spent.plus(rate, time))
            }
            None => self.is_known.then_some(self.spent),
        }
    }
}

/// Limits a claimed saving to what was spent.
#[must_use]
pub fn saving(claimed: Usd, spent: Usd) -> Usd {
    claimed.min(spent)
}

/// The numbers of a [`Meter`] without its texts, so that reading it copies little.
struct Counters {
    spent: DollarTime,
    known: Elapsed,
    unknown: Elapsed,
    counted_to: Timestamp,
}

impl Counters {
    /// Counts up to a time. A time before the last one counts nothing back, because two machines
    /// may disagree about the time.
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

    /// The first measurement adds what its resources have cost since their creation, but nothing
    /// from before the meter started; later ones add nothing.
    #[test]
    fn the_first_measurement_accrues_from_creation() {
        let earlier = |since: Timestamp, usd: &str| EarlierCharge {
            since,
            hourly_usd: usd.parse().expect("a rate"),
        };
        let mut meter = Meter::new(hour(1), None);
        meter.measure(hour(4), rate("3.00"), "list", &[]);
        meter.accrue(
            hour(4),
            &[earlier(hour(0), "2.00"), earlier(hour(3), "1.00")],
        );
        assert_eq!(spent(&meter, 4).as_deref(), Some("7.00"));
        assert_eq!(meter.accrued().to_string(), "7.00");
        assert_eq!(meter.unpriced(hour(4)), Vec::<String>::new());
        meter.measure(hour(5), rate("9.00"), "list", &[]);
        meter.accrue(hour(5), &[earlier(hour(1), "9.00")]);
        assert_eq!(spent(&meter, 5).as_deref(), Some("10.00"));
        // The creation time of a part is unknown.
        let mut partly = Meter::new(hour(1), None);
        partly.measure(hour(2), rate("3.00"), "list", &[]);
        partly.accrue(hour(2), &[earlier(hour(1), "2.00")]);
        assert_eq!(spent(&partly, 2).as_deref(), Some("2.00"));
        assert_eq!(partly.unpriced(hour(3)), ["rate unknown for 1 h"]);
    }

    /// A resource that ends before its minimum time is charged for that time; one that ends later
    /// pays nothing extra.
    #[test]
    fn an_early_end_pays_the_minimum_charge() {
        let half = Span::minutes(30).after(noon());
        let at_least = |usd: &str| MinimumCharge {
            until: hour(1),
            hourly_usd: usd.parse().expect("a rate"),
        };
        let measured = |usd: &str| {
            let mut meter = Meter::new(noon(), None);
            meter.measure(noon(), rate(usd), "list", &[]);
            meter.set_minimum_charges(noon(), &[at_least(usd)]);
            meter
        };
        let mut soon = measured("6.00");
        soon.stop(half);
        assert_eq!(spent(&soon, 9).as_deref(), Some("6.00"));
        let mut later = measured("6.00");
        later.stop(hour(2));
        assert_eq!(spent(&later, 9).as_deref(), Some("12.00"));
        // A third of the resources end after half an hour.
        let mut partly = measured("6.00");
        partly.measure(half, rate("4.00"), "list", &[]);
        partly.set_minimum_charges(half, &[at_least("4.00")]);
        assert_eq!(spent(&partly, 1).as_deref(), Some("6.00"));
        partly.stop(hour(2));
        assert_eq!(spent(&partly, 9).as_deref(), Some("10.00"));
    }

    /// The declared and the measured rate add up, and the source names both.
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

    /// Unknown stays unknown: without a rate there is no amount, and the time without a rate is
    /// named.
    #[test]
    fn unknown_stays_unknown() {
        let mut meter = Meter::new(noon(), None);
        assert_eq!((spent(&meter, 1), meter.source()), (None, None));
        assert!(meter.unpriced(hour(1)).is_empty());
        meter.measure(hour(1), rate("1"), "list", &[]);
        assert_eq!(spent(&meter, 2).as_deref(), Some("1.00"));
        assert_eq!(meter.unpriced(hour(2)), ["rate unknown for 1 h"]);
        meter.measure(hour(2), None, "list", &[]);
        assert_eq!(
            (meter.rate(), spent(&meter, 9).as_deref()),
            (None, Some("1.00"))
        );
        assert_eq!(meter.unpriced(hour(4)), ["rate unknown for 3 h"]);
    }

    /// A rate is a minimum while something that costs has no price.
    #[test]
    fn an_incomplete_rate_is_a_minimum() {
        let traffic = ["traffic".to_owned()];
        let mut meter = Meter::new(noon(), rate("0.40"));
        assert!(!meter.rate_is_minimum());
        meter.measure(hour(1), rate("1.00"), "list", &traffic);
        assert!(meter.rate_is_minimum());
        meter.measure(hour(2), None, "list", &traffic);
        assert!(meter.rate_is_minimum(), "the declared part is known");
        meter.measure(hour(3), rate("1.00"), "list", &[]);
        assert!(!meter.rate_is_minimum());
        let mut unknown = Meter::new(noon(), None);
        unknown.measure(hour(1), None, "list", &traffic);
        assert!(
            !unknown.rate_is_minimum(),
            "an unknown rate is not a minimum"
        );
    }

    /// A stack that is gone costs nothing, and something found later has cost money all along.
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

    /// An earlier time subtracts nothing, and no saving exceeds what was spent.
    #[test]
    fn time_and_savings_do_not_run_away() {
        let mut meter = Meter::new(hour(2), rate("1"));
        meter.declare(hour(1), rate("5"));
        assert_eq!(spent(&meter, 3).as_deref(), Some("5.00"));
        assert_eq!(spent(&meter, 0).as_deref(), Some("0.00"));
        assert_eq!(meter.wasted(noon(), hour(3)), meter.spent(hour(3)));
    }
}
