//! Makes the plan of a sweep: what carries the tags, what of that belongs to the stack, and what
//! blocks the sweep.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::saved_plan::SweepPlan;
use super::selector::{SweepSelector, UnleasedStack, tagged};
use super::verify::{command, residue_of, unchecked_name};
use crate::cloud::{Cloud, Discovery, DiscoveryScope, Resource};
use crate::inventory::CloudClock;
use crate::lease::Lease;
use crate::policy::Protection;
use crate::service::teardown::TeardownSettings;
use crate::service::teardown::blocker::Blocker;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::plan::{
    Method, NameReservation, PlanWarning, PlannedDeletion, TeardownPlan, name_warnings,
    outliving_warnings,
};
use crate::service::teardown::prepare::{PreparedTeardown, SavedStrategy, process_secrets};
use crate::service::teardown::run_folder::RunFolder;
use crate::service::teardown::runner::Runner;
use crate::service::{ClockSkew, Teardowns};
use crate::sweep::{Ownership, StackIdentity, judge_ownership};
use crate::values::id::RunId;
use crate::values::money::HourlyRate;

impl Teardowns<'_> {
    /// Plans a sweep: scans every configured account and region for what carries the stack's tags.
    /// It writes nothing to the ledger and changes nothing. `None`: the stack is gone, and nothing
    /// of it was found.
    ///
    /// The plan includes what blocks the sweep ([`TeardownPlan::blockers`]) and what will be left
    /// ([`TeardownPlan::residue`]).
    ///
    /// # Errors
    /// [`TeardownError::NoAccounts`] without configured accounts; [`TeardownError::Several`] when
    /// the stack has no lease and several stacks have its name; an unknown stack;
    /// [`TeardownError::Running`] while another runner works on it.
    pub async fn plan_sweep(
        self,
        selector: &SweepSelector,
        settings: &TeardownSettings,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let stack = &selector.name;
        let cloud = self.required_cloud_of(selector)?;
        let lease = self.service.ledger.lease(stack).await?;
        self.verify_private(settings)?;
        if let Some(lease) = lease.as_ref().filter(|lease| lease.is_live()) {
            Runner::refuse(lease, &settings.runs, self.service.now())?;
        }
        if let Some(count) = lease.as_ref().map(|lease| lease.unknown_events)
            && count > 0
        {
            let stack = stack.clone();
            return Err(TeardownError::NotUnderstood { stack, count });
        }
        let found = cloud.discover(&DiscoveryScope::Stack(stack.clone())).await;
        let Some((identity, adopts)) = self.resolve(selector, lease.as_ref(), &found)? else {
            return Ok(None);
        };
        let places: BTreeSet<_> = self.service.cloud().places().into_iter().collect();
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
        // A stack without a live lease is listed as unleased, and the user has to type its name.
        let unleased = adopts.is_some() || was_gone;
        let policy = self.service.policy().await?;
        let protection = Protection::new(&policy);
        let wants_name = unleased || protection.covers(&identity.name, &identity.app);
        let command = command(stack, wants_name);
        let residue = staying.map(|one| residue_of(one, &judgement[&one.id], &command));
        let residue = residue.collect();
        let (hourly_usd, hourly_is_minimum) = match &lease {
            Some(lease) if lease.is_live() => (lease.meter.rate(), lease.meter.rate_is_minimum()),
            _ => (
                sum(&belonging),
                belonging.iter().any(|one| !one.unpriced.is_empty()),
            ),
        };
        let run = RunId::random();
        let folder = RunFolder::make(&settings.runs, &run)?;
        let adopts = adopts.map(|tagged| Box::new(tagged.adoption(&belonging, &policy)));
        let recovery_days = self.service.config.sweep.secret_recovery_days;
        let with_commands = belonging.iter().filter_map(|one| {
            let commands = settings.recovery_commands_of(one.id.as_str())?;
            (recovery_days > 0).then(|| (one.id.clone(), commands))
        });
        let recovery_commands = with_commands.collect();
        let sweep = SweepPlan {
            stack: identity,
            resources: found.resources.clone(),
            judgement,
            adopts,
            final_snapshot: settings.final_snapshot,
            recovery_days,
            recovery_commands,
            max_time_per_resource: settings.max_time_per_resource,
        };
        folder.write(RunFolder::PLAN, &sweep)?;
        let resources = planned_deletions(&belonging, &sweep, self.service.now());
        let names = name_warnings(&resources);
        let outliving = outliving_warnings(&resources);
        let warnings = warnings(&found).into_iter();
        let warnings = warnings.chain(names).chain(outliving).collect();
        let plan = TeardownPlan {
            name: stack.clone(),
            method: Method::Sweep {
                digest: folder.digest()?,
            },
            run,
            resources,
            residue,
            already_gone: Vec::new(),
            hourly_usd,
            hourly_is_minimum,
            protected: wants_name,
            warnings,
            blockers: self.sweep_blockers(&found, belonging.len(), settings),
        };
        Ok(Some(Self::prepared_sweep(plan, folder, settings, sweep)))
    }

    fn prepared_sweep(
        plan: TeardownPlan,
        folder: RunFolder,
        settings: &TeardownSettings,
        sweep: SweepPlan,
    ) -> PreparedTeardown {
        let (mask, strategy) = (process_secrets(settings), SavedStrategy::Sweep(sweep));
        PreparedTeardown::new(plan, folder, settings, mask, strategy)
    }

    /// Takes over the plan of a sweep that another process handed over.
    pub(in crate::service::teardown) fn take_over_sweep(
        shown: TeardownPlan,
        folder: RunFolder,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        if Some(folder.digest()?.as_str()) != shown.method.digest() {
            let stack = shown.name;
            return Err(TeardownError::NotAsShown { stack });
        }
        let sweep: SweepPlan = folder.read(RunFolder::PLAN)?;
        Ok(Self::prepared_sweep(shown, folder, settings, sweep))
    }

    /// The stack that the sweep is about, and whether it needs a lease; `None` when the stack is
    /// gone and no tag names it.
    fn resolve(
        self,
        selector: &SweepSelector,
        lease: Option<&Lease>,
        found: &Discovery,
    ) -> Result<Option<(StackIdentity, Option<UnleasedStack>)>, TeardownError> {
        let stack = selector.name.clone();
        let named = selector.app.is_some() || selector.owner.is_some();
        if let Some(lease) = lease.filter(|lease| selector.matches_lease(lease)) {
            let own = StackIdentity::of_lease(lease);
            let known = tagged(selector, &found.resources).into_iter();
            let mut others =
                known.filter(|one| one.app != own.app || !own.owners.contains(&one.owner));
            // If the lease is gone, resources with other tags belong to another stack.
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
        let mut several = tagged(selector, &found.resources);
        match several.len() {
            0 if lease.is_some() => Ok(None),
            0 => Err(TeardownError::NotFound {
                stack,
                ledger: self.service.ledger.location(),
                unchecked: found.unchecked.len(),
            }),
            1 => {
                let tagged = several.remove(0);
                Ok(Some((tagged.identity(&stack), Some(tagged))))
            }
            _ => Err(TeardownError::Several { stack, several }),
        }
    }

    fn sweep_blockers(
        self,
        found: &Discovery,
        count: usize,
        settings: &TeardownSettings,
    ) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        // Finding nothing where the credentials are invalid does not mean that the stack is gone.
        let mut refused = found.unchecked.iter().filter(|one| one.credentials);
        if let Some(one) = refused.next().filter(|_| found.resources.is_empty()) {
            let reason = one.reason.clone();
            blockers.push(Blocker::Credentials { reason });
        }
        let of_config =
            usize::try_from(self.service.config.reaper.max_resources).unwrap_or(usize::MAX);
        let max = settings.max_resources.unwrap_or(of_config);
        if count > max {
            blockers.push(Blocker::TooMany { count, max });
        }
        let here = self.service.now();
        let clock = found.clock.map(|cloud| CloudClock { cloud, here });
        if let Some(skew) = clock.and_then(ClockSkew::between) {
            blockers.push(Blocker::ClockOff {
                now: skew.here,
                cloud: skew.cloud,
            });
        }
        blockers
    }

    fn required_cloud_of(self, selector: &SweepSelector) -> Result<Arc<dyn Cloud>, TeardownError> {
        let access = self
            .service
            .cloud_access()
            .filter(|_| !self.service.config.accounts.is_empty());
        match access {
            Some(access) => Ok(Arc::clone(&access.cloud)),
            None => Err(TeardownError::NoAccounts {
                stack: selector.name.clone(),
            }),
        }
    }
}

/// What would be deleted, sorted by place, type and name.
fn planned_deletions(
    belonging: &[&Resource],
    sweep: &SweepPlan,
    now: Timestamp,
) -> Vec<PlannedDeletion> {
    let mut belonging = belonging.to_vec();
    belonging.sort_by(|a, b| (&a.place, &a.kind, &a.id).cmp(&(&b.place, &b.kind, &b.id)));
    let planned = belonging.into_iter().map(|one| PlannedDeletion {
        id: one.id.to_string(),
        kind: one.kind.clone(),
        region: Some(one.place.region.clone()),
        objects: 1,
        account: Some(one.place.account.clone()),
        reason: Some(sweep.judgement[&one.id].reason.clone()),
        hourly_usd: one.hourly_usd,
        name_reservation: sweep.recovery_commands.get(&one.id).map(|commands| {
            NameReservation::for_days(sweep.recovery_days, now, Some(commands.clone()))
        }),
        outlives: one.outlives.clone(),
        ..PlannedDeletion::default()
    });
    planned.collect()
}

/// The sum of the rates; unknown as soon as the rate of one resource with a price is unknown.
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
        id: unchecked_name(one),
        found: format!(
            "it could not be checked, so what is there will stay: {}",
            one.reason
        ),
    });
    warnings.collect()
}
