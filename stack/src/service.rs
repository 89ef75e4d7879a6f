//! The use cases, alike for the Terraform provider, the command line and the dashboard.
//!
//! Each reads, decides, and appends; after a lost race it reads and decides again, because the
//! decision, not the append, was made on old facts.

pub mod billing;
mod error;
mod leases;
mod liveness;
pub mod notify;
mod policy;
pub mod power;
mod preflights;
pub mod reap;
mod report;
mod retry_on_conflict;
mod sync;
pub mod teardown;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use billing::{BillMode, BillUpdate, StackCost};
pub use error::{NameHolder, NameTaken, NoTurn, ServiceError};
pub use leases::Leases;
pub use leases::read::{StackDetails, StackListing, StackSelector};
pub use leases::register::{LivenessCheck, RegisteredStack};
pub use leases::update::DesiredLease;
pub use notify::Notifications;
pub use policy::{InvalidPolicy, PushedPolicy, ledger_policy};
pub use power::Power;
pub use preflights::{PreflightAdmission, PreflightDependency, PreflightRun, Preflights};
pub use reap::Reaper;
pub use report::Reports;
pub use sync::CloudData;
pub use sync::{
    ClockSkew, CloudAccess, LiveCheck, LiveStack, LiveVerdict, SyncMode, SyncReport, SyncedStack,
};
pub use teardown::Teardowns;

use crate::clock::Clock;
use crate::config::Config;
use crate::init_queue::TurnWait;
use crate::inventory::Inventory;
use crate::lease::{EventKind, Lease, NewEvent, Source};
use crate::ledger::Ledger;
use crate::policy::Policy;
use crate::values::id::{Actor, Seq, StackName};

/// The use cases: they need the ledger, the time, the policy, and the actor in whose name they
/// write.
#[derive(Clone)]
pub struct Service {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    config: Arc<Config>,
    actor: Actor,
    source: Source,
    cloud_access: Option<CloudAccess>,
    inventory: Option<Arc<dyn Inventory>>,
    /// The rules of governance.
    live_check: Option<Arc<dyn LiveCheck>>,
    /// The policy in force, if the caller has read it.
    fixed_policy: Option<Arc<Policy>>,
    /// The wait of this service for a turn, while it waits. Clones share it.
    turn_wait: Arc<Mutex<Option<TurnWait>>>,
}

impl Service {
    /// A service that writes in the name of `actor`. Nothing is opened or read yet.
    #[must_use]
    pub fn new(
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        config: Arc<Config>,
        actor: Actor,
        source: Source,
    ) -> Self {
        Self {
            ledger,
            clock,
            config,
            actor,
            source,
            cloud_access: None,
            inventory: None,
            live_check: None,
            fixed_policy: None,
            turn_wait: Arc::default(),
        }
    }

    /// Adds an inventory to a service without a cloud, which needs one only to store histories.
    #[must_use]
    pub fn with_inventory(self, inventory: Arc<dyn Inventory>) -> Self {
        Self {
            inventory: Some(inventory),
            ..self
        }
    }

    /// The inventory: its own, or else that of its cloud.
    fn inventory(&self) -> Option<&Arc<dyn Inventory>> {
        let of_cloud = self.cloud_access.as_ref().map(|access| &access.inventory);
        self.inventory.as_ref().or(of_cloud)
    }

    /// The ledger behind it.
    #[must_use]
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// The configuration of this machine. Its policy counts only where the ledger holds none: see
    /// [`Service::policy`].
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Registers, reads, changes and releases leases.
    #[must_use]
    pub fn leases(&self) -> Leases<'_> {
        Leases { service: self }
    }

    /// Asks and tells the circuit breakers of preflights.
    #[must_use]
    pub fn preflights(&self) -> Preflights<'_> {
        Preflights { service: self }
    }

    /// Plans, runs and checks teardowns.
    #[must_use]
    pub fn teardowns(&self) -> Teardowns<'_> {
        Teardowns { service: self }
    }

    /// Puts stacks to sleep and wakes them.
    #[must_use]
    pub fn power(&self) -> Power<'_> {
        Power { service: self }
    }

    /// Reads the stored cloud data, and queries the cloud again.
    #[must_use]
    pub fn cloud(&self) -> CloudData<'_> {
        CloudData { service: self }
    }

    /// Plans and runs the reaper, and reads, pauses and resumes it.
    #[must_use]
    pub fn reaper(&self) -> Reaper<'_> {
        Reaper { service: self }
    }

    /// Delivers warnings and alarms.
    #[must_use]
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications { service: self }
    }

    /// Computes what stacks cost, over a time or one by one, and requests the bill.
    #[must_use]
    pub fn reports(&self) -> Reports<'_> {
        Reports { service: self }
    }

    /// The wait for a turn of `max_concurrent_inits`, as last seen; `None` if this service and its
    /// clones do not wait.
    #[must_use]
    pub fn turn_wait(&self) -> Option<TurnWait> {
        let wait = self.turn_wait.lock();
        wait.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_turn_wait(&self, wait: Option<TurnWait>) {
        let current = self.turn_wait.lock();
        *current.unwrap_or_else(PoisonError::into_inner) = wait;
    }

    fn event(&self, at: Timestamp, kind: EventKind) -> NewEvent {
        NewEvent {
            at,
            actor: self.actor.clone(),
            source: self.source,
            kind,
        }
    }

    /// Appends what `decide` makes of the stack as it is; decides again after each lost race.
    /// Nothing to append is an answer as well.
    async fn change(
        &self,
        stack: &StackName,
        decide: impl Fn(&Lease, Timestamp) -> Result<Vec<EventKind>, ServiceError> + Send + Sync,
    ) -> Result<Lease, ServiceError> {
        self.retry_on_conflict(stack, || async {
            let lease = self.live(stack).await?;
            let now = self.now();
            let kinds = decide(&lease, now)?;
            if kinds.is_empty() {
                return Ok(Some(lease));
            }
            self.append(stack, lease.last_seq(), now, kinds).await
        })
        .await
    }

    /// The lease after the events; `None` after a lost race.
    async fn append(
        &self,
        stack: &StackName,
        after: Seq,
        at: Timestamp,
        kinds: Vec<EventKind>,
    ) -> Result<Option<Lease>, ServiceError> {
        let events = kinds.into_iter().map(|kind| self.event(at, kind)).collect();
        match self.ledger.append(stack, after, events).await {
            Ok(lease) => Ok(Some(lease)),
            Err(error) if error.is_raced() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The lease of a stack that is not gone.
    async fn live(&self, stack: &StackName) -> Result<Lease, ServiceError> {
        let lease = self.ledger.lease(stack).await?;
        lease
            .filter(Lease::is_live)
            .ok_or_else(|| self.unknown(stack))
    }

    fn unknown(&self, stack: &StackName) -> ServiceError {
        ServiceError::Unknown {
            stack: stack.clone(),
            ledger: self.ledger.location(),
        }
    }
}

#[cfg(test)]
mod tests;
