//! Reading: one lease, the list, and everything about one stack.

use super::{Service, ServiceError};
use crate::id::{Seq, StackName};
use crate::lease::{Event, Lease};
use crate::ledger::Scope;
use crate::listing::Listing;
use crate::reaper::ReaperStatus;
use crate::view::View;

/// A stack with its history.
#[derive(Clone, Debug)]
pub struct Shown {
    /// As it is listed.
    pub listing: Listing,
    /// The lease itself.
    pub lease: Lease,
    /// Everything that happened, in order, earlier leases of the name included.
    pub events: Vec<Event>,
}

impl Service {
    /// The lease of a stack, also when it is gone; `None` when the name never had one.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, ServiceError> {
        Ok(self.ledger.lease(stack).await?)
    }

    /// All stacks in a scope, by name, as they are now.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn listing(&self, scope: Scope) -> Result<Vec<Listing>, ServiceError> {
        let leases = self.ledger.leases(scope).await?;
        let view = self.view().await?;
        Ok(leases
            .iter()
            .map(|lease| Listing::new(lease, &view))
            .collect())
    }

    /// Everything that the ledger knows about one stack, also when it is gone.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`] when the name never had a lease; else what the ledger says.
    pub async fn show(&self, stack: &StackName) -> Result<Shown, ServiceError> {
        let lease = self.ledger.lease(stack).await?;
        let lease = lease.ok_or_else(|| self.unknown(stack))?;
        let events = self.ledger.events(stack, Seq::NONE).await?;
        let listing = Listing::new(&lease, &self.view().await?);
        Ok(Shown {
            listing,
            lease,
            events,
        })
    }

    /// How the reaper is.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn reaper(&self) -> Result<ReaperStatus, ServiceError> {
        Ok(self.ledger.reaper().await?)
    }

    /// What leases are read against at this moment.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn view(&self) -> Result<View, ServiceError> {
        let reaper = self.ledger.reaper().await?;
        Ok(View::new(self.now(), self.policy().clone(), reaper))
    }
}
