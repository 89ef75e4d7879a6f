//! The rules of sleep and wake that need no cloud: which sizes to restore, the order of stopping
//! and starting, the remaining cost, and how long a wake takes.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Resource, ResourceId};
use crate::lease::{Event, EventKind};
use crate::values::money::HourlyRate;
use crate::values::ttl::Elapsed;

/// The resource detail that holds the time at which the service restarts the resource
/// automatically.
pub const RESTARTS_AT: &str = "restarts_at";

/// The sizes that a wake restores, from the ledger: for each resource, the first one recorded since
/// the last wake. A repeated sleep sees resources that are already stopped, so later records do not
/// count.
#[must_use]
pub fn prior(events: &[Event]) -> BTreeMap<String, Value> {
    let mut sizes: BTreeMap<String, Value> = BTreeMap::new();
    for event in events {
        match &event.kind {
            EventKind::Requested { .. } | EventKind::Woken => sizes.clear(),
            EventKind::SleepStarted { prior, .. } => {
                for (id, size) in prior {
                    sizes.entry(id.clone()).or_insert_with(|| size.clone());
                }
            }
            _ => {}
        }
    }
    sizes
}

/// The position of a resource in the order of a sleep: those that recreate others first, those that
/// hold data last. A wake uses the reverse order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PowerRank {
    /// It recreates its members.
    Recreates,
    /// It provides compute.
    Computes,
    /// It holds data that the others use.
    Keeps,
}

impl PowerRank {
    /// All ranks, in the order of a sleep.
    pub const ALL: [Self; 3] = [Self::Recreates, Self::Computes, Self::Keeps];

    /// The rank of a resource.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        if resource.recreates {
            Self::Recreates
        } else if resource.facts.keeps_data {
            Self::Keeps
        } else {
            Self::Computes
        }
    }
}

/// A resource that still costs money while the stack sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingCost {
    /// The resource's id.
    pub id: ResourceId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resource's region.
    pub region: String,
    /// The cost per hour; `None` if unknown.
    pub hourly_usd: Option<HourlyRate>,
    /// What of it has no price: requests, or a Spot machine.
    #[serde(default)]
    pub unpriced: Vec<String>,
}

/// What still costs money during a sleep, most expensive first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingCosts {
    /// The resources with a price, or with usage whose price is unknown.
    pub resources: Vec<RemainingCost>,
    /// The sum of the known prices; `None` if none is known.
    pub hourly_usd: Option<HourlyRate>,
    /// The number of resources without a known price, such as the storage of a database before it
    /// sleeps.
    pub unknown: usize,
}

impl RemainingCosts {
    /// The estimate before a sleep: everything except what stops and what disappears with it. What
    /// a stopped resource still costs, such as its storage, is known only afterwards.
    #[must_use]
    pub fn before(resources: &[Resource]) -> Self {
        let stops = |resource: &Resource| resource.size.is_some() && !resource.stopped;
        let goes: BTreeSet<&ResourceId> = members_of_recreators(resources);
        let rest = resources
            .iter()
            .filter(|resource| !goes.contains(&resource.id));
        let rest = rest.filter_map(|resource| match PowerRank::of(resource) {
            PowerRank::Keeps if stops(resource) => Some((resource, None)),
            _ if stops(resource) => None,
            _ => Some((resource, resource.hourly_usd)),
        });
        Self::of(rest.collect())
    }

    /// Adds resources with the stack's tag that their own service did not confirm, so that jiti
    /// neither stops nor prices them.
    #[must_use]
    pub fn with_unconfirmed(mut self, resources: &[Resource]) -> Self {
        for resource in resources {
            self.unknown += 1;
            self.resources.push(RemainingCost {
                id: resource.id.clone(),
                kind: resource.kind.clone(),
                region: resource.place.region.clone(),
                hourly_usd: None,
                unpriced: vec!["not confirmed by its service".to_owned()],
            });
        }
        self
    }

    /// Whether `hourly_usd` leaves out something that costs money, so that it is a minimum.
    #[must_use]
    pub fn is_minimum(&self) -> bool {
        let mut resources = self.resources.iter();
        self.unknown > 0 || resources.any(|resource| !resource.unpriced.is_empty())
    }

    /// The cost once everything has stopped, at current prices.
    #[must_use]
    pub fn asleep(resources: &[impl Borrow<Resource>]) -> Self {
        let each = resources.iter().map(Borrow::borrow);
        let each = each.map(|resource: &Resource| (resource, resource.hourly_usd));
        Self::of(each.collect())
    }

    fn of(each: Vec<(&Resource, Option<HourlyRate>)>) -> Self {
        let mut remains = Self::default();
        for (resource, rate) in each {
            match rate {
                Some(rate) if rate == HourlyRate::default() && resource.unpriced.is_empty() => {
                    continue;
                }
                Some(rate) => {
                    remains.hourly_usd = Some(remains.hourly_usd.unwrap_or_default() + rate);
                }
                // A resource that uses nothing that costs money is free.
                None if resource.usage.is_empty() && resource.unpriced.is_empty() => continue,
                None => remains.unknown += 1,
            }
            remains.resources.push(RemainingCost {
                id: resource.id.clone(),
                kind: resource.kind.clone(),
                region: resource.place.region.clone(),
                hourly_usd: rate,
                unpriced: resource.unpriced.clone(),
            });
        }
        remains
            .resources
            .sort_by(|a, b| b.hourly_usd.cmp(&a.hourly_usd).then(a.id.cmp(&b.id)));
        remains
    }
}

/// What disappears when its recreating owner stops: the members, and what those solely own.
fn members_of_recreators(resources: &[Resource]) -> BTreeSet<&ResourceId> {
    let recreators = resources.iter().filter(|resource| resource.recreates);
    let recreators: BTreeSet<ResourceId> = recreators.map(|resource| resource.id.clone()).collect();
    let own = with_owned(resources, &recreators);
    let members = resources
        .iter()
        .filter(|resource| own.contains(&resource.id));
    let members = members.filter(|resource| {
        resource
            .owner
            .as_ref()
            .is_some_and(|owner| own.contains(owner))
    });
    members.map(|resource| &resource.id).collect()
}

/// The resources `some`, and everything that they solely own, directly or indirectly.
pub(crate) fn with_owned(
    resources: &[Resource],
    some: &BTreeSet<ResourceId>,
) -> BTreeSet<ResourceId> {
    let mut all = some.clone();
    loop {
        let before = all.len();
        for resource in resources {
            if resource
                .owner
                .as_ref()
                .is_some_and(|owner| all.contains(owner))
            {
                all.insert(resource.id.clone());
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

/// When the service restarts the resource automatically.
#[must_use]
pub fn restarts_at(resource: &Resource) -> Option<Timestamp> {
    resource.details.get(RESTARTS_AT)?.parse().ok()
}

/// The resource detail that records an automatic restart that has happened.
const RESTARTED_AT: &str = "restarted_at";

/// Tolerance between two clocks.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Marks a resource that is running because its automatic restart time has passed, compared with
/// its previous state. Nothing else distinguishes this from a manual start.
#[must_use]
pub(crate) fn restarted(before: &Resource, mut now: Resource, at: Timestamp) -> Resource {
    if now.stopped {
        return now;
    }
    let due = restarts_at(before).filter(|due| before.stopped && *due <= at + CLOCK_TOLERANCE);
    let due = due.or_else(|| restarted_at(before));
    if let Some(due) = due {
        now.details.insert(RESTARTED_AT.to_owned(), due.to_string());
    }
    now
}

/// The automatic restart time of a resource that has been running since.
#[must_use]
pub fn restarted_at(resource: &Resource) -> Option<Timestamp> {
    let running = resource.size.is_some() && !resource.stopped;
    resource
        .details
        .get(RESTARTED_AT)?
        .parse()
        .ok()
        .filter(|_| running)
}

/// The duration of each completed wake, from its start until the stack was ready.
#[must_use]
pub fn wake_durations(events: &[Event]) -> Vec<Elapsed> {
    let (mut declares, mut woken) = (false, false);
    let mut began: Option<Timestamp> = None;
    let mut took = Vec::new();
    for event in events {
        let over = match &event.kind {
            EventKind::Requested { registration } => {
                declares = registration.terms.ready_timeout.is_some();
                began = None;
                false
            }
            EventKind::TermsChanged { terms } => {
                declares = terms.ready_timeout.is_some();
                false
            }
            EventKind::SleepStarted { .. } | EventKind::VersionChanged { .. } => {
                began = None;
                false
            }
            EventKind::WakeStarted { .. } => {
                // An interrupted and repeated wake counts from its first start.
                began = began.or(Some(event.at));
                woken = false;
                false
            }
            EventKind::Woken => {
                woken = true;
                !declares
            }
            EventKind::Ready => woken,
            _ => false,
        };
        if over && let Some(from) = began.take() {
            took.push(Elapsed::between(from, event.at));
        }
    }
    took
}

/// The median. Of two middle values, it returns the longer, because a longer estimate is safer for
/// the user.
#[must_use]
pub fn median(mut times: Vec<Elapsed>) -> Option<Elapsed> {
    times.sort();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::fake_cloud::resource;
    use crate::testing::{new_event, noon, registration, stack_name};
    use crate::values::id::Seq;
    use crate::values::ttl::Span;

    fn events(kinds: impl IntoIterator<Item = (u32, EventKind)>) -> Vec<Event> {
        let each = kinds.into_iter().zip(1..);
        each.map(|((minute, kind), seq)| {
            let at = noon() + SignedDuration::from_mins(minute.into());
            new_event(at, kind).into_event(stack_name("shop"), Seq(seq))
        })
        .collect()
    }

    fn slept(sizes: Value) -> EventKind {
        EventKind::SleepStarted {
            prior: serde_json::from_value(sizes).unwrap(),
            until: None,
            operator: None,
        }
    }

    fn wake_started() -> EventKind {
        EventKind::WakeStarted { operator: None }
    }

    /// The first recorded size counts until the stack wakes. Sizes of resources that appear later
    /// are added.
    #[test]
    fn a_second_try_overwrites_nothing() {
        let history = events([
            (0, slept(json!({"a": {"desired": 9}}))),
            (1, EventKind::Woken),
            (2, slept(json!({"a": {"desired": 3}}))),
            (
                3,
                slept(json!({"a": {"desired": 0}, "b": {"state": "running"}})),
            ),
        ]);
        let expected = json!({"a": {"desired": 3}, "b": {"state": "running"}});
        assert_eq!(serde_json::to_value(prior(&history)).unwrap(), expected);
    }

    /// A wake lasts from its first start until the stack is ready: until the last check if
    /// readiness is declared, else until `woken`. The estimate is the median.
    #[test]
    fn how_long_wakes_take() {
        use EventKind as E;
        let requested = |timeout: Option<&str>| {
            let mut registration = registration();
            registration.terms.ready_timeout = timeout.map(|text| text.parse::<Span>().unwrap());
            E::Requested {
                registration: Box::new(registration),
            }
        };
        let declared = events([
            (0, requested(Some("15m"))),
            (1, E::Ready),
            (2, slept(json!({}))),
            (10, wake_started()),
            (12, wake_started()),
            (14, E::Woken),
            (17, E::Ready),
            (20, E::Ready),
        ]);
        let minutes = |times: &[Elapsed]| -> Vec<u64> {
            times.iter().map(|time| time.seconds() / 60).collect()
        };
        assert_eq!(minutes(&wake_durations(&declared)), [7]);
        let promised_nothing = events([(0, requested(None)), (10, wake_started()), (14, E::Woken)]);
        assert_eq!(minutes(&wake_durations(&promised_nothing)), [4]);
        let of = |minutes: u64| Elapsed::from_millis(minutes * 60_000);
        assert_eq!(median(vec![of(9), of(1), of(4)]), Some(of(4)));
        assert_eq!(median(Vec::new()), None);
    }

    /// A machine that cannot be stopped, and a type that has no price, still cost money: each is
    /// named, and the sum is a minimum. A resource that uses nothing is free.
    #[test]
    fn what_has_no_price_is_named() {
        let unpriced = |kind: &str, name: &str, what: &[&str]| {
            let mut resource = resource(kind, name, "shop");
            resource.unpriced = what.iter().map(|what| (*what).to_owned()).collect();
            resource
        };
        let spot = unpriced("ec2:instance", "spot", &["a spot price", "traffic"]);
        let queue = unpriced("sqs", "jobs", &["requests"]);
        let mut balancer = unpriced("elasticloadbalancing:loadbalancer", "b", &["traffic"]);
        balancer.hourly_usd = "0.03".parse().ok();
        let group = unpriced("ec2:security-group", "sg", &[]);
        let all = [spot, queue, balancer, group];
        for remains in [RemainingCosts::before(&all), RemainingCosts::asleep(&all)] {
            let named: Vec<_> = remains
                .resources
                .iter()
                .map(|one| (one.id.as_str(), one.hourly_usd.is_some()))
                .collect();
            assert_eq!(
                named,
                [
                    ("elasticloadbalancing:loadbalancer/b", true),
                    ("ec2:instance/spot", false),
                    ("sqs/jobs", false),
                ]
            );
            assert_eq!(
                (remains.hourly_usd, remains.unknown),
                ("0.03".parse().ok(), 2)
            );
            assert!(remains.is_minimum());
        }
        let mut lagging = unpriced("new:type", "x", &[]);
        lagging.confirmation = crate::cloud::Confirmation::Unconfirmed("no answer".to_owned());
        let remains = RemainingCosts::before(&[]).with_unconfirmed(&[lagging]);
        assert_eq!((remains.resources.len(), remains.unknown), (1, 1));
    }

    /// A stopped resource costs nothing more, and neither do the members of a stopped group.
    /// Volumes still cost, and the price of a database's storage is unknown before it sleeps.
    #[test]
    fn remaining_costs_of_a_sleep() {
        let priced = |kind: &str, name: &str, rate: Option<&str>| {
            let mut resource = resource(kind, name, "shop");
            resource.hourly_usd = rate.map(|rate| rate.parse().unwrap());
            resource.usage = vec![crate::cloud::Usage {
                meter: kind.to_owned(),
                quantity: 1.into(),
            }];
            resource
        };
        let mut group = priced("autoscaling:autoScalingGroup", "g", None);
        (group.recreates, group.size) = (true, Some(json!({"desired": 3})));
        group.usage.clear();
        let mut member = priced("ec2:instance", "m", Some("0.10"));
        member.owner = Some(group.id.clone());
        let mut disk_of_member = priced("ec2:volume", "md", Some("0.01"));
        disk_of_member.owner = Some(member.id.clone());
        let mut instance = priced("ec2:instance", "i", Some("0.20"));
        instance.size = Some(json!({"state": "running"}));
        let mut disk = priced("ec2:volume", "d", Some("0.02"));
        disk.owner = Some(instance.id.clone());
        let mut database = priced("rds:db", "db", Some("0.30"));
        database.size = Some(json!({"running": true}));
        let balancer = priced("elasticloadbalancing:loadbalancer", "b", Some("0.03"));
        let all = [
            group,
            member,
            disk_of_member,
            instance,
            disk,
            database,
            balancer,
        ];
        let remains = RemainingCosts::before(&all);
        assert_eq!(remains.hourly_usd, "0.05".parse().ok());
        assert_eq!(remains.unknown, 1);
        let ids: Vec<&str> = remains
            .resources
            .iter()
            .map(|resource| resource.id.as_str())
            .collect();
        let balancer = "elasticloadbalancing:loadbalancer/b";
        assert_eq!(ids, [balancer, "ec2:volume/d", "rds:db/db"]);
    }
}
