//! The figures of one group, while they are summed up and as they are told.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::values::id::StackName;
use crate::values::money::Usd;
use crate::values::ttl::Elapsed;

/// What the stacks of a group did and cost. Unknown is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many stacks stood at any time; a name that was used again counts again.
    pub stacks: u32,
    /// How long they stood, together.
    pub stood_seconds: Elapsed,
    /// The estimate; null when no rate was known of any.
    pub spent_usd: Option<Usd>,
    /// Of how many stacks no rate was ever known: the estimate leaves them out.
    pub without_rate: u32,
    /// What the cloud billed; null when it was never asked.
    pub billed_usd: Option<Usd>,
    /// The last day that the bill speaks about.
    pub billed_until: Option<Date>,
    /// Idleness now, of the stacks that are not gone. What gone ones wasted is not known.
    pub idle: IdleFigures,
    /// How long it took until they were of use.
    pub init: InitFigures,
    /// How many inits were not ready in time.
    pub purgatory: u32,
    /// How many teardowns left something.
    pub residue: u32,
    /// What ended those that are gone.
    pub ended: EndCounts,
}

/// Idleness of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleFigures {
    /// How many are idle.
    pub stacks: u32,
    /// What they have wasted since, never more than they have spent; null when none is idle, or no rate is known.
    pub wasted_usd: Option<Usd>,
}

/// Inits of a group that have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitFigures {
    /// How many.
    pub count: u32,
    /// Half of them took no longer; null when there are none.
    pub median_seconds: Option<Elapsed>,
    /// Nine of ten took no longer.
    pub p90_seconds: Option<Elapsed>,
    /// What they cost; null when no rate was known of any.
    pub usd: Option<Usd>,
}

/// How many stacks each cause has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndCounts {
    /// The reaper, at the end of their time.
    pub expiry: u32,
    /// The reaper, because they were not ready in time.
    pub purgatory: u32,
    /// The reaper, because nobody used them.
    pub idleness: u32,
    /// Somebody, with jiti.
    pub person: u32,
    /// Terraform, without jiti.
    pub terraform: u32,
}

/// What ended a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndCause {
    Expiry,
    Purgatory,
    Idleness,
    Person,
    Terraform,
}

/// One lease of one name.
pub(super) type LifeId = (StackName, u32);

/// The figures of a group in the making.
#[derive(Debug, Default)]
pub(super) struct Sums {
    lives: BTreeSet<LifeId>,
    figures: Figures,
    known: bool,
    inits: Vec<Elapsed>,
}

impl Sums {
    /// A stack stood for a time, and spent so much in it.
    pub(super) fn stood(&mut self, life: &LifeId, time: Elapsed, spent: Usd, known: bool) {
        if !self.lives.contains(life) {
            self.lives.insert(life.clone());
        }
        self.figures.stood_seconds = self.figures.stood_seconds.plus(time);
        self.known |= known;
        let before = self.figures.spent_usd.unwrap_or_default();
        self.figures.spent_usd = Some(before + spent);
    }

    pub(super) fn without_rate(&mut self) {
        self.figures.without_rate += 1;
    }

    pub(super) fn init(&mut self, time: Elapsed, usd: Option<Usd>) {
        self.inits.push(time);
        if let Some(usd) = usd {
            let before = self.figures.init.usd.unwrap_or_default();
            self.figures.init.usd = Some(before + usd);
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
            EndCause::Person => &mut ended.person,
            EndCause::Terraform => &mut ended.terraform,
        };
        *count += 1;
    }

    pub(super) fn idle(&mut self, wasted: Option<Usd>) {
        let idle = &mut self.figures.idle;
        idle.stacks += 1;
        if let Some(wasted) = wasted {
            idle.wasted_usd = Some(idle.wasted_usd.unwrap_or_default() + wasted);
        }
    }

    /// The bill was asked about the days until this one: what it does not name cost nothing.
    pub(super) fn billed_until(&mut self, last: Date) {
        self.figures.billed_until = Some(last);
        self.figures.billed_usd.get_or_insert_default();
    }

    pub(super) fn billed(&mut self, usd: Usd) {
        let before = self.figures.billed_usd.unwrap_or_default();
        self.figures.billed_usd = Some(before + usd);
    }

    pub(super) fn figures(mut self) -> Figures {
        self.inits.sort_unstable();
        let mut figures = self.figures;
        figures.stacks = u32::try_from(self.lives.len()).unwrap_or(u32::MAX);
        figures.spent_usd = figures.spent_usd.filter(|_| self.known);
        figures.init.count = u32::try_from(self.inits.len()).unwrap_or(u32::MAX);
        figures.init.median_seconds = quantile(&self.inits, 50);
        figures.init.p90_seconds = quantile(&self.inits, 90);
        figures
    }
}

/// The smallest of the sorted values that so many of a hundred do not exceed.
fn quantile(sorted: &[Elapsed], percent: usize) -> Option<Elapsed> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quantile is one of the values that were measured; of none there is none.
    #[test]
    fn quantiles_are_measured_values() {
        let values: Vec<_> = (1..=10).map(Elapsed::from_millis).collect();
        let of = |count: usize, percent| quantile(&values[..count], percent).map(Elapsed::millis);
        assert_eq!((of(10, 50), of(10, 90)), (Some(5), Some(9)));
        assert_eq!((of(3, 50), of(3, 90)), (Some(2), Some(3)));
        assert_eq!((of(1, 50), of(1, 90)), (Some(1), Some(1)));
        assert_eq!(of(0, 50), None);
    }
}
