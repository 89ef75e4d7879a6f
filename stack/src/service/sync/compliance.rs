//! Checks the resources of each stack against the rules of governance, and records what changed.
//!
//! The rules are in another package, which the program passes in as a [`LiveCheck`].

use std::collections::BTreeSet;

use super::CloudData;
use super::ledger_updates::is_closed;
use crate::cloud::{Resource, Unchecked};
use crate::config::NoncompliantAction;
use crate::lease::{BrokenRule, EventKind, Lease, MAX_BROKEN_RULES, Phase};
use crate::policy::Policy;
use crate::service::ServiceError;
use crate::values::id::StackName;
use crate::view::CloudView;

/// A stack that exists, as the rules read it.
#[derive(Clone, Copy, Debug)]
pub struct LiveStack<'a> {
    /// Its lease.
    pub lease: &'a Lease,
    /// Its resources, as last described.
    pub resources: &'a [&'a Resource],
    /// The places, and types in places, that did not answer in the last scan.
    pub unchecked: &'a [Unchecked],
    /// The policy in force.
    pub policy: &'a Policy,
}

/// What the rules say of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveVerdict {
    /// The rules that it breaks.
    pub broken: Vec<BrokenRule>,
    /// The rules that could not be decided, each with the address of the resource.
    pub undecided: BTreeSet<(String, String)>,
}

/// Checks stacks that exist. It makes no call.
pub trait LiveCheck: Send + Sync {
    /// What the rules say of a stack.
    ///
    /// # Errors
    /// Why the rules could not be evaluated, in words.
    fn check(&self, stack: &LiveStack<'_>) -> Result<LiveVerdict, String>;
}

/// What the check of all stacks found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ComplianceUpdates {
    /// The stacks that break a rule.
    pub(super) noncompliant: Vec<StackName>,
    /// What could not be checked or written, and why.
    pub(super) problems: Vec<String>,
}

impl CloudData<'_> {
    /// Checks every live stack that has resources, if the configuration says so, and records the
    /// changes.
    pub(super) async fn update_compliance(
        self,
        leases: &[Lease],
        cloud: &CloudView,
    ) -> Result<ComplianceUpdates, ServiceError> {
        let mut updates = ComplianceUpdates::default();
        let is_off = self.service.config.check.noncompliance.action == NoncompliantAction::Off;
        let Some(rules) = self.service.live_check.as_ref().filter(|_| !is_off) else {
            return Ok(updates);
        };
        let policy = self.service.policy().await?;
        let unchecked = cloud.known().unchecked();
        for lease in leases.iter().filter(|lease| is_checked(lease)) {
            let resources = cloud.resources(lease);
            if resources.is_empty() && lease.noncompliance.is_none() {
                continue;
            }
            let verdict = rules.check(&LiveStack {
                lease,
                resources: &resources,
                unchecked: &unchecked,
                policy: &policy,
            });
            let verdict = match verdict {
                Ok(verdict) => verdict,
                // The rules are the same for every stack.
                Err(problem) => {
                    updates.problems.push(problem);
                    break;
                }
            };
            if next(lease, &verdict).is_some() {
                let decided = self.service.change(&lease.name, |lease, _| {
                    Ok(Vec::from_iter(next(lease, &verdict)))
                });
                let written = decided.await;
                match written {
                    Ok(_) | Err(ServiceError::Unknown { .. }) => {}
                    Err(error) => {
                        updates.problems.push(error.to_string());
                        if is_closed(&error) {
                            break;
                        }
                    }
                }
            }
            if !broken(lease, &verdict).is_empty() {
                updates.noncompliant.push(lease.name.clone());
            }
        }
        Ok(updates)
    }
}

/// Whether the rules apply to a stack: not during its teardown, and not to what is left of it.
fn is_checked(lease: &Lease) -> bool {
    lease.is_live() && !matches!(lease.recorded_phase, Phase::TearingDown | Phase::Residue)
}

/// The broken rules now. A rule that could not be decided this time stays broken, because nothing
/// shows that it is not.
fn broken(lease: &Lease, verdict: &LiveVerdict) -> Vec<BrokenRule> {
    let known = lease.noncompliance.iter().flat_map(|known| &known.findings);
    let is_undecided = |rule: &&BrokenRule| {
        let key = (rule.rule.clone(), rule.address.clone());
        verdict.undecided.contains(&key)
    };
    let kept = known.filter(is_undecided).cloned();
    let mut all: Vec<BrokenRule> = verdict.broken.iter().cloned().chain(kept).collect();
    all.sort();
    all.dedup_by(|a, b| (&a.address, &a.rule) == (&b.address, &b.rule));
    all
}

/// The event for the ledger, if the broken rules are other ones than before. A text that changes
/// its numbers is no change.
fn next(lease: &Lease, verdict: &LiveVerdict) -> Option<EventKind> {
    let mut findings = broken(lease, verdict);
    let more = findings.len().saturating_sub(MAX_BROKEN_RULES);
    findings.truncate(MAX_BROKEN_RULES);
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    let Some(known) = &lease.noncompliance else {
        return (!findings.is_empty()).then_some(EventKind::Noncompliant { findings, more });
    };
    if findings.is_empty() {
        return Some(EventKind::Compliant);
    }
    let names = |found: &[BrokenRule]| -> Vec<(String, String)> {
        let names = found.iter();
        names
            .map(|one| (one.address.clone(), one.rule.clone()))
            .collect()
    };
    let is_same = names(&findings) == names(&known.findings) && more == known.more;
    (!is_same).then_some(EventKind::Noncompliant { findings, more })
}

#[cfg(test)]
mod tests;
