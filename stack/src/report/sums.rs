//! The running sums of one group.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::KnownIdleness;
use super::figures::{EndCause, Figures, quantile};
use super::lease_spend::Amount;
use super::phase_split::{PhaseId, PhaseNames, UNACCOUNTED};
use super::phases::{ClassFigures, PhaseFigures};
use crate::economics::{SliceState, StartOutcome};
use crate::listing::end_of;
use crate::values::money::{DollarTime, Usd};
use crate::values::ttl::Elapsed;

/// The class of phases without one.
const OTHER: &str = "other";

/// A time in which nothing changed that any figure depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) state: SliceState,
    pub(super) amount: Amount,
    /// The phase of the start, if the stack was starting.
    pub(super) phase: Option<PhaseId>,
}

/// The running sums of a group. Sums of rate × time are exact, so their order does not matter.
#[derive(Debug, Default)]
pub(super) struct Sums {
    figures: Figures,
    total: Amount,
    init: Amount,
    purgatory: Amount,
    inits: Vec<Elapsed>,
    /// Whether the starts of any stack are measured.
    has_starts: bool,
    /// The costs of the inits with a known rate.
    costs: Vec<DollarTime>,
    /// The phases, at their positions.
    phases: Vec<PhaseSums>,
}

/// The running sums of a phase.
#[derive(Clone, Debug, Default)]
struct PhaseSums {
    amount: Amount,
    starts: u32,
    /// Its lengths in the starts that became ready.
    lengths: Vec<Elapsed>,
}

impl Sums {
    /// Counts a stack that existed, and of which starts are measured or not.
    pub(super) fn stack(&mut self, has_starts: bool) {
        self.figures.stacks = self.figures.stacks.saturating_add(1);
        self.has_starts |= has_starts;
    }

    /// Adds time that a stack existed.
    pub(super) fn stretch(&mut self, stretch: &Stretch) {
        self.total.add(stretch.amount);
        match stretch.state {
            SliceState::Init => self.init.add(stretch.amount),
            SliceState::Purgatory => self.purgatory.add(stretch.amount),
            _ => {}
        }
        if let Some(phase) = stretch.phase {
            self.phase(phase, |phase| phase.amount.add(stretch.amount));
        }
    }

    /// Adds the sums of other stacks, before any idleness and bill. `position` has the position of
    /// each of their phases here.
    pub(super) fn merge(&mut self, other: &Self, position: impl Fn(PhaseId) -> PhaseId) {
        let stacks = other.figures.stacks;
        self.figures.stacks = self.figures.stacks.saturating_add(stacks);
        self.merge_times(other, position);
    }

    /// The same, but does not count the stacks: one that belonged to several groups is one stack.
    pub(super) fn merge_times(&mut self, other: &Self, position: impl Fn(PhaseId) -> PhaseId) {
        let (figures, theirs) = (&mut self.figures, &other.figures);
        figures.without_rate += theirs.without_rate;
        figures.purgatory += theirs.purgatory;
        figures.residue += theirs.residue;
        figures.starts.merge(&theirs.starts);
        figures.ended.merge(&theirs.ended);
        self.total.add(other.total);
        self.init.add(other.init);
        self.purgatory.add(other.purgatory);
        self.inits.extend_from_slice(&other.inits);
        self.has_starts |= other.has_starts;
        self.costs.extend_from_slice(&other.costs);
        for (id, sums) in other.phases.iter().enumerate() {
            self.phase(position(id), |phase| {
                phase.amount.add(sums.amount);
                phase.starts += sums.starts;
                phase.lengths.extend_from_slice(&sums.lengths);
            });
        }
    }

    fn phase(&mut self, id: PhaseId, change: impl FnOnce(&mut PhaseSums)) {
        if self.phases.len() <= id {
            self.phases.resize_with(id + 1, PhaseSums::default);
        }
        self.phases.get_mut(id).map(change);
    }

    pub(super) fn without_rate(&mut self) {
        self.figures.without_rate += 1;
    }

    pub(super) fn started(&mut self) {
        self.figures.starts.started += 1;
    }

    /// Counts the outcome of a start.
    pub(super) fn outcome(&mut self, outcome: StartOutcome) {
        let starts = &mut self.figures.starts;
        let count = match outcome {
            StartOutcome::Ready { .. } => &mut starts.ready,
            StartOutcome::TimedOut { .. } => &mut starts.timed_out,
            StartOutcome::Failed { .. } => &mut starts.failed,
            StartOutcome::Pending => &mut starts.pending,
        };
        *count += 1;
    }

    /// Counts a start with time in these phases.
    pub(super) fn start_with(&mut self, phases: &[(PhaseId, Elapsed)]) {
        for (phase, _) in phases {
            self.phase(*phase, |phase| phase.starts += 1);
        }
    }

    /// Adds a start that became ready: its time, its cost if a rate is known, and the time of its
    /// phases.
    pub(super) fn init(
        &mut self,
        time: Elapsed,
        cost: Option<DollarTime>,
        phases: &[(PhaseId, Elapsed)],
    ) {
        self.inits.push(time);
        self.costs.extend(cost);
        for (phase, length) in phases {
            self.phase(*phase, |phase| phase.lengths.push(*length));
        }
    }

    pub(super) fn purgatory(&mut self) {
        self.figures.purgatory += 1;
    }

    pub(super) fn residue(&mut self) {
        self.figures.residue += 1;
    }

    pub(super) fn ended(&mut self, end: EndCause) {
        let ended = &mut self.figures.ended;
        let count = match end {
            EndCause::Expiry => &mut ended.expiry,
            EndCause::Purgatory => &mut ended.purgatory,
            EndCause::Idleness => &mut ended.idleness,
            EndCause::Noncompliance => &mut ended.noncompliance,
            EndCause::Person => &mut ended.person,
            EndCause::Terraform => &mut ended.terraform,
        };
        *count += 1;
    }

    /// Adds a stack of which it is known whether it is idle.
    pub(super) fn idle(&mut self, idleness: KnownIdleness) {
        let idle = &mut self.figures.idle;
        let stacks = idle.stacks.get_or_insert_default();
        let KnownIdleness::Idle {
            wasted,
            is_minimum,
            hourly_usd,
            until_expiry_usd,
            since,
        } = idleness
        else {
            return;
        };
        *stacks += 1;
        idle.wasted_is_minimum |= is_minimum || (wasted.is_none() && since.is_none());
        add(&mut idle.wasted_usd, wasted);
        add(&mut idle.until_expiry_usd, until_expiry_usd);
        if let Some(rate) = hourly_usd {
            idle.hourly_usd = Some(idle.hourly_usd.unwrap_or_default() + rate);
        }
    }

    /// Adds what an idle stack spent since it has been idle.
    pub(super) fn wasted(&mut self, amount: Amount) {
        let idle = &mut self.figures.idle;
        idle.stacks.get_or_insert_default();
        idle.wasted_is_minimum |= amount.is_minimum;
        add(&mut idle.wasted_usd, amount.usd());
    }

    /// The bill covers the days up to this one, so a stack that it does not name cost nothing.
    pub(super) fn billed_until(&mut self, last: Date) {
        self.figures.billed_until = end_of(last);
        self.figures.billed_usd.get_or_insert_default();
    }

    pub(super) fn billed(&mut self, usd: Usd) {
        add(&mut self.figures.billed_usd, Some(usd));
    }

    pub(super) fn figures(mut self, names: &PhaseNames) -> Figures {
        self.inits.sort_unstable();
        self.costs.sort_unstable();
        let phases = self.phase_figures(names);
        let slowest = self.slowest(names);
        let mut figures = self.figures;
        figures.stood_seconds = self.total.time;
        figures.spent_usd = self.total.usd();
        figures.spent_is_minimum = self.total.is_minimum;
        figures.starts = figures.starts.with_rate();
        figures.purgatory_seconds = self.purgatory.time;
        figures.purgatory_usd = self.purgatory.usd();
        figures.purgatory_is_minimum = self.purgatory.is_minimum;
        let idle = &mut figures.idle;
        idle.share = share_of_usd(idle.wasted_usd, figures.spent_usd);
        let init = &mut figures.init;
        init.seconds = self.init.time;
        init.usd = self.init.usd();
        init.usd_is_minimum = self.init.is_minimum;
        init.count = u32::try_from(self.inits.len()).unwrap_or(u32::MAX);
        init.median_seconds = quantile(&self.inits, 50);
        init.p90_seconds = quantile(&self.inits, 90);
        init.p95_seconds = quantile(&self.inits, 95);
        init.median_usd = quantile(&self.costs, 50).map(DollarTime::dollars);
        init.share_of_uptime =
            share(init.seconds, figures.stood_seconds).filter(|_| self.has_starts);
        init.slowest_phase = slowest.as_ref().map(|(name, _)| name.clone());
        init.slowest_share = slowest.and_then(|(_, share)| share);
        init.classes = class_figures(names, &self.phases, &self.init, self.total.time);
        init.phases = phases;
        figures
    }

    /// The phase that took the most time in the completed inits, and its share in them. Without a
    /// completed init, all time counts.
    fn slowest(&self, names: &PhaseNames) -> Option<(String, Option<f64>)> {
        let completed = self.inits.iter().copied();
        let completed = completed.fold(Elapsed::default(), Elapsed::plus);
        let has_completed = !self.inits.is_empty();
        let times = self.phases.iter().enumerate().map(|(id, sums)| {
            let lengths = sums.lengths.iter().copied();
            let lengths = lengths.fold(Elapsed::default(), Elapsed::plus);
            let time = if has_completed {
                lengths
            } else {
                sums.amount.time
            };
            (names.get(id).0, time)
        });
        let (name, time) = slowest_of(times)?;
        let all = if has_completed {
            completed
        } else {
            self.init.time
        };
        Some((name.to_owned(), share(time, all)))
    }

    /// The phases with any time, the longest first.
    fn phase_figures(&mut self, names: &PhaseNames) -> Vec<PhaseFigures> {
        let all = self.init.time;
        let phases = self.phases.iter_mut().enumerate();
        let phases = phases.filter(|(_, sums)| sums.has_time());
        let mut phases: Vec<PhaseFigures> = phases
            .map(|(id, sums)| {
                sums.lengths.sort_unstable();
                let (name, class) = names.get(id);
                PhaseFigures {
                    name: name.to_owned(),
                    class: class.map(str::to_owned),
                    starts: sums.starts,
                    median_seconds: quantile(&sums.lengths, 50),
                    p95_seconds: quantile(&sums.lengths, 95),
                    seconds: sums.amount.time,
                    usd: sums.amount.usd(),
                    share: share(sums.amount.time, all),
                }
            })
            .collect();
        phases.sort_by(|a, b| {
            let longer = b.seconds.cmp(&a.seconds);
            longer.then_with(|| (&a.name, &a.class).cmp(&(&b.name, &b.class)))
        });
        phases
    }
}

impl PhaseSums {
    fn has_time(&self) -> bool {
        self.amount.time > Elapsed::default() || !self.lengths.is_empty()
    }
}

/// The phase with the most time in total, of all classes, and that time; the first by name if
/// several have as much. Time without an explanation is no phase.
pub(super) fn slowest_of<'a>(
    times: impl IntoIterator<Item = (&'a str, Elapsed)>,
) -> Option<(&'a str, Elapsed)> {
    let mut by_name: BTreeMap<&str, Elapsed> = BTreeMap::new();
    for (name, time) in times {
        if name != UNACCOUNTED && time > Elapsed::default() {
            let sum = by_name.entry(name).or_default();
            *sum = sum.plus(time);
        }
    }
    let by_time = by_name.into_iter().rev();
    by_time.max_by_key(|(_, time)| *time)
}

fn class_figures(
    names: &PhaseNames,
    phases: &[PhaseSums],
    init: &Amount,
    uptime: Elapsed,
) -> Vec<ClassFigures> {
    let mut classes: BTreeMap<&str, Amount> = BTreeMap::new();
    for (id, sums) in phases.iter().enumerate() {
        if sums.amount.time > Elapsed::default() {
            let class = names.get(id).1.unwrap_or(OTHER);
            classes.entry(class).or_default().add(sums.amount);
        }
    }
    let classes = classes.into_iter();
    let mut classes: Vec<ClassFigures> = classes
        .map(|(class, amount)| ClassFigures {
            class: class.to_owned(),
            seconds: amount.time,
            usd: amount.usd(),
            share_of_init: share(amount.time, init.time),
            share_of_uptime: share(amount.time, uptime),
        })
        .collect();
    classes.sort_by(|a, b| {
        b.seconds
            .cmp(&a.seconds)
            .then_with(|| a.class.cmp(&b.class))
    });
    classes
}

/// Adds an amount to a sum in which unknown stays unknown.
pub(super) fn add(sum: &mut Option<Usd>, usd: Option<Usd>) {
    if let Some(usd) = usd {
        *sum = Some(sum.unwrap_or_default() + usd);
    }
}

/// A part of a time, from 0 to 1; `None` if there is no time.
pub(super) fn share(part: Elapsed, whole: Elapsed) -> Option<f64> {
    ratio(Decimal::from(part.millis()), Decimal::from(whole.millis()))
}

/// A part of an amount, from 0 to 1; `None` if either is unknown, or the whole is zero.
pub(super) fn share_of_usd(part: Option<Usd>, whole: Option<Usd>) -> Option<f64> {
    ratio(part?.amount(), whole?.amount())
}

fn ratio(part: Decimal, whole: Decimal) -> Option<f64> {
    part.checked_div(whole)?.to_f64()
}

/// The number of a UTC day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DayNumber(i64);

const MILLIS_PER_DAY: i64 = 86_400_000;

impl DayNumber {
    /// The day of a time.
    pub(super) fn of(at: Timestamp) -> Self {
        Self(at.as_millisecond().div_euclid(MILLIS_PER_DAY))
    }

    /// The number of a date; `None` at the end of the calendar.
    pub(super) fn of_date(date: Date) -> Option<Self> {
        let next = end_of(date)?;
        Some(Self(Self::of(next).0 - 1))
    }

    /// The start of the next day, at most the end of the calendar.
    pub(super) fn end(self) -> Timestamp {
        let millis = (self.0 + 1).saturating_mul(MILLIS_PER_DAY);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The next day.
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The date.
    pub(super) fn date(self) -> Date {
        let millis = self.0.saturating_mul(MILLIS_PER_DAY);
        let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN);
        jiff::tz::TimeZone::UTC.to_datetime(at).date()
    }
}
