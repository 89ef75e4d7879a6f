//! Changing a stack in place: a new version renews, and only what changes is checked.

use jiff::Timestamp;

use crate::lease::{EventKind, Lease, Origin, Phase, RenewOn, Terms};
use crate::ledger::LedgerError;
use crate::policy::Policy;
use crate::service::{Leases, ServiceError};
use crate::values::id::{AppVersion, Owner, StackName};

/// The desired state of a stack: everything that may change in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredLease {
    /// The version.
    pub version: AppVersion,
    /// The owner.
    pub owner: Owner,
    /// The terms.
    pub terms: Terms,
    /// Where Terraform runs. A move alone is not a difference: [`Leases::move_origin`] records it.
    pub origin: Origin,
}

impl Leases<'_> {
    /// Records that Terraform's state lists the stack: its registration is finished.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn recorded(self, stack: &StackName) -> Result<Lease, ServiceError> {
        let decide = |lease: &Lease, _| {
            Ok(match lease.recorded {
                true => Vec::new(),
                false => vec![EventKind::Recorded { origin: None }],
            })
        };
        self.service.change(stack, decide).await
    }

    /// Records that a run of Terraform in another place has the stack in its state: a later
    /// teardown runs there. Nothing is written for the same place, and while a teardown runs.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn move_origin(
        self,
        stack: &StackName,
        origin: &Origin,
    ) -> Result<Lease, ServiceError> {
        let decide = |lease: &Lease, _| {
            let stays = lease.origin.is_same_root(origin);
            if stays || lease.recorded_phase == Phase::TearingDown {
                return Ok(Vec::new());
            }
            Ok(vec![EventKind::OriginMoved {
                from: Box::new(lease.origin.clone()),
                to: Box::new(origin.clone()),
            }])
        };
        self.service.change(stack, decide).await
    }

    /// Brings a stack to the desired state. A new version renews the lease, unless `renew_on` is
    /// `never`; if the stack declares readiness, it also starts a new init and waits for a place. A
    /// renewal never shortens a lease. Without a difference, nothing is written.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for what changes, [`ServiceError::OwnerFull`] for a new owner,
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn update(
        self,
        stack: &StackName,
        wanted: &DesiredLease,
    ) -> Result<Lease, ServiceError> {
        let planned = self.plan_update(stack, wanted).await?;
        let lease = self.service.live(stack).await?;
        let inits = lease.version != wanted.version && planned.terms.ready_timeout.is_some();
        if inits {
            self.enter_inits(stack, &wanted.origin.process).await?;
        }
        let moves = lease.owner != wanted.owner;
        let entered = match moves {
            true => self.enter_live(&wanted.owner, stack).await,
            false => Ok(()),
        };
        let updated = match entered {
            Ok(()) => self.bring(stack, wanted).await,
            Err(full) => Err(full),
        };
        if moves {
            let left = match &updated {
                Ok(_) => &lease.owner,
                Err(_) => &wanted.owner,
            };
            self.leave_live(left, stack).await;
        }
        if updated.is_err() && inits {
            self.leave_inits(stack).await;
        }
        updated
    }

    /// The lease as [`Leases::update`] would leave it now; nothing is written.
    ///
    /// # Errors
    /// As [`Leases::update`].
    pub async fn plan_update(
        self,
        stack: &StackName,
        wanted: &DesiredLease,
    ) -> Result<Lease, ServiceError> {
        let lease = self.service.live(stack).await?;
        let now = self.service.now();
        let policy = self.service.policy().await?;
        let kinds = differences(&lease, wanted, &policy, now)?;
        if lease.owner != wanted.owner {
            self.check_live(&wanted.owner, stack).await?;
        }
        let mut planned = lease;
        for kind in kinds {
            let seq = planned.last_seq().next();
            let event = self.service.event(now, kind).into_event(stack.clone(), seq);
            planned =
                Lease::apply(Some(planned), &event).map_err(|illegal| LedgerError::Illegal {
                    stack: stack.clone(),
                    illegal,
                })?;
        }
        Ok(planned)
    }

    async fn bring(self, stack: &StackName, wanted: &DesiredLease) -> Result<Lease, ServiceError> {
        let policy = self.service.policy().await?;
        self.service
            .change(stack, |lease, now| differences(lease, wanted, &policy, now))
            .await
    }
}

/// The events from a lease to the desired state, in order: the terms first, because a renewal uses
/// the new TTL.
fn differences(
    lease: &Lease,
    wanted: &DesiredLease,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<EventKind>, ServiceError> {
    let DesiredLease {
        version,
        owner,
        terms,
        origin,
    } = wanted;
    let mut kinds = Vec::new();
    let mut refusals = Vec::new();
    if *owner != lease.owner {
        refusals.extend(policy.check_owner(owner).err());
        kinds.push(EventKind::OwnerChanged {
            from: lease.owner.clone(),
            to: owner.clone(),
        });
    }
    if *terms != lease.terms {
        if terms.ttl != lease.terms.ttl {
            refusals.extend(policy.check_ttl(terms.ttl.span()).err());
        }
        if let Some(rate) = terms.hourly_cost
            && terms.hourly_cost != lease.terms.hourly_cost
        {
            refusals.extend(policy.check_hourly_cost(rate).err());
        }
        if terms.labels != lease.terms.labels {
            refusals.extend(policy.check_labels(&terms.labels).err());
        }
        kinds.push(EventKind::TermsChanged {
            terms: Box::new(terms.clone()),
        });
    }
    if *version != lease.version {
        kinds.push(EventKind::VersionChanged {
            from: lease.version.clone(),
            to: version.clone(),
        });
        if terms.renew_on == RenewOn::Version {
            refusals.extend(policy.renew(lease, terms.ttl.span(), now).err());
            let is_new = policy.max_ttl != lease.max_ttl;
            kinds.push(EventKind::Renewed {
                policy: is_new.then(|| Box::new(policy.clone())),
            });
        }
    }
    if !kinds.is_empty() && !origin.is_same_source(&lease.origin) {
        kinds.push(EventKind::Recorded {
            origin: Some(Box::new(origin.clone())),
        });
    }
    if refusals.is_empty() {
        Ok(kinds)
    } else {
        Err(ServiceError::refused(&lease.name, refusals))
    }
}
