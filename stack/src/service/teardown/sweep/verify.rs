//! The look afterwards: every service is asked once more in every place, and what is found, or could not be asked, is
//! residue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::timing::SweepTiming;
use crate::cloud::{
    Cloud, CloudErrorKind, Discovery, DiscoveryScope, Resource, ResourceId, Unchecked,
};
use crate::service::Service;
use crate::service::teardown::{Residue, quoted};
use crate::sweep::{Ownership, OwnershipVerdict, StackIdentity, judge_ownership};
use crate::values::id::StackName;

/// What a look afterwards came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::service) struct Verification {
    /// What is left, and where it could not be looked.
    pub(in crate::service) residue: Vec<Residue>,
    /// Whether some place or type did not answer.
    pub(in crate::service) partly: bool,
}

/// What a teardown has done before the look.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct TeardownFacts<'a> {
    /// What it deleted: an index may still name it, and a service for a while. Ends of names count as well.
    pub(in crate::service) deleted: Vec<String>,
    /// What the cloud deletes at a later time.
    pub(in crate::service) scheduled: BTreeSet<ResourceId>,
    /// What it left, with why.
    pub(in crate::service) left: BTreeMap<ResourceId, (&'a Resource, OwnershipVerdict)>,
}

impl TeardownFacts<'_> {
    /// Whether the teardown deleted this one.
    fn deleted(&self, id: &str) -> bool {
        let mut deleted = self.deleted.iter();
        deleted.any(|one| {
            id == one || id.ends_with(&format!("/{one}")) || id.ends_with(&format!(":{one}"))
        })
    }
}

impl Service {
    /// Looks whether anything of a stack is left, in every place of the configuration. Without accounts there is nowhere
    /// to look.
    pub(in crate::service) async fn verify_gone(
        &self,
        stack: &StackIdentity,
        before: &TeardownFacts<'_>,
        timing: &SweepTiming,
        command: &str,
    ) -> Verification {
        if self.config.accounts.is_empty() {
            return Verification::default();
        }
        let Some(access) = self.cloud_access() else {
            return self.cannot_look(command);
        };
        let cloud = &access.cloud;
        let which = DiscoveryScope::Stack(stack.name.clone());
        let at = self.now();
        let mut found = cloud.discover(&which).await;
        let mut looked = self.residue(&found, stack, command);
        for one in before.scheduled.iter().map(ResourceId::as_str) {
            looked.residue.retain(|left| left.id != one);
        }
        let known: BTreeSet<String> = looked.residue.iter().map(|one| one.id.clone()).collect();
        let kept = before
            .left
            .iter()
            .filter(|(id, _)| !known.contains(id.as_str()));
        looked
            .residue
            .extend(still_there(cloud, kept, command).await);
        for one in &mut looked.residue {
            let left = before.left.iter().find(|(id, _)| id.as_str() == one.id);
            if let Some((_, (_, judged))) = left {
                one.reason.clone_from(&judged.reason);
                one.blocked_by = judged.blocked_by.as_ref().map(ToString::to_string);
            }
        }
        self.let_settle(cloud, &found, &mut looked, before, timing)
            .await;
        found.resources.retain(|one| {
            let id = one.id.as_str();
            !before.deleted(id) || looked.residue.iter().any(|left| left.id == id)
        });
        // What is shown from now on is this. Where it can't be kept, the next sync finds the same.
        drop(self.record_scan(access, &which, at, &found).await);
        looked
    }

    /// What a look found of a stack, as residue.
    pub(super) fn residue(
        &self,
        found: &Discovery,
        stack: &StackIdentity,
        command: &str,
    ) -> Verification {
        let places: BTreeSet<_> = self.places().into_iter().collect();
        let judgement = judge_ownership(&found.resources, stack, &places);
        let left = found.resources.iter().filter_map(|one| {
            let judged = &judgement[&one.id];
            match judged.verdict {
                Ownership::Foreign => None,
                Ownership::Belongs => {
                    let reason = "it was found when it was looked whether anything is left";
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
        let not_looked = not_looked(&found.unchecked, command);
        let partly = !not_looked.is_empty();
        residue.extend(not_looked);
        Verification { residue, partly }
    }

    /// What this teardown deleted may still be described for a while: it is asked about again before it is called left.
    async fn let_settle(
        &self,
        cloud: &Arc<dyn Cloud>,
        found: &Discovery,
        looked: &mut Verification,
        before: &TeardownFacts<'_>,
        timing: &SweepTiming,
    ) {
        let until = Instant::now() + timing.settle;
        let mut polls = 0;
        loop {
            let asked: Vec<Resource> = found
                .resources
                .iter()
                .filter(|one| before.deleted(one.id.as_str()))
                .filter(|one| looked.residue.iter().any(|left| left.id == one.id.as_str()))
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
            looked
                .residue
                .retain(|left| !asked.contains(left.id.as_str()) || there(&left.id));
        }
    }

    /// Accounts are configured, and this process was given no way to ask them.
    fn cannot_look(&self, command: &str) -> Verification {
        let places = self.places().into_iter().map(|place| Residue {
            id: place.to_string(),
            region: Some(place.region),
            reason: "not_looked: this process has no way into the cloud".to_owned(),
            command: Some(command.to_owned()),
            ..Residue::default()
        });
        Verification {
            residue: places.collect(),
            partly: true,
        }
    }
}

/// Those that were left and that a look by tag does not find: only their own service knows whether they are there.
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

/// A resource that is left.
pub(super) fn residue_of(one: &Resource, judged: &OwnershipVerdict, command: &str) -> Residue {
    Residue {
        id: one.id.to_string(),
        kind: Some(one.kind.clone()),
        region: Some(one.place.region.clone()),
        reason: judged.reason.clone(),
        blocked_by: judged.blocked_by.as_ref().map(ToString::to_string),
        hourly_usd: one.hourly_usd,
        command: Some(command.to_owned()),
    }
}

/// The places and types that did not answer. Where the credentials are at fault, the place is told about once.
fn not_looked(all: &[Unchecked], command: &str) -> Vec<Residue> {
    let refused: BTreeMap<_, _> = all
        .iter()
        .filter(|one| one.credentials)
        .map(|one| (&one.place, one))
        .collect();
    let others = all.iter().filter(|one| !refused.contains_key(&one.place));
    let told = refused.values().map(|one| (one.place.to_string(), *one));
    let told = told.chain(others.map(|one| (not_looked_at(one), one)));
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

/// What could not be looked at: `account/region`, or `account/region/type`.
pub(super) fn not_looked_at(one: &Unchecked) -> String {
    match &one.kind {
        Some(kind) => format!("{}/{kind}", one.place),
        None => one.place.to_string(),
    }
}

/// The command that finishes a sweep.
pub(in crate::service) fn command(stack: &StackName, confirmed: bool) -> String {
    let name = quoted(stack);
    let confirm = if confirmed {
        format!(" --confirm {name}")
    } else {
        String::new()
    };
    format!("jiti teardown {name} --strategy sweep --yes{confirm}")
}
