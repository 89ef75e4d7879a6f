//! The verdict for an app: rebuild each time, sleep between uses, or keep.
//!
//! Between two uses, a stack can run on, sleep and be woken, or be torn down and built again. The
//! verdict adds up what each of the three would have cost over the gaps of the app's own history:
//!
//! * keep: mean rate while ready × time of all gaps;
//! * sleep: mean rate while asleep × time of all gaps, and the median cost of a wake for each gap;
//! * rebuild: the median cost of a start for each gap.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gaps::{GapCollector, IdleGap};
use super::sentences::{count, per_hour, usd};
use super::statistics::median;
use super::timeline::{LeaseTimeline, SliceState, Start, StartKind};
use crate::values::id::AppName;
use crate::values::money::{DollarTime, HourlyRate, Usd};
use crate::values::ttl::Elapsed;

/// The number of starts with a known cost that a verdict needs.
pub const MIN_STARTS: usize = 3;

/// The number of gaps that a verdict needs.
pub const MIN_GAPS: usize = 3;

/// The number of times that the gaps are resampled.
const RESAMPLES: u32 = 1_000;

/// The seed of the resampling. It is fixed, so that the same history gives the same confidence.
const SEED: u64 = 0x6a69_7469;

/// What to do with an app's stacks between two uses. If two cost the same, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Keep them running.
    Keep,
    /// Let them sleep.
    Sleep,
    /// Tear them down, and build them again for the next use.
    Rebuild,
}

/// The cheapest choice for an app, by its own history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The app.
    pub app: AppName,
    /// The cheapest choice; null if the history is too short.
    pub choice: Option<Choice>,
    /// What it costs to rebuild after each gap.
    pub rebuild_usd: Option<Usd>,
    /// What it costs to sleep in each gap; null if no sleep and wake of the app is known.
    pub sleep_usd: Option<Usd>,
    /// What it costs to run through each gap.
    pub keep_usd: Option<Usd>,
    /// The longest gap for which keeping is the cheapest choice; null if it always is.
    pub break_even_seconds: Option<Elapsed>,
    /// The share of resampled histories that lead to the same choice, from 0 to 1.
    pub confidence: Option<f64>,
    /// The number of starts behind the verdict.
    pub starts: u32,
    /// The number of gaps between uses behind the verdict.
    pub gaps: u32,
    /// The evidence, as sentences.
    pub reasons: Vec<String>,
    /// Why there is no verdict, as a sentence.
    pub not_enough: Option<String>,
}

/// Collects what the verdict on one app needs.
#[derive(Debug, Default)]
pub(super) struct VerdictHistory {
    gaps: GapCollector,
    starts: MeasuredStarts,
    wakes: MeasuredStarts,
    ready: RateSum,
    asleep: RateSum,
    leases: u32,
    /// The leases without a recorded use.
    leases_without_uses: u32,
    /// Whether an amount leaves out something that costs money.
    is_minimum: bool,
}

/// Starts with a known cost.
#[derive(Debug, Default)]
struct MeasuredStarts {
    times: Vec<Elapsed>,
    costs: Vec<DollarTime>,
}

/// The typical start: the median time and the median cost.
#[derive(Clone, Copy)]
struct TypicalStart {
    time: Elapsed,
    cost: DollarTime,
}

/// The time with a known rate, and what it cost at that rate.
#[derive(Clone, Copy, Debug, Default)]
struct RateSum {
    spent: DollarTime,
    time: Elapsed,
}

/// The prices of the three choices.
#[derive(Clone, Copy)]
struct ChoicePrices {
    start: TypicalStart,
    ready_rate: HourlyRate,
    /// The typical wake, and the mean rate while asleep; `None` if one of them is unknown.
    sleep: Option<(TypicalStart, HourlyRate)>,
}

impl MeasuredStarts {
    fn add(&mut self, start: &Start) {
        if let Some((time, cost)) = start.time_to_ready().zip(start.cost) {
            self.times.push(time);
            self.costs.push(cost);
        }
    }

    fn merge(&mut self, other: Self) {
        self.times.extend(other.times);
        self.costs.extend(other.costs);
    }

    fn typical(&self) -> Option<TypicalStart> {
        let time = median(self.times.iter().copied())?;
        let cost = median(self.costs.iter().copied())?;
        Some(TypicalStart { time, cost })
    }
}

impl RateSum {
    fn merge(&mut self, other: Self) {
        self.spent = self.spent + other.spent;
        self.time = self.time.plus(other.time);
    }

    fn mean(self) -> Option<HourlyRate> {
        self.spent.mean_rate(self.time)
    }
}

impl ChoicePrices {
    /// What a choice costs over gaps.
    fn cost(&self, choice: Choice, gaps: u64, time: Elapsed) -> Option<DollarTime> {
        let over = |rate| DollarTime::ZERO.plus(rate, time);
        match choice {
            Choice::Keep => Some(over(self.ready_rate)),
            Choice::Rebuild => Some(self.start.cost.times(gaps)),
            Choice::Sleep => self
                .sleep
                .map(|(wake, rate)| over(rate) + wake.cost.times(gaps)),
        }
    }

    fn cheapest(&self, gaps: u64, time: Elapsed) -> Choice {
        let choices = [Choice::Keep, Choice::Sleep, Choice::Rebuild].into_iter();
        let known = choices.filter_map(|choice| Some((self.cost(choice, gaps, time)?, choice)));
        known.min().map_or(Choice::Keep, |(_, choice)| choice)
    }

    /// The longest gap for which keeping is the cheapest choice, and the cheapest one for a gap
    /// that is longer: the cost of a start or a wake, divided by the difference of the rates.
    fn break_even(&self) -> Option<(Elapsed, Choice)> {
        let rebuild = self.start.cost.time_at(self.ready_rate);
        let sleep = self.sleep.and_then(|(wake, rate)| {
            let saved = HourlyRate::new(self.ready_rate.amount() - rate.amount()).ok()?;
            wake.cost.time_at(saved)
        });
        let sleep = sleep.map(|time| (time, Choice::Sleep));
        let rebuild = rebuild.map(|time| (time, Choice::Rebuild));
        sleep.into_iter().chain(rebuild).min()
    }

    /// The longest gap for which sleep is cheaper than a new start; `None` if sleep is unknown or
    /// costs nothing.
    fn sleep_limit(&self) -> Option<Elapsed> {
        let (wake, rate) = self.sleep?;
        self.start.cost.minus(wake.cost).time_at(rate)
    }
}

impl VerdictHistory {
    /// Adds a lease; what was before `since` does not count.
    pub(super) fn add(&mut self, lease: &LeaseTimeline, since: Timestamp) {
        self.leases += 1;
        self.leases_without_uses += u32::from(lease.uses.is_empty());
        self.gaps.add(lease);
        let is_new = |start: &&Start| start.outcome.ready_at() >= Some(since);
        for start in lease.starts.iter().filter(is_new) {
            let kind = match start.kind {
                StartKind::Request => &mut self.starts,
                StartKind::Wake => &mut self.wakes,
                StartKind::Version | StartKind::Recheck => continue,
            };
            kind.add(start);
            self.is_minimum |= start.cost_is_minimum;
        }
        for slice in lease.slices.iter().filter(|slice| slice.to > since) {
            let sum = match slice.state {
                SliceState::Ready => &mut self.ready,
                SliceState::Asleep => &mut self.asleep,
                _ => continue,
            };
            self.is_minimum |= slice.is_minimum;
            if let Some(rate) = slice.rate {
                let time = slice.time_since(since);
                sum.spent = sum.spent.plus(rate, time);
                sum.time = sum.time.plus(time);
            }
        }
    }

    /// Adds the leases of another collection.
    pub(super) fn merge(&mut self, other: Self) {
        self.gaps.merge(other.gaps);
        self.starts.merge(other.starts);
        self.wakes.merge(other.wakes);
        self.ready.merge(other.ready);
        self.asleep.merge(other.asleep);
        self.leases += other.leases;
        self.leases_without_uses += other.leases_without_uses;
        self.is_minimum |= other.is_minimum;
    }

    pub(super) fn verdict(mut self, app: AppName, since: Timestamp) -> Verdict {
        let gaps = std::mem::take(&mut self.gaps).finish(since);
        let mut verdict = Verdict {
            app,
            choice: None,
            rebuild_usd: None,
            sleep_usd: None,
            keep_usd: None,
            break_even_seconds: None,
            confidence: None,
            starts: len(&self.starts.times),
            gaps: len(&gaps),
            reasons: Vec::new(),
            not_enough: None,
        };
        match self.prices(&gaps) {
            Ok(prices) => self.decide(&mut verdict, &prices, &gaps),
            Err(not_enough) => verdict.not_enough = Some(not_enough),
        }
        verdict
    }

    /// The prices of the choices, or why there are none.
    fn prices(&self, gaps: &[IdleGap]) -> Result<ChoicePrices, String> {
        let starts = self.starts.times.len();
        if starts < MIN_STARTS || gaps.len() < MIN_GAPS {
            return Err(format!(
                "not enough history: a verdict needs {MIN_STARTS} starts with a known time and \
                 cost, and {MIN_GAPS} gaps between uses; so far: {} and {}",
                count(len(&self.starts.times), "start"),
                count(len(gaps), "gap"),
            ));
        }
        let start = self.starts.typical();
        let prices = start.zip(self.ready.mean()).map(|(start, ready_rate)| {
            let sleep = self.wakes.typical().zip(self.asleep.mean());
            ChoicePrices {
                start,
                ready_rate,
                sleep,
            }
        });
        prices
            .ok_or_else(|| "not enough history: the rate of a running stack is unknown".to_owned())
    }

    fn decide(&self, verdict: &mut Verdict, prices: &ChoicePrices, gaps: &[IdleGap]) {
        let time = total(gaps.iter().map(|gap| gap.length));
        let number = gaps.len() as u64;
        let choice = prices.cheapest(number, time);
        let cost = |choice| prices.cost(choice, number, time).map(DollarTime::dollars);
        verdict.choice = Some(choice);
        verdict.rebuild_usd = cost(Choice::Rebuild);
        verdict.sleep_usd = cost(Choice::Sleep);
        verdict.keep_usd = cost(Choice::Keep);
        verdict.break_even_seconds = prices.break_even().map(|(time, _)| time);
        let confidence = confidence(prices, gaps, choice);
        verdict.confidence = Some(confidence);
        verdict.reasons = self.reasons(verdict, prices, gaps, confidence);
    }

    fn reasons(
        &self,
        verdict: &Verdict,
        prices: &ChoicePrices,
        gaps: &[IdleGap],
        confidence: f64,
    ) -> Vec<String> {
        let lengths = || gaps.iter().map(|gap| gap.length);
        let mut reasons = vec![
            format!(
                "A start takes {} and costs {} (medians of {}).",
                prices.start.time.rounded(),
                usd(prices.start.cost.dollars()),
                count(verdict.starts, "start")
            ),
            format!("A running stack costs {}.", per_hour(prices.ready_rate)),
            self.sleep_reason(prices),
            format!(
                "There are {} between uses: {} is the median, {} the total.",
                count(verdict.gaps, "gap"),
                median(lengths()).unwrap_or_default().rounded(),
                total(lengths()).rounded()
            ),
        ];
        if self.leases_without_uses > 0 {
            reasons.push(format!(
                "No use is recorded of {} of {}: the time that they were up is not a gap.",
                self.leases_without_uses,
                count(self.leases, "lease"),
            ));
        }
        let cost = |cost: Option<Usd>| cost.map_or_else(|| "an unknown amount".to_owned(), usd);
        let sleep = verdict
            .sleep_usd
            .map(|sleep| format!(", to sleep {}", usd(sleep)));
        reasons.push(format!(
            "Over these gaps, to rebuild costs {}{}, and to keep {}.",
            cost(verdict.rebuild_usd),
            sleep.unwrap_or_default(),
            cost(verdict.keep_usd)
        ));
        reasons.push(break_even_reason(prices));
        if self.is_minimum {
            reasons.push("An amount leaves out something that costs money.".to_owned());
        }
        reasons.push(format!(
            "{:.0} % of {} of the gaps lead to the same choice.",
            (confidence * 100.0).floor(),
            count(RESAMPLES, "resample")
        ));
        reasons
    }

    fn sleep_reason(&self, prices: &ChoicePrices) -> String {
        if let Some((wake, rate)) = prices.sleep {
            return format!(
                "A wake takes {} and costs {} (medians of {}), and a stack that is asleep costs {}.",
                wake.time.rounded(),
                usd(wake.cost.dollars()),
                count(len(&self.wakes.times), "wake"),
                per_hour(rate)
            );
        }
        let missing = if self.asleep.mean().is_none() {
            "the rate of a stack that is asleep is unknown"
        } else {
            "the cost of a wake is unknown"
        };
        format!("Sleep is not compared: {missing}.")
    }
}

fn break_even_reason(prices: &ChoicePrices) -> String {
    match prices.break_even() {
        Some((time, otherwise)) => {
            let otherwise = match (otherwise, prices.sleep_limit()) {
                (Choice::Sleep, Some(limit)) => format!(
                    "let it sleep if it is within {}; otherwise, rebuild it",
                    limit.rounded()
                ),
                (Choice::Sleep, None) => "otherwise, let it sleep".to_owned(),
                (Choice::Keep | Choice::Rebuild, _) => "otherwise, rebuild it".to_owned(),
            };
            let time = time.rounded();
            format!("Keep a stack if its next use is within {time}; {otherwise}.")
        }
        None => "A running stack costs nothing, so keep it.".to_owned(),
    }
}

/// The share of resampled histories that lead to the same choice. Each takes as many gaps as there
/// are, at random with replacement (a bootstrap).
fn confidence(prices: &ChoicePrices, gaps: &[IdleGap], choice: Choice) -> f64 {
    let mut random = SplitMix(SEED);
    let resample = |_: &u32| {
        let picks = gaps
            .iter()
            .filter_map(|_| gaps.get(random.below(gaps.len())));
        let time = total(picks.map(|gap| gap.length));
        prices.cheapest(gaps.len() as u64, time) == choice
    };
    let same = (0..RESAMPLES).filter(resample).count();
    f64::from(u32::try_from(same).unwrap_or(RESAMPLES)) / f64::from(RESAMPLES)
}

/// The generator `SplitMix64`: the numbers depend on the seed only.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below a limit that is less than 2³².
    fn below(&mut self, limit: usize) -> usize {
        let scaled = (self.next() >> 32).saturating_mul(limit as u64) >> 32;
        usize::try_from(scaled).unwrap_or(0)
    }
}

fn total(times: impl Iterator<Item = Elapsed>) -> Elapsed {
    times.fold(Elapsed::default(), Elapsed::plus)
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
