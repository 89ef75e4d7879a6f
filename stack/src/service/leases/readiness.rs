//! Readiness: provisioned, init phases, checks, ready, and timed out.

use crate::init::{
    FailedCheck, Init, NotReadyCause, PhaseBoundary, ReportedPhase, check_name, reporter,
};
use crate::lease::{EventKind, Lease, Phase};
use crate::service::{Leases, ServiceError};
use crate::values::id::StackName;

impl Leases<'_> {
    /// Everything is created; checks begin.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn provisioned(self, stack: &StackName) -> Result<Lease, ServiceError> {
        self.note(stack, EventKind::Provisioned).await
    }

    /// One readiness check has passed.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn check_passed(
        self,
        stack: &StackName,
        check: impl Into<String>,
    ) -> Result<Lease, ServiceError> {
        let check = check_name::without_secrets(&check.into());
        self.note(stack, EventKind::CheckPassed { check }).await
    }

    /// Every readiness check has passed. A stack that is ready already stays as it is.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn ready(self, stack: &StackName) -> Result<Lease, ServiceError> {
        let decide = |lease: &Lease, _| {
            Ok(match lease.recorded_phase {
                Phase::Ready => Vec::new(),
                _ => vec![EventKind::Ready],
            })
        };
        let lease = self.service.change(stack, decide).await?;
        self.leave_inits(stack).await;
        Ok(lease)
    }

    /// Readiness was waited for and did not come: the stack is in purgatory, unless it became ready
    /// meanwhile. `failed` has the checks that had not passed, with their last answers.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn ready_timed_out(
        self,
        stack: &StackName,
        failed: Vec<FailedCheck>,
    ) -> Result<Lease, ServiceError> {
        let checks = FailedCheck::limited(failed);
        let decide = |lease: &Lease, _| {
            let known = lease.init.as_ref().map(Init::failed_checks);
            Ok(match lease.recorded_phase {
                Phase::Ready => Vec::new(),
                Phase::Purgatory if checks.is_empty() || known == Some(&*checks) => Vec::new(),
                _ => vec![EventKind::ReadyTimedOut {
                    checks: checks.clone(),
                }],
            })
        };
        let lease = self.service.change(stack, decide).await?;
        self.leave_inits(stack).await;
        Ok(lease)
    }

    /// Records why the stack is not ready yet, as the check or the resource `found_by` shows it;
    /// `None` means that it shows no cause any more. What the ledger says already, and the cause of
    /// a stack that is ready, is not recorded.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn not_ready(
        self,
        stack: &StackName,
        found_by: &str,
        cause: Option<NotReadyCause>,
    ) -> Result<Lease, ServiceError> {
        let found_by = reporter(found_by);
        let decide = |lease: &Lease, _| {
            let event = not_ready_event(lease, &found_by, cause.as_ref());
            Ok(event.into_iter().collect())
        };
        self.service.change(stack, decide).await
    }

    /// Records that a phase of the init begins or ends. `told` has its start and length if the
    /// stack reports them.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn mark_phase(
        self,
        stack: &StackName,
        phase: impl Into<String>,
        class: Option<String>,
        state: PhaseBoundary,
        told: Option<ReportedPhase>,
    ) -> Result<Lease, ServiceError> {
        let marked = EventKind::PhaseMarked {
            phase: phase.into(),
            class,
            state,
            reported: told,
        };
        self.note(stack, marked).await
    }

    /// Appends a fact, whatever the stack has become meanwhile.
    pub(in crate::service) async fn note(
        self,
        stack: &StackName,
        kind: EventKind,
    ) -> Result<Lease, ServiceError> {
        self.service
            .change(stack, |_, _| Ok(vec![kind.clone()]))
            .await
    }
}

/// The event that records a cause; `None` if it adds nothing to the lease.
pub(in crate::service) fn not_ready_event(
    lease: &Lease,
    found_by: &str,
    cause: Option<&NotReadyCause>,
) -> Option<EventKind> {
    let waits = matches!(lease.recorded_phase, Phase::Provisioning | Phase::Purgatory);
    let init = lease.init.as_ref().filter(|_| waits)?;
    (!init.knows(found_by, cause)).then(|| EventKind::NotReady {
        found_by: found_by.to_owned(),
        cause: cause.cloned(),
    })
}
