//! Init overhead: the time from the request until the stack was ready, phase by phase.

mod cause;
pub(crate) mod check_name;
mod creation;
mod failed_check;
mod report;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use cause::{CauseKind, FoundCause, NotReadyCause};
pub(crate) use cause::{Causes, reporter};
pub use creation::{CreatedType, MAX_CREATED_TYPES};
pub use failed_check::FailedCheck;
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
    /// When the first resource of each type was created, by time.
    created: Vec<CreatedType>,
    /// The checks that had not passed when the readiness timeout passed.
    failed_checks: Vec<FailedCheck>,
    /// Why the stack is not ready yet. A recording of the dashboard from before this field has
    /// none.
    #[serde(default)]
    causes: Causes,
    rate: Option<HourlyRate>,
    /// What the stack had spent when the init started, as far as is known now.
    spent_before: DollarTime,
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

/// What a first measurement adds to the spend of the time before it, as far as an init needs it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InitAccrual {
    /// Until the init started.
    pub(crate) before: DollarTime,
    /// Until the stack was ready; zero if it is not.
    pub(crate) until_ready: DollarTime,
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
    pub(crate) fn begin(at: Timestamp, meter: &Meter) -> Self {
        Self {
            requested_at: at,
            provisioned_at: None,
            ready_at: None,
            phases: Vec::new(),
            created: Vec::new(),
            failed_checks: Vec::new(),
            causes: Causes::default(),
            rate: meter.rate(),
            spent_before: meter.reading().spent(at).unwrap_or_default(),
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
        self.causes = Causes::default();
        if self.ready_at.is_none() {
            self.ready_at = Some(at);
            self.rate = meter.rate().or(self.rate);
            self.spent = meter.reading().spent(at);
            self.judge_cost(meter);
        }
    }

    /// Records the checks that had not passed when the readiness timeout passed.
    pub(crate) fn timed_out(&mut self, checks: &[FailedCheck]) {
        if self.ready_at.is_none() && !checks.is_empty() {
            self.failed_checks = checks.to_vec();
        }
    }

    /// Records why the stack is not ready yet; `None` means that `found_by` knows no cause any
    /// more.
    pub(crate) fn not_ready(
        &mut self,
        at: Timestamp,
        found_by: &str,
        cause: Option<&NotReadyCause>,
    ) {
        if self.ready_at.is_none() {
            self.causes.found(at, found_by, cause);
        }
    }

    /// Records when resources were created. Those from before the init belong to an earlier one.
    pub(crate) fn created(&mut self, created: &[CreatedType]) {
        if !created.is_empty() {
            self.created = created.to_vec();
        }
    }

    /// Records a rate. Until the stack is ready, the latest rate counts; afterwards, only the
    /// first. `accrued` is what the rate adds to the spend before it was measured.
    pub(crate) fn rated(&mut self, meter: &Meter, accrued: InitAccrual) {
        self.spent_before = self.spent_before + accrued.before;
        if self.ready_at.is_none() {
            self.rate = meter.rate().or(self.rate);
        } else if self.rate.is_none() || accrued.until_ready > DollarTime::ZERO {
            self.rate = self.rate.or(meter.rate());
            self.spent = Some(self.spent.unwrap_or_default() + accrued.until_ready);
            self.judge_cost(meter);
        }
    }

    fn judge_cost(&mut self, meter: &Meter) {
        if self.rate.is_some() {
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

    /// The phases: first those of the creation of resources, if no phase was reported, then the
    /// reported phases and the checks, in the order of their reports.
    #[must_use]
    pub fn phases(&self) -> Vec<InitPhase> {
        let mut phases = self.creation_phases();
        phases.extend(self.phases.iter().cloned());
        phases
    }

    /// Whether a phase was reported that is not a check.
    #[must_use]
    pub fn has_reported_phases(&self) -> bool {
        self.phases.iter().any(|phase| !phase.is_check())
    }

    /// Whether the next `provisioned` is the midpoint of this init.
    pub(crate) fn awaits_provisioning(&self) -> bool {
        self.provisioned_at.is_none() && self.ready_at.is_none()
    }

    /// When the first resource of each type was created, as far as is known.
    pub(crate) fn created_types(&self) -> &[CreatedType] {
        &self.created
    }

    /// The checks that had not passed when the readiness timeout passed, with their last answers.
    #[must_use]
    pub fn failed_checks(&self) -> &[FailedCheck] {
        &self.failed_checks
    }

    /// Why the stack is not ready yet, the most telling cause first.
    #[must_use]
    pub fn causes(&self) -> Vec<&FoundCause> {
        self.causes.ordered()
    }

    /// Whether the cause of `found_by` would change nothing that is worth an event.
    pub(crate) fn knows(&self, found_by: &str, cause: Option<&NotReadyCause>) -> bool {
        match (self.causes.found_by(found_by), cause) {
            (Some(known), Some(cause)) => known.says_the_same(cause),
            (None, Some(_)) => self.causes.is_full(),
            (known, None) => known.is_none(),
        }
    }

    /// The phase that started last and has not ended.
    #[must_use]
    pub fn open_phase(&self) -> Option<&InitPhase> {
        let open = self.phases.iter().filter(|phase| phase.seconds.is_none());
        open.max_by_key(|phase| phase.started_at)
    }

    fn creation_phases(&self) -> Vec<InitPhase> {
        if self.has_reported_phases() {
            return Vec::new();
        }
        let end = self.provisioned_at.or(self.ready_at);
        creation::phases(&self.created, self.requested_at, end)
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

    /// The cost of the overhead: what the stack spent from the request until it was ready, each
    /// resource from its creation on. `None` while the end or the rate is unknown, or if nothing is
    /// known of that spend.
    #[must_use]
    pub fn usd(&self) -> Option<Usd> {
        self.cost().map(DollarTime::dollars)
    }

    /// Like [`Init::usd`], before the division.
    pub(crate) fn cost(&self) -> Option<DollarTime> {
        let (rate, time) = self.rate.zip(self.total())?;
        let at_rate = DollarTime::ZERO.plus(rate, time);
        let spent = self.spent?.minus(self.spent_before).max(DollarTime::ZERO);
        (spent > DollarTime::ZERO || at_rate == DollarTime::ZERO).then_some(spent)
    }

    /// Whether the cost leaves out something that costs money, or a time without a known rate.
    #[must_use]
    pub fn cost_is_minimum(&self) -> bool {
        self.cost_is_minimum
    }

    /// The longest phase. A check lasts from `provisioned` on and would always win, so checks count
    /// only if no other phase was reported.
    #[must_use]
    pub fn slowest(&self) -> Option<InitPhase> {
        let phases = self.phases();
        let longest = |checks: bool| {
            let of_kind = |p: &&InitPhase| p.is_check() == checks;
            let ended = phases
                .iter()
                .filter(of_kind)
                .filter(|p| p.seconds.is_some());
            ended.max_by_key(|p| p.seconds).cloned()
        };
        longest(false).or_else(|| longest(true))
    }
}

impl InitPhase {
    /// Whether it is a readiness check.
    #[must_use]
    pub fn is_check(&self) -> bool {
        self.class.as_deref() == Some(CHECK_CLASS)
    }

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

    fn slowest(init: &Init) -> Option<String> {
        init.slowest().map(|phase| phase.name)
    }

    /// Phases are marked by start and done. A done without a start counts from the end of the
    /// previous phase.
    #[test]
    fn phases_are_marked() {
        let mut init = Init::begin(noon(), &Meter::new(noon(), None));
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
        assert_eq!(slowest(&init).as_deref(), Some("migrate"));
    }

    /// A phase that is reported several times stays one phase, with the latest report.
    #[test]
    fn a_repeated_report_is_one_phase() {
        let mut init = Init::begin(noon(), &Meter::new(noon(), None));
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
        let mut init = Init::begin(noon(), &Meter::new(noon(), None));
        init.provisioned(second(1));
        init.check_passed(second(100), "http");
        assert_eq!(slowest(&init).as_deref(), Some("http"));
        init.mark(second(100), "pull", None, PhaseBoundary::Start, None);
        init.mark(second(101), "pull", None, PhaseBoundary::Done, None);
        assert_eq!(slowest(&init).as_deref(), Some("pull"));
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

    fn usd(init: &Init) -> Option<String> {
        init.usd().map(|usd| usd.to_string())
    }

    fn dollar_hours(rate: &str, hours: u64) -> DollarTime {
        let time = Elapsed::from_millis(hours * 3_600_000);
        DollarTime::ZERO.plus(rate.parse().unwrap(), time)
    }

    /// The overhead costs what the stack spent from the request until it was ready, also where the
    /// first measurement comes later. What was spent before the request belongs to an earlier init.
    #[test]
    fn the_overhead_is_priced_once() {
        let mut meter = Meter::new(noon(), None);
        let mut init = Init::begin(noon(), &meter);
        init.ready(second(3_600), &meter);
        assert_eq!(
            (init.total(), init.usd()),
            (Some(Elapsed::from_millis(3_600_000)), None)
        );
        let mut late = init.clone();
        meter.measure(second(7_200), "2".parse().ok(), "list", &[]);
        let accrued = InitAccrual {
            before: dollar_hours("0.5", 1),
            until_ready: dollar_hours("2", 1),
        };
        init.rated(&meter, accrued);
        late.rated(&meter, InitAccrual::default());
        meter.measure(second(7_200), "0.10".parse().ok(), "list", &[]);
        init.rated(&meter, InitAccrual::default());
        assert_eq!(usd(&init).as_deref(), Some("1.50"));
        assert!(init.cost_is_minimum(), "two hours have no known rate");
        assert_eq!(usd(&late), None, "nothing is known of the spend");
    }

    /// A later init costs only what was spent since its own request.
    #[test]
    fn a_later_init_costs_its_own_time() {
        let meter = Meter::new(noon(), "3".parse().ok());
        let mut init = Init::begin(second(3_600), &meter);
        init.ready(second(5_400), &meter);
        // Half an hour at $3 an hour.
        assert_eq!(usd(&init).as_deref(), Some("1.50"));
    }

    /// A rate that was measured late adds to the cost at the declared rate.
    #[test]
    fn a_late_measurement_adds_to_the_declared_cost() {
        let mut meter = Meter::new(noon(), "1".parse().ok());
        let mut init = Init::begin(noon(), &meter);
        init.ready(second(3_600), &meter);
        assert_eq!(usd(&init).as_deref(), Some("1.00"));
        meter.measure(second(7_200), "2".parse().ok(), "list", &[]);
        let accrued = InitAccrual {
            before: DollarTime::ZERO,
            until_ready: dollar_hours("2", 1),
        };
        init.rated(&meter, accrued);
        assert_eq!(usd(&init).as_deref(), Some("3.00"));
    }

    /// What a rate does not cover when the stack is ready, the cost of the init does not cover.
    #[test]
    fn an_incomplete_rate_is_an_incomplete_cost() {
        for unpriced in [vec![], vec!["traffic".to_owned()]] {
            let mut meter = Meter::new(noon(), None);
            meter.measure(noon(), "2".parse().ok(), "list", &unpriced);
            let mut init = Init::begin(noon(), &meter);
            init.ready(second(1_800), &meter);
            assert_eq!(init.cost_is_minimum(), !unpriced.is_empty());
            assert_eq!(init.usd(), "1".parse().ok());
        }
    }
}
