//! What a teardown could not delete or check, and the command that finishes it.

use serde::{Deserialize, Serialize};

use crate::lease::{EventKind, ResidualResource, ResidueDetails};
use crate::values::id::StackName;
use crate::values::money::HourlyRate;
use crate::values::shell;

/// The reason recorded for a stack that cannot be torn down from this machine.
pub(in crate::service) const ORIGIN_UNREACHABLE: &str = "origin_unreachable";

/// Something that is left of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residue {
    /// Its address in Terraform, its globally unique name, or the place that could not be checked.
    pub id: String,
    /// Its type, if it is a resource.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its region, where that is known.
    pub region: Option<String>,
    /// Why it is left, in a few words, with secrets masked.
    pub reason: String,
    /// What prevents its deletion.
    pub blocked_by: Option<String>,
    /// What it costs per hour, where that is known.
    pub hourly_usd: Option<HourlyRate>,
    /// The command that finishes it, quoted for a shell.
    pub command: Option<String>,
    /// The provider's id of a resource whose id is an address in Terraform, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

impl Residue {
    /// What a lease records under an id.
    pub(super) fn of(id: &str, left: &ResidualResource) -> Self {
        let left = left.clone();
        Self {
            id: id.to_owned(),
            kind: left.kind,
            region: left.region,
            reason: left.reason,
            blocked_by: left.blocked_by,
            hourly_usd: left.hourly_usd,
            command: left.command,
            resource_id: left.resource_id,
        }
    }

    /// The event that records it.
    #[must_use]
    pub fn to_event(&self) -> EventKind {
        let left = self.clone();
        EventKind::ResourceLeft {
            id: left.id,
            reason: left.reason,
            blocked_by: left.blocked_by,
            details: ResidueDetails {
                kind: left.kind,
                region: left.region,
                hourly_usd: left.hourly_usd,
                command: left.command,
                resource_id: left.resource_id,
            },
        }
    }
}

/// The command that finishes a teardown.
pub(in crate::service) fn command(stack: &StackName) -> String {
    format!("jiti teardown {} --yes", shell::quoted(stack.as_str()))
}
