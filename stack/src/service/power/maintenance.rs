//! The reaper's maintenance of sleeping stacks: it wakes those whose sleep is over, and stops again
//! what started on its own in the others.

use std::fmt;

use jiff::Timestamp;

use super::{PollPolicy, PowerOutcome, SleepError};
use crate::cloud::Resource;
use crate::lease::{Lease, Phase};
use crate::ledger::Scope;
use crate::service::liveness::active_operation;
use crate::service::{Power, ServiceError};
use crate::sleep;
use crate::values::id::{Seq, StackName};
use crate::view::CloudView;

/// What was done about a sleeping stack.
#[derive(Clone, Debug)]
pub struct MaintenanceOutcome {
    /// The stack.
    pub name: StackName,
    /// The reason.
    pub why: MaintenanceReason,
    /// The result; `None` when nothing was done.
    pub ended: Option<Result<PowerOutcome, SleepError>>,
}

/// Why a sleeping stack needs maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaintenanceReason {
    /// Its sleep is over.
    Over,
    /// These resources started on their own, as a stopped database does after some days.
    Restarted(Vec<String>),
    /// It was being put to sleep again, which took too long, and everything has stopped by now.
    Unfinished,
    /// These resources run although the stack sleeps, and not because they started on their own:
    /// they are left alone.
    Runs(Vec<String>),
}

impl fmt::Display for MaintenanceOutcome {
    /// What was done, as a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, why, ended } = self;
        let (begun, done, not) = match why {
            MaintenanceReason::Over => ("its sleep was over".to_owned(), "is awake", "awake"),
            MaintenanceReason::Restarted(what) => (
                format!("these started on their own: {}", what.join(", ")),
                "is asleep again",
                "asleep again",
            ),
            MaintenanceReason::Unfinished => (
                "everything has stopped meanwhile".to_owned(),
                "is asleep again",
                "asleep again",
            ),
            MaintenanceReason::Runs(what) => {
                return write!(
                    f,
                    "Warning: {name} is asleep, and a user started what its sleep had stopped: {}; `jiti sleep {name}` stops it again, `jiti wake {name}` starts the rest",
                    what.join(", ")
                );
            }
        };
        match ended {
            Some(Ok(turned)) if turned.failed.is_empty() => write!(f, "{name} {done}: {begun}"),
            Some(Ok(turned)) => {
                let each = turned.failed.iter();
                let each: Vec<_> = each
                    .map(|one| format!("{}: {}", one.id, one.reason))
                    .collect();
                write!(
                    f,
                    "Warning: not all of {name} is {not} yet; the next run continues ({begun}): {}",
                    each.join("; ")
                )
            }
            Some(Err(error)) => write!(f, "Warning: {name} is not {not} ({begun}): {error}"),
            None => write!(f, "Warning: {name} is not {not} ({begun})"),
        }
    }
}

impl Power<'_> {
    /// Wakes the stacks whose sleep is over, and puts those back to sleep in which something
    /// started on its own, as far as the stored cloud data shows. Held stacks, and stacks in an
    /// operation, are left alone. The next call continues what takes longer than the policy allows.
    ///
    /// # Errors
    /// When the ledger or the inventory cannot be read.
    pub async fn maintain_sleeping(
        self,
        patience: PollPolicy,
    ) -> Result<Vec<MaintenanceOutcome>, ServiceError> {
        let mut tended = Vec::new();
        for name in self.wakes_due().await? {
            let ended = self.wake(&name, patience, &|_| {}).await;
            tended.push(MaintenanceOutcome {
                name,
                why: MaintenanceReason::Over,
                ended: Some(ended),
            });
        }
        for (name, why) in self.restless().await? {
            let ended = match &why {
                MaintenanceReason::Restarted(_) | MaintenanceReason::Unfinished => {
                    Some(self.sleep(&name, None, patience, &|_| {}).await)
                }
                MaintenanceReason::Over | MaintenanceReason::Runs(_) => None,
            };
            tended.push(MaintenanceOutcome { name, why, ended });
        }
        Ok(tended)
    }

    /// The stacks whose requested wake-up time has passed.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn wakes_due(self) -> Result<Vec<StackName>, ServiceError> {
        let now = self.service.now();
        let leases = self.service.ledger.leases(Scope::Live).await?;
        let mut due: Vec<(Timestamp, StackName)> = leases
            .into_iter()
            .filter(|lease| sleeps(lease, now) && lease.unknown_events == 0)
            .filter(|lease| active_operation(lease, now).is_none())
            .filter_map(|lease| Some((lease.wake_at?.0, lease.name)))
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort();
        Ok(due.into_iter().map(|(_, name)| name).collect())
    }

    /// The sleeping stacks in which something runs that a sleep had stopped.
    async fn restless(self) -> Result<Vec<(StackName, MaintenanceReason)>, ServiceError> {
        let Some(cloud) = self.service.cloud().cloud_view().await? else {
            return Ok(Vec::new());
        };
        let now = self.service.now();
        let mut restless = Vec::new();
        for lease in self.service.ledger.leases(Scope::Live).await? {
            let left_alone = active_operation(&lease, now).is_some()
                || lease.at(now).hold_until.is_some()
                || lease.unknown_events > 0;
            let sleeps = lease.phase_at(now) == Phase::Asleep && !lease.partly_awake;
            let running = running(&lease, &cloud);
            if left_alone || !sleeps {
                continue;
            }
            if running.is_empty() {
                if lease.partly_asleep {
                    restless.push((lease.name, MaintenanceReason::Unfinished));
                }
                continue;
            }
            let events = self.service.ledger.events(&lease.name, Seq::NONE).await?;
            let prior = sleep::prior(&events);
            let stopped = running.into_iter();
            let stopped = stopped.filter(|one| prior.contains_key(one.id.as_str()));
            let (by_itself, others): (Vec<_>, Vec<_>) =
                stopped.partition(|one| sleep::restarted_at(one).is_some());
            let names = |all: Vec<&Resource>| all.iter().map(|one| one.id.to_string()).collect();
            let why = match (by_itself.is_empty(), others.is_empty()) {
                (true, true) => continue,
                // A failed sleep already reported what it could not stop.
                (true, false) if lease.partly_asleep => continue,
                // A user works there: the rest is not stopped either.
                (_, false) => MaintenanceReason::Runs(names(others)),
                (false, true) => MaintenanceReason::Restarted(names(by_itself)),
            };
            restless.push((lease.name, why));
        }
        Ok(restless)
    }
}

/// Whether the stack sleeps, or something in it is still stopped.
fn sleeps(lease: &Lease, now: Timestamp) -> bool {
    match lease.phase_at(now) {
        Phase::Asleep => true,
        Phase::Provisioning | Phase::Ready | Phase::Purgatory => lease.partly_asleep,
        Phase::TearingDown | Phase::Residue | Phase::Gone => false,
    }
}

fn running<'a>(lease: &Lease, cloud: &'a CloudView) -> Vec<&'a Resource> {
    let resources = cloud.resources(lease).into_iter();
    let running = |one: &&Resource| one.is_confirmed() && one.size.is_some() && !one.stopped;
    resources.filter(running).collect()
}
