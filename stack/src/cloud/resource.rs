//! One thing in a cloud that carries a stack's tag, or belongs to one that does.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::values::money::HourlyRate;

/// What names a resource everywhere: on AWS its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(pub String);

impl ResourceId {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What people tell it by where its type, region and account are shown beside it: the last part of an ARN, without the
    /// word for its type. Any other text is kept.
    #[must_use]
    pub fn short(&self) -> &str {
        short(&self.0)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The same of a text that may be an ARN.
#[must_use]
pub fn short(text: &str) -> &str {
    let mut parts = text.splitn(6, ':');
    let Some(resource) = (parts.next() == Some("arn"))
        .then(|| parts.nth(4))
        .flatten()
    else {
        return text;
    };
    let resource = resource
        .rsplit_once("autoScalingGroupName/")
        .map_or(resource, |(_, name)| name);
    match resource.split_once(['/', ':']) {
        Some((_, name)) if !name.is_empty() => name,
        _ => resource,
    }
}

/// An account and a region in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The number of the account.
    pub account: String,
    /// The region; [`Place::GLOBAL`] for what is in none.
    pub region: String,
}

impl Place {
    /// The region of what is in none.
    pub const GLOBAL: &str = "global";
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// Whether a resource's own service has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Its own service has described it: tags, state and references are its own words.
    Confirmed,
    /// Only the index of tags names it; why its own service did not confirm it.
    Unconfirmed(String),
}

/// What a resource uses that has a list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// What is metered, such as `ec2:t3.micro` or `ebs:gp3`; the cloud's price list knows it by this name.
    pub meter: String,
    /// How many units at any time: instances, or gigabytes that are priced by the hour.
    pub quantity: Decimal,
}

/// A resource as it was last described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name everywhere.
    pub id: ResourceId,
    /// Its type, as the cloud's index of tags writes it: `ec2:instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is.
    pub place: Place,
    /// Its tags: as its own service tells them when it is confirmed.
    pub tags: BTreeMap<String, String>,
    /// Its state, in its service's words: `running`.
    pub state: Option<String>,
    /// When it was created; `None` where its service does not tell.
    pub created_at: Option<Timestamp>,
    /// Whether its own service has confirmed it.
    pub confirmation: Confirmation,
    /// The resources that this one uses or lies in: they can only go after it.
    pub uses: Vec<ResourceId>,
    /// Those of `uses` that [`super::Cloud::detach_references`] unties: circles are undone there.
    pub detachable: Vec<ResourceId>,
    /// The resource that alone owns this one: it goes with its owner, tag or no tag.
    pub owner: Option<ResourceId>,
    /// The whole that somebody else's tool manages this one as a part of (a CloudFormation stack): it goes only with that.
    pub part_of: Option<ResourceId>,
    /// It makes others of its kind's parts again when they go: it goes, or is stopped, first.
    pub recreates: bool,
    /// The flag that protects it from deletion, by its name.
    pub protection: Option<String>,
    /// Why nobody may touch it: it is the account's default VPC, or linked to a service.
    pub untouchable: Option<String>,
    /// What waking has to restore; `None` where there is nothing to stop.
    pub size: Option<Value>,
    /// Whether that size is the one that it has while asleep.
    pub stopped: bool,
    /// What it uses that has a list price.
    pub usage: Vec<Usage>,
    /// What no list price covers, such as `traffic`.
    pub unpriced: Vec<String>,
    /// What it costs an hour by list price; `None`: not known.
    pub hourly_usd: Option<HourlyRate>,
    /// Where that price is from, with its date: `list 2026-03-20`.
    pub hourly_source: Option<String>,
    /// Until when it is charged for, however soon it ends: a cloud counts seconds only after a least time. `None` where
    /// there is none, or it does not run.
    pub charged_until: Option<Timestamp>,
    /// What only its own type knows and needs again: the name of a metric's dimension, the members of a group.
    pub details: BTreeMap<String, String>,
}

impl Resource {
    /// A resource of which nothing is known but that a tag, or another resource, names it.
    #[must_use]
    pub fn named(id: ResourceId, kind: &str, place: Place) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            place,
            tags: BTreeMap::new(),
            state: None,
            created_at: None,
            confirmation: Confirmation::Unconfirmed("it was not asked about yet".to_owned()),
            uses: Vec::new(),
            detachable: Vec::new(),
            owner: None,
            part_of: None,
            recreates: false,
            protection: None,
            untouchable: None,
            size: None,
            stopped: false,
            usage: Vec::new(),
            unpriced: Vec::new(),
            hourly_usd: None,
            hourly_source: None,
            charged_until: None,
            details: BTreeMap::new(),
        }
    }

    /// Whether its own service has confirmed it.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmation == Confirmation::Confirmed
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    /// An ARN is told by its last part; what is none is left as it is.
    #[test]
    fn ids_have_a_short_form() {
        for (id, expected) in [
            ("arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "i-1"),
            ("arn:aws:sqs:eu-west-1:123456789012:jobs", "jobs"),
            ("arn:aws:rds:eu-west-1:123456789012:db:shop", "shop"),
            ("arn:aws:s3:::assets", "assets"),
            ("arn:aws:iam::123456789012:role/app/run", "app/run"),
            (
                "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:5eed:autoScalingGroupName/web",
                "web",
            ),
            ("aws_vpc.this", "aws_vpc.this"),
            ("123456789012/eu-west-1", "123456789012/eu-west-1"),
        ] {
            assert_eq!(short(id), expected, "{id}");
        }
    }
}
