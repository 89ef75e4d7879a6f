//! A cloud resource that carries a stack's tag, or belongs to one that does.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::GovernanceFacts;
use crate::init::NotReadyCause;
use crate::values::money::HourlyRate;

/// A globally unique resource id: on AWS the ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(pub String);

impl ResourceId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The short id, for a table that shows type, region and account in other columns: the last
    /// part of an ARN without the type prefix. Any other text is returned unchanged.
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

/// The short form of a text that may be an ARN; see [`ResourceId::short`]. A group that the ARN
/// identifies by a UUID and a name has its name.
#[must_use]
pub fn short(text: &str) -> &str {
    let mut parts = text.splitn(6, ':');
    let Some(resource) = (parts.next() == Some("arn"))
        .then(|| parts.nth(4))
        .flatten()
    else {
        return text;
    };
    if let Some((_, name)) = resource.split_once(":autoScalingGroupName/") {
        return name;
    }
    match resource.split_once(['/', ':']) {
        Some((_, name)) if !name.is_empty() => name,
        _ => resource,
    }
}

/// An account and one of its regions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The account number.
    pub account: String,
    /// The region, or [`Place::GLOBAL`] for resources without a region.
    pub region: String,
}

impl Place {
    /// The region of resources that have none.
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
    /// The resource's own service described it: tags, state and references come from there.
    Confirmed,
    /// Only the tag index lists it. The text says why its own service did not confirm it.
    Unconfirmed(String),
    /// The tag index lists it, and jiti does not know its type: jiti asked no service about it, and
    /// cannot delete it.
    UnknownType {
        /// The command of the cloud's own command line that deletes it, quoted for a shell; `None`
        /// if jiti does not know it.
        command: Option<String>,
    },
}

impl Confirmation {
    /// Why the resource is not confirmed; `None` if it is.
    #[must_use]
    pub fn missing_reason(&self) -> Option<&str> {
        match self {
            Self::Confirmed => None,
            Self::Unconfirmed(why) => Some(why),
            Self::UnknownType { .. } => Some("jiti does not know this resource type"),
        }
    }
}

/// A priced unit that a resource uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The metered unit, such as `ec2:t3.micro` or `ebs:gp3`, as the price list names it.
    pub meter: String,
    /// The number of units in use at any time: instances, or gigabytes priced per hour.
    pub quantity: Decimal,
}

/// What the type of a resource means for stopping and deleting it. The cloud's adapter sets it; the
/// domain knows no types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeFacts {
    /// Its place in the order of deletion.
    pub deletion: DeletionClass,
    /// How long its deletion may take.
    pub timeout: DeletionTimeout,
    /// It keeps data that other resources need: it stops last and starts first.
    pub keeps_data: bool,
    /// Its network interfaces outlive it, and keep the networks that they are in.
    pub leaves_interfaces: bool,
    /// The kind of work that its creation is, as a class of init phases; `None` if unknown.
    pub class: Option<ResourceClass>,
}

/// The kind of work that the creation of a resource is, as a class of init phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceClass {
    /// Networks, addresses, load balancers and names.
    Network,
    /// Identities, keys, secrets, certificates and firewalls.
    Security,
    /// Databases, caches, queues, volumes and buckets.
    Data,
    /// Whatever runs the app.
    App,
}

impl ResourceClass {
    /// The class in an init phase.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Security => "security",
            Self::Data => "data",
            Self::App => "app",
        }
    }
}

/// When a resource is deleted, beyond what its references say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionClass {
    /// In the order of references.
    #[default]
    InOrder,
    /// After everything else, because others need it in ways that no reference tells: a role, a
    /// key, a log group.
    Last,
}

/// How long the deletion of a resource may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionTimeout {
    /// As long as most.
    #[default]
    Default,
    /// Longer: it is a database, a cluster, or a stack of another tool.
    Slow,
    /// Longer while network interfaces linger in it ([`TypeFacts::leaves_interfaces`]).
    Network,
}

/// A resource as last described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The globally unique id.
    pub id: ResourceId,
    /// The type, as the cloud's tag index writes it: `ec2:instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its type means for stopping and deleting it.
    #[serde(default)]
    pub facts: TypeFacts,
    /// The account and region.
    pub place: Place,
    /// The tags. For a confirmed resource, they come from its own service.
    pub tags: BTreeMap<String, String>,
    /// The state in the service's own words, such as `running`.
    pub state: Option<String>,
    /// Whether it is on its way from one state to another.
    #[serde(default)]
    pub in_transition: bool,
    /// Why it does not reach its goal, as its own service shows it; `None` if it has reached it, or
    /// if the cause is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ready: Option<NotReadyCause>,
    /// The creation time; `None` if the service does not report it.
    pub created_at: Option<Timestamp>,
    /// Whether the resource's own service has confirmed it.
    pub confirmation: Confirmation,
    /// The resources that this one uses or is placed in. They can only be deleted after it.
    pub uses: Vec<ResourceId>,
    /// Those of `uses` that [`super::Cloud::detach_references`] removes, to break reference cycles.
    pub detachable: Vec<ResourceId>,
    /// The sole owner of this resource. It is deleted with its owner, whatever its tags say.
    pub owner: Option<ResourceId>,
    /// The unit that another tool manages this resource in, such as a CloudFormation stack. It is
    /// deleted only together with that unit.
    pub part_of: Option<ResourceId>,
    /// Recreates its members when they disappear, so it is deleted, or stopped, before them.
    pub recreates: bool,
    /// The name of the deletion protection flag that is on.
    pub protection: Option<String>,
    /// What the rules of governance need to know of it.
    #[serde(default)]
    pub governance: GovernanceFacts,
    /// Why this resource must never be deleted: a default VPC, or a service-linked resource.
    pub untouchable: Option<String>,
    /// What is left after its deletion, or stays reserved: snapshots, or a name that stays taken.
    #[serde(default)]
    pub outlives: Option<String>,
    /// The size that waking has to restore; `None` if there is nothing to stop.
    pub size: Option<Value>,
    /// Whether `size` is the size while asleep.
    pub stopped: bool,
    /// The usage that has a list price.
    pub usage: Vec<Usage>,
    /// Costs that no list price covers, such as `traffic`.
    pub unpriced: Vec<String>,
    /// The cost per hour by list price; `None` if unknown.
    pub hourly_usd: Option<HourlyRate>,
    /// The source of that price with its date: `list 2026-03-20`.
    pub hourly_source: Option<String>,
    /// The end of the minimum charge: the cloud bills until this time even if the resource ends
    /// earlier. `None` if there is no minimum, or the resource is not running.
    pub charged_until: Option<Timestamp>,
    /// Details that only this type needs later: a metric dimension, the members of a group.
    pub details: BTreeMap<String, String>,
}

impl Resource {
    /// A resource of which only the id is known, from a tag or from another resource.
    #[must_use]
    pub fn named(id: ResourceId, kind: &str, place: Place) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            facts: TypeFacts::default(),
            place,
            tags: BTreeMap::new(),
            state: None,
            in_transition: false,
            not_ready: None,
            created_at: None,
            confirmation: Confirmation::Unconfirmed("not described yet".to_owned()),
            uses: Vec::new(),
            detachable: Vec::new(),
            owner: None,
            part_of: None,
            recreates: false,
            protection: None,
            governance: GovernanceFacts::default(),
            untouchable: None,
            outlives: None,
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

    /// Whether the resource's own service has confirmed it.
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

    /// The short form of an ARN is its last part; any other text stays unchanged.
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
            (
                "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:5eed:autoScalingGroupName/web/blue",
                "web/blue",
            ),
            ("aws_vpc.this", "aws_vpc.this"),
            ("123456789012/eu-west-1", "123456789012/eu-west-1"),
        ] {
            assert_eq!(short(id), expected, "{id}");
        }
    }
}
