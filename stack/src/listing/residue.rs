//! What is left of a stack, as listed.

use serde::{Deserialize, Serialize};

use crate::cloud::Resource;
use crate::lease::Lease;
use crate::values::money::HourlyRate;
use crate::view::CloudView;

/// Something that a teardown could not remove or check. Fields are only ever added, and unknown
/// values are null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedResidue {
    /// Its address in Terraform, its globally unique name, or the place that could not be checked.
    pub id: String,
    /// Its type, if it is a resource.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Why it is left.
    pub reason: String,
    /// What prevents its deletion.
    pub blocked_by: Option<String>,
    /// What it costs per hour.
    pub hourly_usd: Option<HourlyRate>,
    /// The command that finishes it, quoted for a shell.
    pub command: Option<String>,
}

impl ListedResidue {
    /// What is left of a lease's stack, by id. What the events do not tell comes from the last
    /// scan.
    pub(super) fn of(lease: &Lease, cloud: Option<&CloudView>) -> Vec<Self> {
        if lease.residue.is_empty() {
            return Vec::new();
        }
        let resources = cloud
            .map(|cloud| cloud.resources(lease))
            .unwrap_or_default();
        let seen = |id: &str| -> Option<&Resource> {
            let mut resources = resources.iter();
            resources.find(|one| one.id.as_str() == id).copied()
        };
        let left = lease.residue.iter().map(|(id, left)| {
            let left = left.clone();
            let seen = seen(id);
            Self {
                id: id.clone(),
                kind: left.kind.or_else(|| Some(seen?.kind.clone())),
                region: left.region.or_else(|| Some(seen?.place.region.clone())),
                reason: left.reason,
                blocked_by: left.blocked_by,
                hourly_usd: left.hourly_usd.or_else(|| seen?.hourly_usd),
                command: left.command,
            }
        });
        left.collect()
    }
}
