//! Checks stacks that are gone again: one hour and one day later, once each, whichever reaper does
//! it.
//!
//! A finished check is recorded in the stack's history as `warned` (`look:1h`, `look:24h`), and so
//! is a check in progress (`looking`), so that several reapers check once. A find reopens the stack
//! as residue.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::verify::command;
use crate::cloud::{Discovery, DiscoveryScope};
use crate::lease::{EventKind, Lease, Phase, StoredTimestamp};
use crate::ledger::Scope;
use crate::service::teardown::residue::Residue;
use crate::service::{ServiceError, Teardowns};
use crate::sweep::StackIdentity;
use crate::values::id::StackName;
use crate::values::ttl::Span;

/// When gone stacks are checked again, the latest first: an overdue check makes the earlier ones
/// superfluous.
const CHECKS: [(&str, Span); 2] = [
    ("look:24h", Span::minutes(24 * 60)),
    ("look:1h", Span::minutes(60)),
];

/// A check in progress that has not finished after this time counts as abandoned.
const IN_PROGRESS: (&str, Span) = ("looking", Span::minutes(30));

/// Older stacks are not checked: adding an account must not trigger checks of a ledger's whole
/// past.
const MAX_AGE: Span = Span::minutes(3 * 24 * 60);

/// The result of checking gone stacks again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecheckSummary {
    /// The stacks of which nothing was found.
    pub clean: Vec<StackName>,
    /// The stacks of which something was found: they are residue now.
    pub reopened: Vec<StackName>,
    /// The stacks that could not be checked everywhere; they will be checked again.
    pub incomplete: Vec<StackName>,
}

impl Teardowns<'_> {
    /// Checks the gone stacks whose next check is due. Does nothing without accounts, or while
    /// another reaper checks.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn recheck_gone(self) -> Result<RecheckSummary, ServiceError> {
        let mut summary = RecheckSummary::default();
        let Some(access) = self
            .service
            .cloud_access()
            .filter(|_| !self.service.config.accounts.is_empty())
        else {
            return Ok(summary);
        };
        let mut claimed = Vec::new();
        for lease in self.service.ledger.leases(Scope::All).await? {
            if let Some(key) = due(&lease, self.service.now()) {
                let in_progress = warned(IN_PROGRESS.0);
                // After a lost race, the other reaper checks this stack.
                let claim = self.service.append(
                    &lease.name,
                    lease.last_seq(),
                    self.service.now(),
                    vec![in_progress],
                );
                claimed.extend(claim.await?.map(|lease| (lease, key)));
            }
        }
        let which = match claimed.as_slice() {
            [] => return Ok(summary),
            [(lease, _)] => DiscoveryScope::Stack(lease.name.clone()),
            _ => DiscoveryScope::All,
        };
        let found = access.cloud.discover(&which).await;
        for (lease, key) in claimed {
            self.record_check(&lease, key, &found, &mut summary).await?;
        }
        Ok(summary)
    }

    async fn record_check(
        self,
        lease: &Lease,
        key: &str,
        found: &Discovery,
        summary: &mut RecheckSummary,
    ) -> Result<(), ServiceError> {
        let confirms = self.may_need_confirmation(&lease.name, &lease.app).await;
        let command = command(&lease.name, confirms);
        let mut check = self.residue(found, &StackIdentity::of_lease(lease), &command);
        let places: BTreeSet<String> = self
            .service
            .cloud()
            .places()
            .iter()
            .map(ToString::to_string)
            .collect();
        // What did not answer is not a find; the next reaper asks again.
        let is_find = |id: &str| !places.iter().any(|place| id.starts_with(place.as_str()));
        check.residue.retain(|left| is_find(&left.id));
        let kinds: Vec<EventKind> = if !check.residue.is_empty() {
            summary.reopened.push(lease.name.clone());
            let left = check.residue.iter().map(Residue::to_event);
            left.chain([warned(key)]).collect()
        } else if check.incomplete {
            summary.incomplete.push(lease.name.clone());
            return Ok(());
        } else {
            summary.clean.push(lease.name.clone());
            vec![warned(key)]
        };
        // A new stack of this name may have started meanwhile, and the find may be its own.
        self.service
            .append(&lease.name, lease.last_seq(), self.service.now(), kinds)
            .await
            .map(drop)
    }
}

/// The check that is due for a gone stack.
fn due(lease: &Lease, now: Timestamp) -> Option<&'static str> {
    let gone_at = lease.phase_since;
    // The user knows that something may be left of a forgotten stack.
    if lease.forgotten {
        return None;
    }
    if lease.recorded_phase != Phase::Gone || MAX_AGE.after(gone_at) <= now {
        return None;
    }
    let recorded = |key: &str| {
        lease
            .warned
            .get(key)
            .map(|StoredTimestamp(at)| *at)
            .filter(|at| *at >= gone_at)
    };
    if recorded(IN_PROGRESS.0)
        .is_some_and(|at| IN_PROGRESS.1.after(at) > now && !has_ended(lease, at))
    {
        return None;
    }
    let (key, _) = CHECKS
        .iter()
        .find(|(_, after)| after.after(gone_at) <= now)?;
    recorded(key).is_none().then_some(*key)
}

/// Whether a check that began at this time has recorded its result.
fn has_ended(lease: &Lease, began: Timestamp) -> bool {
    CHECKS.iter().any(|(key, _)| {
        lease
            .warned
            .get(*key)
            .is_some_and(|StoredTimestamp(at)| *at >= began)
    })
}

fn warned(key: &str) -> EventKind {
    EventKind::Warned {
        warning: key.to_owned(),
    }
}
