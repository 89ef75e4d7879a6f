//! Making the plan of a sweep: what carries the tags, what of that belongs, and what keeps it from going.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::saved_plan::SweepPlan;
use super::selector::{SweepSelector, TaggedStack, tagged};
use super::verify::{command, not_looked_at, residue_of};
use crate::cloud::{Cloud, Discovery, DiscoveryScope, Resource};
use crate::inventory::CloudClock;
use crate::lease::{Lease, Strategy};
use crate::service::teardown::{
    Blocker, Folder, PlanWarning, PlannedDeletion, PreparedTeardown, Runner, TeardownError,
    TeardownPlan, TeardownSettings,
};
use crate::service::{ClockSkew, Service};
use crate::sweep::{Ownership, StackIdentity, judge_ownership};
use crate::values::id::RunId;
use crate::values::money::HourlyRate;

impl Service {
    /// Plans a sweep: looks in every account and region of the configuration for what carries the stack's tags. Writes
    /// nothing into the ledger and changes nothing. `None`: the stack is gone, and nothing of it was found.
    ///
    /// What is in the way is part of the plan ([`TeardownPlan::blockers`]), and so is what will be left ([`TeardownPlan::residue`]).
    ///
    /// # Errors
    /// [`TeardownError::NoAccounts`] without a cloud to look into; [`TeardownError::Several`] when only tags tell of it
    /// and they tell of several; an unknown stack; [`TeardownError::Running`] while another runner is at it.
    pub async fn plan_sweep(
        &self,
        wish: &SweepSelector,
        settings: &TeardownSettings,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let stack = &wish.name;
        let cloud = self.cloud_of(wish)?;
        let lease = self.ledger.lease(stack).await?;
        if let Some(lease) = lease.as_ref().filter(|lease| lease.is_live()) {
            Runner::refuse(lease, &settings.runs, self.now())?;
        }
        if let Some(count) = lease.as_ref().map(|lease| lease.unknown_events)
            && count > 0
        {
            let stack = stack.clone();
            return Err(TeardownError::NotUnderstood { stack, count });
        }
        let found = cloud.discover(&DiscoveryScope::Stack(stack.clone())).await;
        let Some((identity, adopts)) = self.meant(wish, lease.as_ref(), &found)? else {
            return Ok(None);
        };
        let places: BTreeSet<_> = self.places().into_iter().collect();
        let judgement = judge_ownership(&found.resources, &identity, &places);
        let belonging: Vec<&Resource> = found
            .resources
            .iter()
            .filter(|one| judgement[&one.id].belongs())
            .collect();
        let staying = found
            .resources
            .iter()
            .filter(|one| judgement[&one.id].verdict == Ownership::Stays);
        let was_gone = lease.as_ref().is_some_and(|lease| !lease.is_live());
        if was_gone && adopts.is_none() && belonging.is_empty() && staying.clone().count() == 0 {
            return Ok(None);
        }
        // What has no lease that lives is listed as unleased, and wants its name typed.
        let unleased = adopts.is_some() || was_gone;
        let wants_name = unleased || self.protects_name(&identity.name, &identity.app);
        let command = command(stack, wants_name);
        let residue = staying.map(|one| residue_of(one, &judgement[&one.id], &command));
        let hourly_usd = match &lease {
            Some(lease) if lease.is_live() => lease.meter.rate(),
            _ => sum(&belonging),
        };
        let run = RunId::random();
        let folder = Folder::make(&settings.runs, &run)?;
        let mut plan = TeardownPlan {
            name: stack.clone(),
            strategy: Strategy::Sweep,
            run,
            directory: String::new(),
            workspace: String::new(),
            resources: doomed(&belonging, |one| judgement[&one.id].reason.clone()),
            residue: residue.collect(),
            already_gone: Vec::new(),
            hourly_usd,
            protected: wants_name,
            warnings: warnings(&found),
            blockers: self.in_the_way(&found, belonging.len(), settings),
            digest: String::new(),
        };
        let adopts = adopts.map(|tagged| Box::new(tagged.adoption(&belonging, &self.config)));
        let kept = SweepPlan {
            stack: identity,
            resources: found.resources.clone(),
            judgement,
            adopts,
            final_snapshot: settings.final_snapshot,
            longest: settings.longest,
        };
        folder.write(Folder::PLAN, &kept)?;
        plan.digest = folder.digest()?;
        Ok(Some(PreparedTeardown::of_sweep(
            plan, folder, settings, kept,
        )))
    }

    /// Takes over a sweep that another process has handed over. It is that one and no other.
    pub(in crate::service) fn take_over_sweep(
        shown: TeardownPlan,
        folder: Folder,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        if folder.digest()? != shown.digest {
            let stack = shown.name;
            return Err(TeardownError::NotAsShown { stack });
        }
        let kept: SweepPlan = folder.read(Folder::PLAN)?;
        Ok(PreparedTeardown::of_sweep(shown, folder, settings, kept))
    }

    /// Whom the sweep is about, and how it is known; `None` when it is gone and no tag tells of it.
    fn meant(
        &self,
        wish: &SweepSelector,
        lease: Option<&Lease>,
        found: &Discovery,
    ) -> Result<Option<(StackIdentity, Option<TaggedStack>)>, TeardownError> {
        let stack = wish.name.clone();
        let named = wish.app.is_some() || wish.owner.is_some();
        if let Some(lease) = lease.filter(|lease| wish.means(lease)) {
            let own = StackIdentity::of_lease(lease);
            let known = tagged(wish, &found.resources).into_iter();
            let mut others =
                known.filter(|one| one.app != own.app || !own.owners.contains(&one.owner));
            // Of a name that is gone here, what is tagged otherwise is another stack.
            if lease.is_live() || named || others.next().is_none() {
                return Ok(Some((own, None)));
            }
        } else if let Some(lease) = lease.filter(|lease| lease.is_live()) {
            return Err(TeardownError::AnotherHere {
                stack,
                app: lease.app.clone(),
                owner: lease.owner.clone(),
            });
        }
        let mut several = tagged(wish, &found.resources);
        match several.len() {
            0 if lease.is_some() => Ok(None),
            0 => Err(TeardownError::NotFound {
                stack,
                ledger: self.ledger.location(),
                not_looked: found.unchecked.len(),
            }),
            1 => {
                let tagged = several.remove(0);
                Ok(Some((tagged.identity(&stack), Some(tagged))))
            }
            _ => Err(TeardownError::Several { stack, several }),
        }
    }

    fn in_the_way(
        &self,
        found: &Discovery,
        count: usize,
        settings: &TeardownSettings,
    ) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        // Who sees nothing, and knows that it could not look, would take a stack for gone that stands.
        let mut refused = found.unchecked.iter().filter(|one| one.credentials);
        if let Some(one) = refused.next().filter(|_| found.resources.is_empty()) {
            let reason = one.reason.clone();
            blockers.push(Blocker::Credentials { reason });
        }
        let of_config = usize::try_from(self.config.reaper.max_resources).unwrap_or(usize::MAX);
        let max = settings.max_resources.unwrap_or(of_config);
        if count > max {
            blockers.push(Blocker::TooMany { count, max });
        }
        let here = self.now();
        let clock = found.clock.map(|cloud| CloudClock { cloud, here });
        if let Some(skew) = clock.and_then(ClockSkew::between) {
            blockers.push(Blocker::ClockOff {
                now: skew.here,
                cloud: skew.cloud,
            });
        }
        blockers
    }

    fn cloud_of(&self, wish: &SweepSelector) -> Result<Arc<dyn Cloud>, TeardownError> {
        let access = self
            .cloud_access()
            .filter(|_| !self.config.accounts.is_empty());
        match access {
            Some(access) => Ok(Arc::clone(&access.cloud)),
            None => Err(TeardownError::NoAccounts {
                stack: wish.name.clone(),
            }),
        }
    }
}

/// What goes, by place, type and name.
fn doomed(belonging: &[&Resource], reason: impl Fn(&Resource) -> String) -> Vec<PlannedDeletion> {
    let mut belonging = belonging.to_vec();
    belonging.sort_by(|a, b| (&a.place, &a.kind, &a.id).cmp(&(&b.place, &b.kind, &b.id)));
    let doomed = belonging.into_iter().map(|one| PlannedDeletion {
        id: one.id.to_string(),
        kind: one.kind.clone(),
        region: Some(one.place.region.clone()),
        objects: 1,
        account: Some(one.place.account.clone()),
        reason: Some(reason(one)),
        hourly_usd: one.hourly_usd,
        ..PlannedDeletion::default()
    });
    doomed.collect()
}

/// What all of them cost together; unknown as soon as it is of one that has a price.
fn sum(belonging: &[&Resource]) -> Option<HourlyRate> {
    let priced = belonging.iter().filter(|one| !one.usage.is_empty());
    let mut rates = priced.map(|one| one.hourly_usd);
    let first = rates.next()??;
    rates.try_fold(first, |sum, rate| {
        HourlyRate::new(sum.amount() + rate?.amount()).ok()
    })
}

fn warnings(found: &Discovery) -> Vec<PlanWarning> {
    let warnings = found.unchecked.iter().map(|one| PlanWarning {
        id: not_looked_at(one),
        found: format!(
            "it could not be looked at, and what is there will be left: {}",
            one.reason
        ),
    });
    warnings.collect()
}
