//! One resource of a stack as `jiti show` lists it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{Confirmation, Resource, ResourceId};
use crate::values::money::HourlyRate;
use crate::view::CloudView;

/// A resource. Fields are only ever added; what is unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedResource {
    /// Its name everywhere: on AWS its ARN.
    pub id: ResourceId,
    /// Its type, such as `ec2:instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The region; `global` for what is in none.
    pub region: String,
    /// The number of the account.
    pub account: String,
    /// Its state, in its service's words.
    pub state: Option<String>,
    /// What it costs an hour by list price.
    pub hourly_usd: Option<HourlyRate>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether its own service has confirmed it.
    pub confirmed: bool,
    /// Why it has not; null when it has.
    pub unconfirmed_reason: Option<String>,
    /// When it was last seen.
    pub seen_at: Option<Timestamp>,
}

impl ListedResource {
    /// A resource as a look has found it.
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
            unconfirmed_reason: match &resource.confirmation {
                Confirmation::Confirmed => None,
                Confirmation::Unconfirmed(why) => Some(why.clone()),
            },
            seen_at: cloud.known().seen_at(resource),
        }
    }
}
