//! Adopts a stack that a Terraform state lists and this ledger has no lease for.

use jiff::Timestamp;

use super::register::taken;
use crate::lease::{EventKind, Lease, Registration};
use crate::service::{Leases, NameHolder, ServiceError};
use crate::values::id::{LedgerId, Seq, StackName};

impl Leases<'_> {
    /// Registers a stack that exists already. No limit is checked, because refusing would only hide
    /// it. `created_at` comes from its state; the cap counts from there.
    ///
    /// A stack that this ledger knows as finished, from the same place, is answered as it is.
    ///
    /// # Errors
    /// [`ServiceError::Taken`] when the name belongs to a stack of another place, or to one being
    /// torn down; else a ledger error.
    pub async fn adopt(
        self,
        stack: &StackName,
        mut registration: Registration,
        from_ledger: Option<LedgerId>,
        created_at: Option<Timestamp>,
    ) -> Result<Lease, ServiceError> {
        registration.policy = (*self.service.policy().await?).clone();
        let origin = registration.origin.clone();
        let kinds = vec![
            EventKind::Requested {
                registration: Box::new(registration),
            },
            EventKind::Adopted {
                from_ledger,
                created_at,
            },
            // It comes out of a state: the registration is finished as it begins.
            EventKind::Recorded { origin: None },
        ];
        self.service
            .retry_on_conflict(stack, || async {
                let found = self.service.ledger.lease(stack).await?;
                let now = self.service.now();
                if let Some(lease) = found.as_ref().filter(|lease| lease.is_live()) {
                    let phase = lease.phase_at(now);
                    let ending = matches!(phase, crate::Phase::TearingDown | crate::Phase::Residue);
                    match (lease.origin.is_same_place(&origin), lease.recorded) {
                        _ if ending => return Err(taken(lease, NameHolder::Ending, now)),
                        (false, true) => return Err(taken(lease, NameHolder::Finished, now)),
                        (false, false) => return Err(taken(lease, NameHolder::Unfinished, now)),
                        (true, true) => return Ok(Some(lease.clone())),
                        (true, false) => {}
                    }
                }
                let after = found.as_ref().map_or(Seq::NONE, Lease::last_seq);
                self.service.append(stack, after, now, kinds.clone()).await
            })
            .await
    }
}
