//! The saved plan of a sweep: every resource as it was described when the plan was made.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{RecoveryCommands, Resource, ResourceId};
use crate::lease::{EventKind, Registration, ResidueDetails};
use crate::sweep::{Ownership, OwnershipVerdicts, StackIdentity};

/// A planned sweep. Only what it lists is deleted; its digest is part of the plan that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::service::teardown) struct SweepPlan {
    pub(super) stack: StackIdentity,
    /// Everything that was found, including what stays: what stays keeps what it uses.
    pub(super) resources: Vec<Resource>,
    pub(super) judgement: OwnershipVerdicts,
    /// The lease that a stack without one is given, so that its end is recorded.
    pub(super) adopts: Option<Box<Adoption>>,
    pub(super) final_snapshot: bool,
    /// For how many days deleted secrets can be recovered.
    pub(super) recovery_days: u32,
    /// The commands for what keeps its name after its deletion.
    pub(super) recovery_commands: BTreeMap<ResourceId, RecoveryCommands>,
    /// How long one resource may take at most, if the user sets a limit.
    pub(super) max_time_per_resource: Option<Duration>,
}

/// A lease that is created so that its end can be recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Adoption {
    pub(super) registration: Registration,
    /// When the earliest resource was created.
    pub(super) created_at: Option<Timestamp>,
}

impl SweepPlan {
    /// The resources by id.
    pub(super) fn by_id(&self) -> BTreeMap<&ResourceId, &Resource> {
        self.resources.iter().map(|one| (&one.id, one)).collect()
    }

    /// The events before the intent where no lease is live: either a lease is created from the
    /// tags, or a stack that was marked gone becomes residue.
    pub(in crate::service::teardown) fn opening_events(&self) -> Vec<EventKind> {
        if let Some(adoption) = &self.adopts {
            let requested = EventKind::Requested {
                registration: Box::new(adoption.registration.clone()),
            };
            let adopted = EventKind::Adopted {
                from_ledger: None,
                created_at: adoption.created_at,
            };
            return vec![requested, adopted];
        }
        let found = self.resources.iter().find(|one| {
            let judged = self.judgement.get(&one.id);
            judged.is_some_and(|judged| judged.verdict != Ownership::Foreign)
        });
        let id = found.map_or_else(|| self.stack.name.to_string(), |one| one.id.to_string());
        vec![EventKind::ResourceLeft {
            id,
            reason: "found by tag after the stack was marked gone".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        }]
    }

    /// Whether the stack had no lease.
    pub(in crate::service::teardown) fn is_adoption(&self) -> bool {
        self.adopts.is_some()
    }
}
