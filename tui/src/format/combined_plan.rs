//! The totals of several teardown plans: what would be destroyed, what stays, and what is saved.

use serde::Serialize;
use stack::HourlyRate;
use stack::service::teardown::{Method, TeardownPlan};

use super::{teardown_plan, values};

/// The totals of the plans that may be carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CombinedPlan {
    /// The stacks that would be torn down.
    pub(crate) stacks: usize,
    /// The stacks among them that another system would tear down; its plan is not known here.
    pub(crate) dispatched: usize,
    /// The resources that would be destroyed, as far as the plans are known.
    pub(crate) resources: usize,
    /// The resources that will stay.
    pub(crate) kept: usize,
    /// The resources that are already gone.
    pub(crate) already_gone: usize,
    /// The cost per hour that ends; `None` where nothing is priced.
    pub(crate) hourly_usd: Option<HourlyRate>,
    /// Whether `hourly_usd` leaves out something that costs money.
    pub(crate) hourly_is_minimum: bool,
}

impl CombinedPlan {
    /// The totals of these plans, all of which may be carried out.
    pub(crate) fn of(plans: &[&TeardownPlan]) -> Self {
        let mut total = Self::default();
        for plan in plans {
            total.stacks += 1;
            total.dispatched += usize::from(matches!(plan.method, Method::Dispatch { .. }));
            total.resources += plan.count();
            total.kept += plan.residue.len();
            total.already_gone += plan.already_gone.len();
            if !teardown_plan::saves(plan) {
                continue;
            }
            total.hourly_is_minimum |= plan.hourly_is_minimum || plan.hourly_usd.is_none();
            total.hourly_usd = match (total.hourly_usd, plan.hourly_usd) {
                (Some(sum), Some(rate)) => Some(sum + rate),
                (sum, rate) => sum.or(rate),
            };
        }
        total
    }

    /// What the plans would destroy: `34 resources of 11 stacks will be destroyed, saving $4.62/h`.
    pub(crate) fn headline(&self) -> String {
        if self.stacks == 0 {
            return "No stack will be torn down".to_owned();
        }
        if self.stacks == self.dispatched {
            let stacks = values::count(self.stacks, "stack");
            return format!("{stacks} will be torn down by another system");
        }
        let stacks = values::count(self.stacks - self.dispatched, "stack");
        let resources = values::count(self.resources, "resource");
        let text = format!("{resources} of {stacks} will be destroyed");
        match self.hourly_usd {
            Some(rate) => {
                let saving = values::per_hour(rate, self.hourly_is_minimum);
                format!("{text}, saving {saving}")
            }
            None if self.hourly_is_minimum => format!("{text}; savings unknown"),
            None => text,
        }
    }

    /// What else the plans say: `2 resources will stay, 1 resource is already gone`. `None` if that
    /// is nothing.
    pub(crate) fn kept(&self) -> Option<String> {
        let stay = match self.kept {
            0 => None,
            kept => Some(format!("{} will stay", values::count(kept, "resource"))),
        };
        let gone = match self.already_gone {
            0 => None,
            1 => Some("1 resource is already gone".to_owned()),
            gone => Some(format!(
                "{} are already gone",
                values::count(gone, "resource")
            )),
        };
        let elsewhere = match self.dispatched {
            0 => None,
            _ if self.dispatched == self.stacks => None,
            count => Some(format!(
                "{} will be torn down by another system",
                values::count(count, "stack")
            )),
        };
        let parts: Vec<String> = stay.into_iter().chain(gone).chain(elsewhere).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use stack::RunId;
    use stack::service::teardown::{Method, PlannedDeletion, Residue};
    use stack::testing::stack_name;

    use super::*;

    fn total(plans: &[TeardownPlan]) -> CombinedPlan {
        CombinedPlan::of(&plans.iter().collect::<Vec<_>>())
    }

    fn plan(resources: usize, rate: Option<&str>) -> TeardownPlan {
        TeardownPlan {
            name: stack_name("shop"),
            method: Method::Sweep {
                digest: "abc".to_owned(),
            },
            run: RunId::random(),
            resources: vec![PlannedDeletion::default(); resources],
            already_gone: Vec::new(),
            residue: Vec::new(),
            hourly_usd: rate.map(|rate| rate.parse().unwrap()),
            hourly_is_minimum: false,
            protected: false,
            warnings: Vec::new(),
            blockers: Vec::new(),
        }
    }

    /// Rates are added. A plan without a rate makes the sum a minimum, unless it destroys nothing.
    #[test]
    fn rates_are_added() {
        let headline = |plans: &[TeardownPlan]| total(plans).headline();
        let (a, b) = (plan(3, Some("0.42")), plan(1, Some("0.08")));
        assert_eq!(
            headline(&[a.clone(), b.clone()]),
            "4 resources of 2 stacks will be destroyed, saving $0.50/h"
        );
        assert_eq!(
            headline(&[a.clone(), plan(2, None)]),
            "5 resources of 2 stacks will be destroyed, saving ≥ $0.42/h"
        );
        assert_eq!(
            headline(&[a, plan(0, None)]),
            "3 resources of 2 stacks will be destroyed, saving $0.42/h"
        );
        assert_eq!(
            headline(&[plan(1, None)]),
            "1 resource of 1 stack will be destroyed; savings unknown"
        );
        assert_eq!(headline(&[]), "No stack will be torn down");
    }

    /// What stays and what is already gone is counted over all plans.
    #[test]
    fn what_stays_is_counted() {
        let stays = TeardownPlan {
            residue: vec![Residue::default(); 2],
            already_gone: vec![PlannedDeletion::default()],
            ..plan(1, None)
        };
        let kept = |plans: &[TeardownPlan]| total(plans).kept();
        assert_eq!(
            kept(&[stays.clone(), stays]).as_deref(),
            Some("4 resources will stay, 2 resources are already gone")
        );
        assert_eq!(kept(&[plan(1, None)]), None);
    }
}
