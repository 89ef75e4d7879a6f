//! Registering a stack: a new lease, or one that takes over where an apply was killed.

use jiff::Timestamp;

use crate::lease::{EventKind, Lease, Phase, ProcessId, Registration};
use crate::process::Liveness;
use crate::service::{Leases, NameHolder, NameTaken, ServiceError};
use crate::values::id::{Seq, StackName};
use crate::values::ttl::Elapsed;

/// Checks whether a process is alive; the service itself looks at no process.
pub type LivenessCheck<'a> = dyn Fn(&ProcessId) -> Liveness + Send + Sync + 'a;

/// A stack that was registered.
#[derive(Clone, Debug)]
pub struct RegisteredStack {
    /// Its lease.
    pub lease: Lease,
    /// Whether it continues a registration whose apply was killed before its state was written.
    pub taken_over: bool,
}

impl Leases<'_> {
    /// Registers a stack under the policy in force, which is recorded with it. Waits for a place
    /// where inits are limited. If it fails or is dropped, nothing is registered, and places that
    /// were taken are released, or expire within a minute.
    ///
    /// # Errors
    /// [`ServiceError::Refused`], [`ServiceError::Taken`], [`ServiceError::OwnerFull`], or a ledger
    /// error.
    pub async fn open(
        self,
        stack: &StackName,
        registration: Registration,
        processes: &LivenessCheck<'_>,
    ) -> Result<RegisteredStack, ServiceError> {
        // A registration that will be refused is refused before it waits.
        self.plan_open(stack, &registration, processes).await?;
        let inits = registration.terms.ready_timeout.is_some();
        if inits {
            self.enter_inits(stack, &registration.origin.process)
                .await?;
        }
        let opened = self.register(stack, registration, processes).await;
        // If another apply took the name meanwhile, the place belongs to that one.
        let taken = matches!(opened, Err(ServiceError::Taken(_)));
        if opened.is_err() && inits && !taken {
            self.leave_inits(stack).await;
        }
        opened
    }

    /// The checks of [`Leases::open`], without writing anything: what a plan can report.
    ///
    /// # Errors
    /// As [`Leases::open`], except for races that only writing can lose.
    pub async fn plan_open(
        self,
        stack: &StackName,
        registration: &Registration,
        processes: &LivenessCheck<'_>,
    ) -> Result<(), ServiceError> {
        let policy = self.service.policy().await?;
        policy
            .check_registration(registration)
            .map_err(|refusals| ServiceError::refused(stack, refusals))?;
        let lease = self.service.ledger.lease(stack).await?;
        check_free(lease.as_ref(), registration, processes, self.service.now())?;
        self.check_live(&registration.owner, stack).await
    }

    async fn register(
        self,
        stack: &StackName,
        mut registration: Registration,
        processes: &LivenessCheck<'_>,
    ) -> Result<RegisteredStack, ServiceError> {
        registration.policy = (*self.service.policy().await?).clone();
        let owner = registration.owner.clone();
        self.enter_live(&owner, stack).await?;
        let opened = self.begin(stack, registration, processes).await;
        match &opened {
            Ok((_, Some(former))) if former.owner != owner => {
                self.leave_live(&former.owner, stack).await;
            }
            Ok(_) => {}
            // The place belongs to the name's holder if the owner is the same.
            Err(ServiceError::Taken(taken)) if taken.owner == owner => {}
            Err(_) => self.leave_live(&owner, stack).await,
        }
        opened.map(|(lease, former)| RegisteredStack {
            lease,
            taken_over: former.is_some(),
        })
    }

    /// Writes the registration; returns the lease, and the one that it takes over.
    async fn begin(
        self,
        stack: &StackName,
        registration: Registration,
        processes: &LivenessCheck<'_>,
    ) -> Result<(Lease, Option<Lease>), ServiceError> {
        let requested = EventKind::Requested {
            registration: Box::new(registration.clone()),
        };
        self.service
            .retry_on_conflict(stack, || async {
                let found = self.service.ledger.lease(stack).await?;
                let now = self.service.now();
                check_free(found.as_ref(), &registration, processes, now)?;
                let after = found.as_ref().map_or(Seq::NONE, Lease::last_seq);
                let kinds = vec![requested.clone()];
                let begun = self.service.append(stack, after, now, kinds).await?;
                Ok(begun.map(|lease| (lease, found.filter(Lease::is_live))))
            })
            .await
    }
}

/// Whether a name is free for this registration: unused, or used only by a killed apply of the same
/// place.
fn check_free(
    lease: Option<&Lease>,
    registration: &Registration,
    processes: &LivenessCheck<'_>,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let Some(lease) = lease.filter(|lease| lease.is_live()) else {
        return Ok(());
    };
    let phase = lease.phase_at(now);
    let is_same_root = lease.origin.is_same_place(&registration.origin);
    let by = if matches!(phase, Phase::TearingDown | Phase::Residue) {
        NameHolder::Ending
    } else if !lease.is_unfinished() && is_same_root {
        NameHolder::SameRoot {
            other_app: lease.app != registration.app,
        }
    } else if !lease.is_unfinished() {
        NameHolder::Finished
    } else if !is_same_root {
        NameHolder::Unfinished
    } else if processes(&lease.origin.process) == Liveness::Dead {
        return Ok(());
    } else {
        NameHolder::Running(lease.origin.process.clone())
    };
    Err(taken(lease, by, now))
}

pub(super) fn taken(lease: &Lease, by: NameHolder, now: Timestamp) -> ServiceError {
    ServiceError::Taken(Box::new(NameTaken {
        stack: lease.name.clone(),
        owner: lease.owner.clone(),
        phase: lease.phase_at(now),
        created_at: lease.created_at,
        age: Elapsed::between(lease.created_at, now),
        origin: lease.origin.clone(),
        by,
    }))
}
