//! Putting to sleep and waking, as far as it can be decided without a cloud: which sizes are to be restored, in which order
//! things stop and start, what goes on costing, and how long waking takes.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Resource, ResourceId};
use crate::lease::{Event, EventKind};
use crate::values::money::HourlyRate;
use crate::values::ttl::Elapsed;

/// The detail in which a resource tells when it starts again by itself, whoever stopped it.
pub const RESTARTS: &str = "restarts_at";

/// The sizes that waking restores, as the ledger has them: of each resource the one that was written first since the stack
/// last woke. A second try sees what the first has made of it, which is not what it was.
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

/// Where something stands among those that stop: what makes others again first, what keeps data last. Waking goes the
/// other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PowerRank {
    /// It makes its members again.
    Recreates,
    /// It computes.
    Computes,
    /// It keeps data that the others want.
    Keeps,
}

impl PowerRank {
    /// In the order of falling asleep.
    pub const ALL: [Self; 3] = [Self::Recreates, Self::Computes, Self::Keeps];

    /// Of a resource.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let service = resource.kind.split(':').next().unwrap_or_default();
        if resource.recreates {
            Self::Recreates
        } else if matches!(service, "rds" | "elasticache" | "redshift") {
            Self::Keeps
        } else {
            Self::Computes
        }
    }
}

/// Whether it is on its way from one state to another, as services write that.
#[must_use]
pub fn is_settling(resource: &Resource) -> bool {
    let state = resource.state.as_deref().unwrap_or_default();
    matches!(
        state.to_lowercase().as_str(),
        "pending" | "starting" | "stopping" | "modifying" | "configuring-enhanced-monitoring"
    )
}

/// Something that costs while the stack sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingCost {
    /// What it is.
    pub id: ResourceId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is.
    pub region: String,
    /// What it costs an hour; `None`: not known.
    pub hourly_usd: Option<HourlyRate>,
}

/// What goes on costing, dearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemainingCosts {
    /// Each that has a price, or of which no price is known though it has usage.
    pub resources: Vec<RemainingCost>,
    /// The sum of those whose price is known; `None` when none is.
    pub hourly_usd: Option<HourlyRate>,
    /// Of how many the price is not known: that of a database's storage, before it sleeps.
    pub unknown: usize,
}

impl RemainingCosts {
    /// Before anything has stopped: all but what stops, and what goes with that. What still costs of something that
    /// stops, such as its storage, is only known afterwards.
    #[must_use]
    pub fn before(mine: &[Resource]) -> Self {
        let stops = |one: &Resource| one.size.is_some() && !one.stopped;
        let goes: BTreeSet<&ResourceId> = members_of_recreators(mine);
        let rest = mine.iter().filter(|one| !goes.contains(&one.id));
        let rest = rest.filter_map(|one| match PowerRank::of(one) {
            PowerRank::Keeps if stops(one) => Some((one, None)),
            _ if stops(one) => None,
            _ => Some((one, one.hourly_usd)),
        });
        Self::of(rest.collect())
    }

    /// Once everything has stopped: what each costs as it is now.
    #[must_use]
    pub fn asleep(mine: &[impl Borrow<Resource>]) -> Self {
        let each = mine.iter().map(Borrow::borrow);
        let each = each.map(|one: &Resource| (one, one.hourly_usd));
        Self::of(each.collect())
    }

    fn of(each: Vec<(&Resource, Option<HourlyRate>)>) -> Self {
        let mut remains = Self::default();
        for (one, rate) in each {
            match rate {
                Some(rate) if rate == HourlyRate::default() => continue,
                Some(rate) => {
                    remains.hourly_usd = Some(remains.hourly_usd.unwrap_or_default() + rate);
                }
                // What uses nothing that has a price costs nothing.
                None if one.usage.is_empty() => continue,
                None => remains.unknown += 1,
            }
            remains.resources.push(RemainingCost {
                id: one.id.clone(),
                kind: one.kind.clone(),
                region: one.place.region.clone(),
                hourly_usd: rate,
            });
        }
        remains
            .resources
            .sort_by(|a, b| b.hourly_usd.cmp(&a.hourly_usd).then(a.id.cmp(&b.id)));
        remains
    }
}

/// What goes when what makes it again is stopped: members, and what those alone own.
fn members_of_recreators(mine: &[Resource]) -> BTreeSet<&ResourceId> {
    let recreators = mine.iter().filter(|one| one.recreates);
    let recreators: BTreeSet<ResourceId> = recreators.map(|one| one.id.clone()).collect();
    let own = with_what_they_own(mine, &recreators);
    let members = mine.iter().filter(|one| own.contains(&one.id));
    let members = members.filter(|one| one.owner.as_ref().is_some_and(|owner| own.contains(owner)));
    members.map(|one| &one.id).collect()
}

/// Some resources, and what they alone own, directly or not.
pub(crate) fn with_what_they_own(
    mine: &[Resource],
    some: &BTreeSet<ResourceId>,
) -> BTreeSet<ResourceId> {
    let mut all = some.clone();
    loop {
        let before = all.len();
        for one in mine {
            if one.owner.as_ref().is_some_and(|owner| all.contains(owner)) {
                all.insert(one.id.clone());
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

/// When something starts again by itself.
#[must_use]
pub fn restarts_at(resource: &Resource) -> Option<Timestamp> {
    resource.details.get(RESTARTS)?.parse().ok()
}

/// The detail in which it is kept that a resource was to start by itself at a moment, and runs since.
const RESTARTED: &str = "restarted_at";

/// Two clocks never agree.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// A resource as it was found, with what was known of it before: that it runs because its time to start by itself has
/// come. Nothing else tells that from a start by somebody's hand.
#[must_use]
pub(crate) fn restarted(before: &Resource, mut now: Resource, at: Timestamp) -> Resource {
    if now.stopped {
        return now;
    }
    let due = restarts_at(before).filter(|due| before.stopped && *due <= at + CLOCKS);
    let due = due.or_else(|| restarted_at(before));
    if let Some(due) = due {
        now.details.insert(RESTARTED.to_owned(), due.to_string());
    }
    now
}

/// When it was to start by itself, of one that runs since.
#[must_use]
pub fn restarted_at(resource: &Resource) -> Option<Timestamp> {
    let running = resource.size.is_some() && !resource.stopped;
    resource
        .details
        .get(RESTARTED)?
        .parse()
        .ok()
        .filter(|_| running)
}

/// How long each wake of a stack took, from its beginning to being of use.
#[must_use]
pub fn wakes(events: &[Event]) -> Vec<Elapsed> {
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
                // One that was killed and begun again took as long as both.
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

/// The one in the middle; of two the longer, because whoever waits would rather be told too much.
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
            new_event(at, kind).placed(stack_name("shop"), Seq(seq))
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

    /// The first size that was written counts until the stack wakes; what appeared meanwhile is added.
    #[test]
    fn a_second_try_overwrites_nothing() {
        let told = events([
            (0, slept(json!({"a": {"desired": 9}}))),
            (1, EventKind::Woken),
            (2, slept(json!({"a": {"desired": 3}}))),
            (
                3,
                slept(json!({"a": {"desired": 0}, "b": {"state": "running"}})),
            ),
        ]);
        let expected = json!({"a": {"desired": 3}, "b": {"state": "running"}});
        assert_eq!(serde_json::to_value(prior(&told)).unwrap(), expected);
    }

    /// A wake lasts from its first beginning until the stack is of use: the last check where checks are declared, else
    /// `woken`. The one in the middle is what is told.
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
        assert_eq!(minutes(&wakes(&declared)), [7]);
        let promised_nothing = events([(0, requested(None)), (10, wake_started()), (14, E::Woken)]);
        assert_eq!(minutes(&wakes(&promised_nothing)), [4]);
        let of = |minutes: u64| Elapsed::from_millis(minutes * 60_000);
        assert_eq!(median(vec![of(9), of(1), of(4)]), Some(of(4)));
        assert_eq!(median(Vec::new()), None);
    }

    /// What stops costs nothing more, nor do the members of a group; volumes go on, and of a database's storage the
    /// price is not known before it sleeps.
    #[test]
    fn what_goes_on_costing() {
        let priced = |kind: &str, name: &str, rate: Option<&str>| {
            let mut one = resource(kind, name, "shop");
            one.hourly_usd = rate.map(|rate| rate.parse().unwrap());
            one.usage = vec![crate::cloud::Usage {
                meter: kind.to_owned(),
                quantity: 1.into(),
            }];
            one
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
            .map(|one| one.id.as_str())
            .collect();
        let balancer = "elasticloadbalancing:loadbalancer/b";
        assert_eq!(ids, [balancer, "ec2:volume/d", "rds:db/db"]);
    }
}
