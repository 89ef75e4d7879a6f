//! What an action on several stacks will do to each of them.

use stack::Lease;
use stack::service::power::SleepPlan;
use stack::service::teardown::{Blocker, TeardownPlan};

use super::{CombinedDialog, CombinedEntry, EntryPlan};
use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::store::StackStore;
use crate::dashboard::problem::Problem;
use crate::format::{teardown_plan, values};

/// What the action will do to one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Not known yet.
    Pending,
    /// It will do this.
    Acts(String),
    /// It will do this if the user also types the stack's name.
    NeedsName(String),
    /// It leaves the stack alone, because a rule forbids it or the plan failed.
    LeftOut(Problem),
}

impl CombinedDialog {
    /// What the action will do to each stack, in their order.
    pub(crate) fn outlooks(&self, store: &StackStore) -> Vec<Outlook> {
        let outlook = |entry| self.outlook(entry, store);
        self.entries.iter().map(outlook).collect()
    }

    fn outlook(&self, entry: &CombinedEntry, store: &StackStore) -> Outlook {
        match &entry.plan {
            EntryPlan::Pending => Outlook::Pending,
            EntryPlan::LeftOut(problem) => Outlook::LeftOut(problem.clone()),
            EntryPlan::Teardown(plan) => teardown_outlook(plan),
            EntryPlan::Sleep(plan) => sleep_outlook(plan),
            EntryPlan::Immediate => match store.stack(&entry.stack).and_then(StackRow::lease) {
                Some(lease) => self.lease_outlook(lease, store),
                None => Outlook::LeftOut(Problem::refused("gone")),
            },
        }
    }

    /// What a change of the lease does. Until the fields are valid, this is how the lease is now.
    fn lease_outlook(&self, lease: &Lease, store: &StackStore) -> Outlook {
        let (policy, now) = (&store.view().policy, store.now());
        Outlook::Acts(match self.action {
            BulkAction::Extend => match self.duration() {
                Ok(by) => match policy.extend(lease, by, now) {
                    Ok(until) => format!("expires {} UTC", values::minute(until)),
                    Err(refusal) => {
                        return Outlook::LeftOut(Problem::refused(refusal.to_string()));
                    }
                },
                Err(_) => format!("expires {} UTC so far", values::minute(lease.expires_at)),
            },
            BulkAction::Hold => match (self.held_until(policy, now), lease.at(now).hold_until) {
                (Ok(until), _) => format!("held until {} UTC", values::minute(until)),
                (Err(_), Some(until)) => format!("held until {} UTC so far", values::minute(until)),
                (Err(_), None) => "not held so far".to_owned(),
            },
            BulkAction::Unhold => match lease.at(now).hold_until {
                Some(until) => format!("was held until {} UTC", values::minute(until)),
                None => return Outlook::LeftOut(Problem::refused("not held")),
            },
            BulkAction::Teardown | BulkAction::Sleep | BulkAction::Wake => {
                "its compute starts again".to_owned()
            }
        })
    }
}

fn teardown_outlook(plan: &TeardownPlan) -> Outlook {
    if !plan.may_proceed() {
        let blockers = &plan.blockers;
        let reasons: Vec<String> = blockers.iter().map(ToString::to_string).collect();
        return Outlook::LeftOut(Problem {
            message: reasons.join("; "),
            refused: blockers.iter().any(Blocker::is_refusal),
        });
    }
    let headline = teardown_plan::headline(plan);
    let text = match teardown_plan::saving(plan) {
        Some(saving) => format!("{headline}, saving {saving}"),
        None => headline,
    };
    if plan.protected {
        Outlook::NeedsName(text)
    } else {
        Outlook::Acts(text)
    }
}

fn sleep_outlook(plan: &SleepPlan) -> Outlook {
    if plan.stops.is_empty() {
        return Outlook::LeftOut(Problem::refused("nothing to stop"));
    }
    let stops = values::count(plan.stops.len(), "resource");
    let remains = match plan.remains.hourly_usd {
        Some(rate) => format!(
            "; {} remains",
            values::per_hour(rate, plan.remains.is_minimum())
        ),
        None if plan.remains.unknown == 0 => String::new(),
        None => "; remaining cost unknown".to_owned(),
    };
    Outlook::Acts(format!("stops {stops}{remains}"))
}
