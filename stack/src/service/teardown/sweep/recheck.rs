//! Looks again at stacks that are gone: one hour and one day later, once each, whoever's reaper it is.
//!
//! What was looked for is remembered as a `warned` in the stack's history (`look:1h`, `look:24h`), and so is who is at it
//! (`looking`), so that several reapers look once. A find reopens the stack as residue.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::verify::command;
use crate::cloud::{Discovery, DiscoveryScope};
use crate::lease::{EventKind, Lease, Phase, StoredTimestamp};
use crate::ledger::Scope;
use crate::service::teardown::as_event;
use crate::service::{Service, ServiceError};
use crate::sweep::StackIdentity;
use crate::values::id::StackName;
use crate::values::ttl::Span;

/// When it is looked again, the latest first: one that is overdue makes those before it superfluous.
const LOOKS: [(&str, Span); 2] = [
    ("look:24h", Span::minutes(24 * 60)),
    ("look:1h", Span::minutes(60)),
];

/// Who has said that it looks and has not said what it saw for so long looks no more.
const LOOKING: (&str, Span) = ("looking", Span::minutes(30));

/// After this nobody looks any more: a ledger is not asked about its whole past by whoever adds an account.
const PAST: Span = Span::minutes(3 * 24 * 60);

/// What came of looks again at stacks that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecheckSummary {
    /// Those of which nothing was found.
    pub clean: Vec<StackName>,
    /// Those of which something was found: they are residue now.
    pub reopened: Vec<StackName>,
    /// Those that could not be looked for everywhere, and will be again.
    pub partly: Vec<StackName>,
}

impl Service {
    /// Looks again for the stacks that are gone and whose next look is due. Nothing happens without accounts, or when
    /// another reaper is at it.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn recheck_gone(&self) -> Result<RecheckSummary, ServiceError> {
        let mut summary = RecheckSummary::default();
        let Some(access) = self
            .cloud_access()
            .filter(|_| !self.config.accounts.is_empty())
        else {
            return Ok(summary);
        };
        let mut claimed = Vec::new();
        for lease in self.ledger.leases(Scope::All).await? {
            if let Some(key) = due(&lease, self.now()) {
                let looking = told(LOOKING.0);
                // Who lost the race leaves it to the other.
                let claim = self.append(&lease.name, lease.last_seq(), self.now(), vec![looking]);
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
            self.looked(&lease, key, &found, &mut summary).await?;
        }
        Ok(summary)
    }

    async fn looked(
        &self,
        lease: &Lease,
        key: &str,
        found: &Discovery,
        summary: &mut RecheckSummary,
    ) -> Result<(), ServiceError> {
        let protected = self.protects_name(&lease.name, &lease.app);
        let command = command(&lease.name, protected);
        let mut looked = self.residue(found, &StackIdentity::of_lease(lease), &command);
        let places: BTreeSet<String> = self.places().iter().map(ToString::to_string).collect();
        // What did not answer is asked again by the next reaper; it is no find.
        let seen = |id: &str| !places.iter().any(|place| id.starts_with(place.as_str()));
        looked.residue.retain(|one| seen(&one.id));
        let kinds: Vec<EventKind> = if !looked.residue.is_empty() {
            summary.reopened.push(lease.name.clone());
            let left = looked.residue.iter().map(as_event);
            left.chain([told(key)]).collect()
        } else if looked.partly {
            summary.partly.push(lease.name.clone());
            return Ok(());
        } else {
            summary.clean.push(lease.name.clone());
            vec![told(key)]
        };
        // Another stack of this name may have begun meanwhile: what was found may be its.
        self.append(&lease.name, lease.last_seq(), self.now(), kinds)
            .await
            .map(drop)
    }
}

/// The look that is due at a stack that is gone.
fn due(lease: &Lease, now: Timestamp) -> Option<&'static str> {
    let gone_at = lease.phase_since;
    if lease.recorded_phase != Phase::Gone || PAST.after(gone_at) <= now {
        return None;
    }
    let given = |key: &str| {
        lease
            .warned
            .get(key)
            .map(|StoredTimestamp(at)| *at)
            .filter(|at| *at >= gone_at)
    };
    if given(LOOKING.0).is_some_and(|at| LOOKING.1.after(at) > now && !has_ended(lease, at)) {
        return None;
    }
    let (key, _) = LOOKS
        .iter()
        .find(|(_, after)| after.after(gone_at) <= now)?;
    given(key).is_none().then_some(*key)
}

/// Whether a look that began at a moment has said what it saw.
fn has_ended(lease: &Lease, began: Timestamp) -> bool {
    LOOKS.iter().any(|(key, _)| {
        lease
            .warned
            .get(*key)
            .is_some_and(|StoredTimestamp(at)| *at >= began)
    })
}

fn told(key: &str) -> EventKind {
    EventKind::Warned {
        warning: key.to_owned(),
    }
}
