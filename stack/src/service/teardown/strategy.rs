//! The rule that chooses how a stack is torn down: through Terraform, or as a sweep by tag.
//!
//! | asked by | situation | sweep possible | choice |
//! |---|---|---|---|
//! | command line | any | any | the strategy that the user named |
//! | dashboard | no lease | any | sweep |
//! | dashboard | state lost, or origin unreachable | yes | sweep, after the user types the name |
//! | dashboard | any other | any | Terraform |
//! | reaper | a sweep has begun | yes | sweep |
//! | reaper | a sweep has begun | no | refused: Terraform cannot finish a sweep |
//! | reaper | state lost or empty | yes | sweep |
//! | reaper | any other | any | Terraform; an unreachable origin becomes residue, never a sweep |
//!
//! Through Terraform, `origin_access` chooses the place: the folder, a rebuild from the commit, or
//! a dispatch.

use super::blocker::Blocker;
use super::plan::{Method, TeardownPlan};
use crate::lease::Strategy;

/// Who asks for a teardown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// A user of the command line, who names the strategy.
    CommandLine(Strategy),
    /// A user of the dashboard, who sees the plan before confirming it.
    Dashboard,
    /// The reaper, which runs unattended.
    Reaper,
}

/// What is known about a stack before its teardown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Nothing speaks against Terraform: it can plan, was not asked yet, or failed for another
    /// reason.
    Reachable,
    /// This ledger has no lease for the stack; only tags name it.
    NoLease,
    /// The last teardown of this lease was a sweep.
    SweepBegun,
    /// Terraform's root directory is gone, or on another machine.
    OriginUnreachable,
    /// The root directory is there, but its state is empty, although it should hold the stack.
    StateLost,
    /// The state is empty, and Terraform has nothing left to destroy.
    StateEmpty,
}

impl Situation {
    /// Reads the situation from a destroy plan made by Terraform.
    #[must_use]
    pub fn of_plan(plan: &TeardownPlan) -> Self {
        let blockers = &plan.blockers;
        if blockers.iter().any(Blocker::is_unreachable_origin) {
            Self::OriginUnreachable
        } else if blockers.iter().any(Blocker::is_lost_state) {
            Self::StateLost
        } else if matches!(plan.method, Method::Dispatch { .. }) {
            // The other side reads the state.
            Self::Reachable
        } else if blockers.is_empty() && plan.method.digest().is_none() {
            Self::StateEmpty
        } else {
            Self::Reachable
        }
    }
}

/// How a teardown may proceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrategyChoice {
    /// With this strategy.
    Use(Strategy),
    /// Only a sweep could finish the teardown, and the reaper is not allowed to sweep.
    SweepNotAllowed,
}

/// Chooses the strategy of a teardown, by the table above.
///
/// `can_sweep`: the configuration names accounts and, for the reaper, allows it to sweep.
#[must_use]
pub fn choose(requester: Requester, situation: Situation, can_sweep: bool) -> StrategyChoice {
    use Situation::{NoLease, OriginUnreachable, StateEmpty, StateLost, SweepBegun};
    let strategy = match (requester, situation) {
        (Requester::CommandLine(named), _) => named,
        (Requester::Reaper, SweepBegun) if !can_sweep => return StrategyChoice::SweepNotAllowed,
        (Requester::Dashboard, NoLease) | (Requester::Reaper, SweepBegun) => Strategy::Sweep,
        (Requester::Dashboard, StateLost | OriginUnreachable)
        | (Requester::Reaper, StateLost | StateEmpty)
            if can_sweep =>
        {
            Strategy::Sweep
        }
        (Requester::Dashboard | Requester::Reaper, _) => Strategy::Terraform,
    };
    StrategyChoice::Use(strategy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITUATIONS: [Situation; 6] = [
        Situation::Reachable,
        Situation::NoLease,
        Situation::SweepBegun,
        Situation::OriginUnreachable,
        Situation::StateLost,
        Situation::StateEmpty,
    ];

    /// The strategy depends on who asks, on the situation, and on whether a sweep is possible.
    #[test]
    fn the_table_of_strategies() {
        let terraform = StrategyChoice::Use(Strategy::Terraform);
        let sweep = StrategyChoice::Use(Strategy::Sweep);
        let refused = StrategyChoice::SweepNotAllowed;
        // In the order of SITUATIONS: what is chosen where a sweep is possible, and where not.
        let dashboard = [
            (terraform, terraform),
            (sweep, sweep),
            (terraform, terraform),
            (sweep, terraform),
            (sweep, terraform),
            (terraform, terraform),
        ];
        let reaper = [
            (terraform, terraform),
            (terraform, terraform),
            (sweep, refused),
            (terraform, terraform),
            (sweep, terraform),
            (sweep, terraform),
        ];
        for (at, situation) in SITUATIONS.into_iter().enumerate() {
            for (requester, expected) in [
                (Requester::Dashboard, dashboard[at]),
                (Requester::Reaper, reaper[at]),
                (
                    Requester::CommandLine(Strategy::Terraform),
                    (terraform, terraform),
                ),
                (Requester::CommandLine(Strategy::Sweep), (sweep, sweep)),
            ] {
                let chosen = [true, false].map(|can| choose(requester, situation, can));
                assert_eq!(
                    chosen,
                    [expected.0, expected.1],
                    "{requester:?} {situation:?}"
                );
            }
        }
    }
}
