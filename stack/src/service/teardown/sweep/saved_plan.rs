//! What a sweep is carried out with, as it is kept between the plan and the yes: every resource as it was described.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::Resource;
use crate::lease::{EventKind, Registration};
use crate::sweep::{Ownership, OwnershipVerdicts, StackIdentity};

/// A sweep that was planned. Only what it says goes; its digest is part of the plan that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::service) struct SweepPlan {
    pub(super) stack: StackIdentity,
    /// Everything that was found, that which stays included: it keeps what it uses.
    pub(super) resources: Vec<Resource>,
    pub(super) judgement: OwnershipVerdicts,
    /// The lease under which a stack is ended that had none: known by its tags alone.
    pub(super) adopts: Option<Box<Adoption>>,
    pub(super) final_snapshot: bool,
    /// How long one resource may take at most, where somebody said so.
    pub(super) longest: Option<Duration>,
}

/// A lease that is begun so that its end can be written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Adoption {
    pub(super) registration: Registration,
    /// Its earliest resource.
    pub(super) created_at: Option<Timestamp>,
}

impl SweepPlan {
    /// By id.
    pub(super) fn by_id(&self) -> BTreeMap<&crate::ResourceId, &Resource> {
        self.resources.iter().map(|one| (&one.id, one)).collect()
    }

    /// What is written before the intent where no lease lives: one is begun from the tags, or one that was taken for
    /// gone is residue again.
    pub(in crate::service) fn beginning(&self) -> Vec<EventKind> {
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
            reason: "it was found by its tags after the stack was taken for gone".to_owned(),
            blocked_by: None,
        }]
    }

    /// Whether there was no lease to end.
    pub(in crate::service) fn is_adoption(&self) -> bool {
        self.adopts.is_some()
    }
}
