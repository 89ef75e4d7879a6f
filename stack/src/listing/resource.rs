//! One resource of a stack, as `jiti show` lists it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{Resource, ResourceId};
use crate::values::money::HourlyRate;
use crate::view::CloudView;

/// A listed resource. Fields are only ever added, and unknown values are null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedResource {
    /// The globally unique id: on AWS the ARN.
    pub id: ResourceId,
    /// The type, such as `ec2:instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The region; `global` for resources without one.
    pub region: String,
    /// The account number.
    pub account: String,
    /// The state in the service's own words.
    pub state: Option<String>,
    /// The cost per hour by list price.
    pub hourly_usd: Option<HourlyRate>,
    /// When the resource was created.
    pub created_at: Option<Timestamp>,
    /// Whether the resource's own service has confirmed it.
    pub confirmed: bool,
    /// Why it is not confirmed; null if it is.
    pub unconfirmed_reason: Option<String>,
    /// When it was last seen.
    pub seen_at: Option<Timestamp>,
}

impl ListedResource {
    /// Lists a resource as the last scans found it.
    #[must_use]
    pub fn new(resource: &Resource, cloud: &CloudView) -> Self {
        Self {
            id: resource.id.clone(),
            kind: resource.kind.clone(),
            region: resource.place.region.clone(),
            account: resource.place.account.clone(),
            state: resource.state.clone(),
            hourly_usd: resource.hourly_usd,
            created_at: resource.created_at,
            confirmed: resource.is_confirmed(),
            unconfirmed_reason: resource.confirmation.missing_reason().map(str::to_owned),
            seen_at: cloud.known().seen_at(resource),
        }
    }
}
