//! Init overhead: the time from the request until the stack was ready, phase by phase.

pub(crate) mod check_name;
mod report;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use report::{AcceptedPhase, MAX_REPORTED_PHASES, PhaseRefusal, PhaseReport};

use crate::cost::Meter;
use crate::values::money::{DollarTime, HourlyRate, Usd};
use crate::values::serde_timestamp;
use crate::values::ttl::Elapsed;

/// The class of phases that are readiness checks.
pub const CHECK_CLASS: &str = "check";

/// The maximum number of phases in a lease, so that a stack that marks phases in a loop does not
/// slow down every listing. The ledger stores all of them.
const MAX_PHASES: usize = 64;

/// One init of a stack, started by a request, a new version, a wake, or a rerun of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    #[serde(with = "serde_timestamp")]
    requested_at: Timestamp,
    #[serde(with = "serde_timestamp::option")]
    provisioned_at: Option<Timestamp>,
    #[serde(with = "serde_timestamp::option")]
    ready_at: Option<Timestamp>,
    phases: Vec<InitPhase>,
    rate: Option<HourlyRate>,
    /// What the stack had spent when it was ready; `None` before that, or while it is unknown.
    spent: Option<DollarTime>,
    /// Whether the cost leaves out something that costs money, or a time without a known rate.
    cost_is_minimum: bool,
}

/// A named part of an init.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitPhase {
    /// The phase's name.
    pub name: String,
    /// The kind of work, such as `database`.
    pub class: Option<String>,
    /// When the phase started.
    #[serde(with = "serde_timestamp")]
    pub started_at: Timestamp,
    /// The length of the phase; `None` while it runs.
    pub seconds: Option<Elapsed>,
}

/// Whether a phase of an init starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseBoundary {
    /// The phase starts now.
    Start,
    /// The phase is done now.
    Done,
}

/// A phase as the stack itself reports it, by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedPhase {
    /// When the phase started.
    pub started_at: Timestamp,
    /// The length of the phase.
    pub seconds: Elapsed,
}

impl Init {
    /// Starts an init at the known rate, if any.
    pub(crate) fn begin(at: Timestamp, rate: Option<HourlyRate>) -> Self {
        Self {
            requested_at: at,
            provisioned_at: None,
            ready_at: None,
            phases: Vec::new(),
            rate,
            spent: None,
            cost_is_minimum: false,
        }
    }

    pub(crate) fn provisioned(&mut self, at: Timestamp) {
        self.provisioned_at = Some(at);
    }

    pub(crate) fn mark(
        &mut self,
        at: Timestamp,
        name: &str,
        class: Option<&str>,
        mark: PhaseBoundary,
        reported: Option<ReportedPhase>,
    ) {
        let open = self
            .phases
            .iter_mut()
            .rev()
            .find(|p| p.name == name && p.seconds.is_none());
        match (open, mark, reported) {
            (Some(phase), _, Some(reported)) => {
                phase.started_at = reported.started_at;
                phase.seconds = Some(reported.seconds);
            }
            (Some(phase), PhaseBoundary::Done, None) => {
                phase.seconds = Some(Elapsed::between(phase.started_at, at));
            }
            // The phase already runs, and the first start counts.
            (Some(_), PhaseBoundary::Start, None) => {}
            (None, _, Some(reported)) => {
                // A check polls, and receives the same phases with each answer.
                let same = self.phases.iter_mut().find(|p| {
                    p.name == name
                        && p.started_at.as_millisecond() == reported.started_at.as_millisecond()
                });
                match same {
                    Some(phase) => phase.seconds = Some(reported.seconds),
                    None => {
                        self.add_phase(name, class, reported.started_at, Some(reported.seconds));
                    }
                }
            }
            (None, PhaseBoundary::Start, None) => self.add_phase(name, class, at, None),
            // Only the end was reported: the phase started when the previous one ended.
            (None, PhaseBoundary::Done, None) => {
                let from = self.phases.iter().filter_map(InitPhase::ended_at).max();
                let from = from
                    .or(self.provisioned_at)
                    .unwrap_or(self.requested_at)
                    .min(at);
                self.add_phase(name, class, from, Some(Elapsed::between(from, at)));
            }
        }
    }

    pub(crate) fn check_passed(&mut self, at: Timestamp, check: &str) {
        let from = self.provisioned_at.unwrap_or(self.requested_at);
        self.add_phase(
            check,
            Some(CHECK_CLASS),
            from,
            Some(Elapsed::between(from, at)),
        );
    }

    pub(crate) fn ready(&mut self, at: Timestamp, meter: &Meter) {
        if self.ready_at.is_none() {
            self.ready_at = Some(at);
            self.fix_cost(meter, meter.reading().spent(at));
        }
    }

    /// Records a rate. Until the stack is ready, the latest rate counts; afterwards, only the
    /// first. `spent` is what the stack had spent when it was ready, as far as is known now.
    pub(crate) fn rated(&mut self, meter: &Meter, spent: Option<DollarTime>) {
        if self.ready_at.is_none() {
            self.rate = meter.rate().or(self.rate);
        } else if self.rate.is_none() {
            self.rate = meter.rate();
            self.fix_cost(meter, spent);
        }
    }

    /// Fixes the cost of an init that is complete, so that later spend does not change it.
    fn fix_cost(&mut self, meter: &Meter, spent: Option<DollarTime>) {
        if self.rate.is_some() {
            self.spent = spent;
            self.cost_is_minimum = meter.rate_is_minimum() || meter.has_unknown_time();
        }
    }

    fn add_phase(
        &mut self,
        name: &str,
        class: Option<&str>,
        at: Timestamp,
        seconds: Option<Elapsed>,
    ) {
        if self.phases.len() < MAX_PHASES {
            self.phases.push(InitPhase {
                name: name.to_owned(),
                class: class.map(str::to_owned),
                started_at: at,
                seconds,
            });
        }
    }

    /// When the stack was requested.
    #[must_use]
    pub fn requested_at(&self) -> Timestamp {
        self.requested_at
    }

    /// When everything was created and the checks started.
    #[must_use]
    pub fn provisioned_at(&self) -> Option<Timestamp> {
        self.provisioned_at
    }

    /// When every check had passed.
    #[must_use]
    pub fn ready_at(&self) -> Option<Timestamp> {
        self.ready_at
    }

    /// The phases, in the order of their reports.
    #[must_use]
    pub fn phases(&self) -> &[InitPhase] {
        &self.phases
    }

    /// requested → provisioned.
    #[must_use]
    pub fn provision(&self) -> Option<Elapsed> {
        self.provisioned_at
            .map(|at| Elapsed::between(self.requested_at, at))
    }

    /// provisioned → ready.
    #[must_use]
    pub fn time_to_ready(&self) -> Option<Elapsed> {
        self.provisioned_at
            .zip(self.ready_at)
            .map(|(from, to)| Elapsed::between(from, to))
    }

    /// requested → ready: the init overhead.
    #[must_use]
    pub fn total(&self) -> Option<Elapsed> {
        self.ready_at
            .map(|at| Elapsed::between(self.requested_at, at))
    }

    /// The cost of the overhead: rate × time, at most what the stack had spent when it was ready.
    /// `None` while the end or the rate is unknown, or if nothing is known of that spend.
    #[must_use]
    pub fn usd(&self) -> Option<Usd> {
        self.cost().map(DollarTime::dollars)
    }

    /// Like [`Init::usd`], before the division.
    pub(crate) fn cost(&self) -> Option<DollarTime> {
        let (rate, time) = self.rate.zip(self.total())?;
        let (cost, spent) = (DollarTime::ZERO.plus(rate, time), self.spent?);
        (spent > DollarTime::ZERO || cost == DollarTime::ZERO).then(|| cost.min(spent))
    }

    /// Whether the cost leaves out something that costs money, or a time without a known rate.
    #[must_use]
    pub fn cost_is_minimum(&self) -> bool {
        self.cost_is_minimum
    }

    /// The longest phase. A check lasts from `provisioned` on and would always win, so checks count
    /// only if no other phase was reported.
    #[must_use]
    pub fn slowest(&self) -> Option<&InitPhase> {
        let longest = |checks: bool| {
            let of_kind = |p: &&InitPhase| (p.class.as_deref() == Some(CHECK_CLASS)) == checks;
            let ended = self
                .phases
                .iter()
                .filter(of_kind)
                .filter(|p| p.seconds.is_some());
            ended.max_by_key(|p| p.seconds)
        };
        longest(false).or_else(|| longest(true))
    }
}

impl InitPhase {
    fn ended_at(&self) -> Option<Timestamp> {
        self.seconds.map(|seconds| seconds.after(self.started_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;

    fn second(seconds: u64) -> Timestamp {
        Elapsed::from_millis(seconds * 1000).after(noon())
    }

    fn reported(init: &Init) -> Vec<(&str, u64, Option<u64>)> {
        let reported = |p: &InitPhase| Elapsed::between(noon(), p.started_at).seconds();
        init.phases
            .iter()
            .map(|p| (&*p.name, reported(p), p.seconds.map(Elapsed::seconds)))
            .collect()
    }

    /// Phases are marked by start and done. A done without a start counts from the end of the
    /// previous phase.
    #[test]
    fn phases_are_marked() {
        let mut init = Init::begin(noon(), None);
        init.mark(second(1), "pull", None, PhaseBoundary::Start, None);
        init.mark(second(2), "pull", None, PhaseBoundary::Start, None);
        init.mark(second(4), "pull", None, PhaseBoundary::Done, None);
        init.mark(second(9), "migrate", None, PhaseBoundary::Done, None);
        init.mark(second(9), "warm", None, PhaseBoundary::Start, None);
        assert_eq!(
            reported(&init),
            [
                ("pull", 1, Some(3)),
                ("migrate", 4, Some(5)),
                ("warm", 9, None)
            ]
        );
        assert_eq!(init.slowest().map(|phase| &*phase.name), Some("migrate"));
    }

    /// A phase that is reported several times stays one phase, with the latest report.
    #[test]
    fn a_repeated_report_is_one_phase() {
        let mut init = Init::begin(noon(), None);
        for seconds in [2_000, 3_000] {
            let reported = ReportedPhase {
                started_at: second(1),
                seconds: Elapsed::from_millis(seconds),
            };
            init.mark(second(9), "pull", None, PhaseBoundary::Done, Some(reported));
        }
        assert_eq!(reported(&init), [("pull", 1, Some(3))]);
    }

    /// A check is the slowest phase only if no other phase was reported, and the number of phases
    /// is limited.
    #[test]
    fn checks_are_slowest_only_alone() {
        let mut init = Init::begin(noon(), None);
        init.provisioned(second(1));
        init.check_passed(second(100), "http");
        assert_eq!(init.slowest().map(|phase| &*phase.name), Some("http"));
        init.mark(second(100), "pull", None, PhaseBoundary::Start, None);
        init.mark(second(101), "pull", None, PhaseBoundary::Done, None);
        assert_eq!(init.slowest().map(|phase| &*phase.name), Some("pull"));
        for place in 0..1000 {
            init.mark(
                second(101),
                &place.to_string(),
                None,
                PhaseBoundary::Start,
                None,
            );
        }
        assert_eq!(init.phases().len(), MAX_PHASES);
    }

    /// The overhead is priced at the rate during the init, or else at the first rate known
    /// afterwards.
    #[test]
    fn the_overhead_is_priced_once() {
        let usd = |init: &Init| init.usd().map(|usd| usd.to_string());
        let hour = DollarTime::ZERO.plus("9".parse().unwrap(), Elapsed::from_millis(3_600_000));
        let mut meter = Meter::new(noon(), None);
        let mut init = Init::begin(noon(), None);
        init.ready(second(3_600), &meter);
        assert_eq!(
            (init.total(), init.usd()),
            (Some(Elapsed::from_millis(3_600_000)), None)
        );
        let mut late = init.clone();
        meter.measure(second(7_200), "2".parse().ok(), "list", &[]);
        init.rated(&meter, Some(hour));
        late.rated(&meter, Some(DollarTime::ZERO));
        meter.measure(second(7_200), "0.10".parse().ok(), "list", &[]);
        init.rated(&meter, Some(hour));
        assert_eq!(usd(&init).as_deref(), Some("2.00"));
        assert!(init.cost_is_minimum(), "two hours have no known rate");
        assert_eq!(usd(&late), None, "nothing is known of the spend");
    }

    /// What a rate does not cover when the stack is ready, the cost of the init does not cover.
    #[test]
    fn an_incomplete_rate_is_an_incomplete_cost() {
        for unpriced in [vec![], vec!["traffic".to_owned()]] {
            let mut meter = Meter::new(noon(), None);
            meter.measure(noon(), "2".parse().ok(), "list", &unpriced);
            let mut init = Init::begin(noon(), meter.rate());
            init.ready(second(1_800), &meter);
            assert_eq!(init.cost_is_minimum(), !unpriced.is_empty());
            assert_eq!(init.usd(), "1".parse().ok());
        }
    }
}
