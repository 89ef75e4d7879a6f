//! The final check: asks every service in every place once more. What it finds, and what it could
//! not check, is residue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::deadlines::SweepTiming;
use super::settle::{Settlement, SettlementFacts};
use crate::cloud::{
    Cloud, CloudErrorKind, Confirmation, Discovery, DiscoveryScope, Resource, ResourceId, Unchecked,
};
use crate::lease::Lease;
use crate::service::Teardowns;
use crate::service::teardown::residue::Residue;
use crate::sweep::{Ownership, OwnershipVerdict, StackIdentity, judge_ownership};
use crate::values::id::StackName;
use crate::values::shell;

/// The result of the final check.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::service::teardown) struct Verification {
    /// What is left, and what could not be checked.
    pub(in crate::service::teardown) residue: Vec<Residue>,
    /// Whether some place or type did not answer.
    pub(in crate::service::teardown) incomplete: bool,
    /// What earlier runs recorded and is gone.
    pub(in crate::service::teardown) settled: Settlement,
}

/// What a teardown did before the final check.
#[derive(Clone, Debug, Default)]
pub(in crate::service::teardown) struct TeardownFacts<'a> {
    /// The ids that it deleted: the tag index may still list them, and so may their service for a
    /// while. An id may also be the last part of a resource's name.
    pub(in crate::service::teardown) deleted: Vec<String>,
    /// What the cloud has scheduled for deletion.
    pub(in crate::service::teardown) scheduled: BTreeSet<ResourceId>,
    /// The lease before it deleted anything.
    pub(in crate::service::teardown) lease: Option<&'a Lease>,
    /// Whether Terraform's state was read afterwards, and lists nothing.
    pub(in crate::service::teardown) state_read: bool,
    /// What it left, and why.
    pub(in crate::service::teardown) left: BTreeMap<ResourceId, (&'a Resource, OwnershipVerdict)>,
}

impl TeardownFacts<'_> {
    /// Whether the teardown deleted this resource. Either id may be the last part of the other.
    pub(in crate::service::teardown) fn deleted(&self, id: &str) -> bool {
        let is_last_part = |part: &str, whole: &str| {
            let before = whole.strip_suffix(part);
            before.is_some_and(|before| before.ends_with(['/', ':']))
        };
        let mut deleted = self.deleted.iter();
        deleted.any(|other| id == other || is_last_part(other, id) || is_last_part(id, other))
    }
}

impl Teardowns<'_> {
    /// Checks every configured place for what is left of a stack. Without accounts, there is
    /// nothing to check.
    pub(in crate::service::teardown) async fn verify_gone(
        self,
        stack: &StackIdentity,
        facts: &TeardownFacts<'_>,
        timing: &SweepTiming,
        command: &str,
    ) -> Verification {
        if self.service.config.accounts.is_empty() {
            return self.verify_records(stack, facts, command).await;
        }
        let Some(access) = self.service.cloud_access() else {
            return self.no_access(command);
        };
        let cloud = &access.cloud;
        let which = DiscoveryScope::Stack(stack.name.clone());
        let at = self.service.now();
        let mut found = cloud.discover(&which).await;
        let mut check = self.residue(&found, stack, command);
        for one in facts.scheduled.iter().map(ResourceId::as_str) {
            check.residue.retain(|left| left.id != one);
        }
        let known: BTreeSet<String> = check.residue.iter().map(|one| one.id.clone()).collect();
        let kept = facts
            .left
            .iter()
            .filter(|(id, _)| !known.contains(id.as_str()));
        check
            .residue
            .extend(still_there(cloud, kept, command).await);
        for one in &mut check.residue {
            let left = facts.left.iter().find(|(id, _)| id.as_str() == one.id);
            if let Some((_, (_, judged))) = left {
                one.reason.clone_from(&judged.reason);
                one.blocked_by = judged.blocked_by.as_ref().map(ToString::to_string);
            }
        }
        self.confirm_deletions(cloud, &found, &mut check, facts, timing)
            .await;
        if let Some(lease) = facts.lease {
            let recorded = SettlementFacts {
                lease,
                residue: &check.residue,
                state_read: facts.state_read,
                places_asked: true,
                command,
            };
            let deleted = |id: &str| facts.deleted(id);
            check.settled = self.settle(stack, recorded, deleted).await;
            check.residue.append(&mut check.settled.residue);
        }
        found.resources.retain(|one| {
            let id = one.id.as_str();
            !facts.deleted(id) || check.residue.iter().any(|left| left.id == id)
        });
        // Later views show this result. If it cannot be stored, the next sync finds the same.
        drop(
            self.service
                .cloud()
                .record_scan(access, &which, at, &found)
                .await,
        );
        check
    }

    /// Without accounts, only what earlier runs recorded can be left.
    async fn verify_records(
        self,
        stack: &StackIdentity,
        facts: &TeardownFacts<'_>,
        command: &str,
    ) -> Verification {
        let mut check = Verification::default();
        if let Some(lease) = facts.lease {
            let recorded = SettlementFacts {
                lease,
                residue: &[],
                state_read: facts.state_read,
                places_asked: false,
                command,
            };
            let deleted = |id: &str| facts.deleted(id);
            check.settled = self.settle(stack, recorded, deleted).await;
            check.residue.append(&mut check.settled.residue);
        }
        check
    }

    /// The residue among what a scan found.
    pub(super) fn residue(
        self,
        found: &Discovery,
        stack: &StackIdentity,
        command: &str,
    ) -> Verification {
        let places: BTreeSet<_> = self.service.cloud().places().into_iter().collect();
        let judgement = judge_ownership(&found.resources, stack, &places);
        let left = found.resources.iter().filter_map(|one| {
            let judged = &judgement[&one.id];
            match judged.verdict {
                Ownership::Foreign => None,
                Ownership::Belongs => {
                    let reason = "found by the final check";
                    let judged = OwnershipVerdict {
                        reason: reason.to_owned(),
                        ..judged.clone()
                    };
                    Some(residue_of(one, &judged, command))
                }
                Ownership::Stays => Some(residue_of(one, judged, command)),
            }
        });
        let mut residue: Vec<Residue> = left.collect();
        let unchecked = unchecked_residue(&found.unchecked, command);
        let incomplete = !unchecked.is_empty();
        residue.extend(unchecked);
        Verification {
            residue,
            incomplete,
            ..Verification::default()
        }
    }

    /// A service may still describe what this teardown deleted. Asks about it again before it
    /// counts as left.
    async fn confirm_deletions(
        self,
        cloud: &Arc<dyn Cloud>,
        found: &Discovery,
        check: &mut Verification,
        facts: &TeardownFacts<'_>,
        timing: &SweepTiming,
    ) {
        let until = Instant::now() + timing.settle_timeout;
        let mut polls = 0;
        loop {
            let asked: Vec<Resource> = found
                .resources
                .iter()
                .filter(|one| facts.deleted(one.id.as_str()))
                .filter(|one| check.residue.iter().any(|left| left.id == one.id.as_str()))
                .cloned()
                .collect();
            if asked.is_empty() || Instant::now() >= until {
                return;
            }
            tokio::time::sleep(timing.before_poll(polls)).await;
            polls += 1;
            let described = cloud.describe(&asked).await;
            let there = |id: &str| {
                let found = described.found.iter().any(|one| one.id.as_str() == id);
                found || described.failed.iter().any(|(one, _)| one.as_str() == id)
            };
            let asked: BTreeSet<&str> = asked.iter().map(|one| one.id.as_str()).collect();
            check
                .residue
                .retain(|left| !asked.contains(left.id.as_str()) || there(&left.id));
        }
    }

    /// The residue when accounts are configured, and this process has no access to them.
    fn no_access(self, command: &str) -> Verification {
        let places = self
            .service
            .cloud()
            .places()
            .into_iter()
            .map(|place| Residue {
                id: place.to_string(),
                region: Some(place.region),
                reason: "not_looked: this process has no access to the cloud".to_owned(),
                command: Some(command.to_owned()),
                ..Residue::default()
            });
        Verification {
            residue: places.collect(),
            incomplete: true,
            ..Verification::default()
        }
    }
}

/// The resources that were left and that a scan by tag does not find: only their own service knows
/// whether they still exist.
async fn still_there<'a>(
    cloud: &Arc<dyn Cloud>,
    kept: impl Iterator<Item = (&'a ResourceId, &'a (&'a Resource, OwnershipVerdict))>,
    command: &str,
) -> Vec<Residue> {
    let kept: BTreeMap<_, _> = kept.collect();
    let asked: Vec<Resource> = kept.values().map(|(one, _)| (*one).clone()).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let described = cloud.describe(&asked).await;
    let found = described.found.iter().map(|one| &one.id);
    let failed = described.failed.iter();
    let failed = failed.filter(|(_, error)| error.kind != CloudErrorKind::Gone);
    let there: BTreeSet<&ResourceId> = found.chain(failed.map(|(id, _)| id)).collect();
    let there = kept.into_iter().filter(|(id, _)| there.contains(id));
    there
        .map(|(_, (one, judged))| residue_of(one, judged, command))
        .collect()
}

/// A resource that is left, as residue. `command` is the sweep that would finish it; for a type
/// that jiti cannot delete, it is the cloud's own command, if jiti knows it.
pub(super) fn residue_of(one: &Resource, judged: &OwnershipVerdict, command: &str) -> Residue {
    let command = match &one.confirmation {
        Confirmation::UnknownType { command } => command.clone(),
        Confirmation::Confirmed | Confirmation::Unconfirmed(_) => Some(command.to_owned()),
    };
    Residue {
        id: one.id.to_string(),
        kind: Some(one.kind.clone()),
        region: Some(one.place.region.clone()),
        reason: judged.reason.clone(),
        blocked_by: judged.blocked_by.as_ref().map(ToString::to_string),
        hourly_usd: one.hourly_usd,
        command,
        resource_id: None,
    }
}

/// The places and types that did not answer. A place with invalid credentials is listed once.
fn unchecked_residue(all: &[Unchecked], command: &str) -> Vec<Residue> {
    let refused: BTreeMap<_, _> = all
        .iter()
        .filter(|one| one.credentials)
        .map(|one| (&one.place, one))
        .collect();
    let others = all.iter().filter(|one| !refused.contains_key(&one.place));
    let told = refused.values().map(|one| (one.place.to_string(), *one));
    let told = told.chain(others.map(|one| (unchecked_name(one), one)));
    told.map(|(id, one)| Residue {
        id,
        kind: one.kind.clone().filter(|_| !one.credentials),
        region: Some(one.place.region.clone()),
        reason: format!("not_looked: {}", one.reason),
        command: Some(command.to_owned()),
        ..Residue::default()
    })
    .collect()
}

/// The name of what could not be checked: `account/region`, or `account/region/type`.
pub(super) fn unchecked_name(one: &Unchecked) -> String {
    match &one.kind {
        Some(kind) => format!("{}/{kind}", one.place),
        None => one.place.to_string(),
    }
}

/// The command that finishes a sweep.
pub(in crate::service::teardown) fn command(stack: &StackName, confirmed: bool) -> String {
    let name = shell::quoted(stack.as_str());
    let confirm = if confirmed {
        format!(" --confirm {name}")
    } else {
        String::new()
    };
    format!("jiti teardown {name} --strategy sweep --yes{confirm}")
}
