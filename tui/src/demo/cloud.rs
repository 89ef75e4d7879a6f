//! The cloud data of the demo: the resources in two accounts, their use, and the bill.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;
use stack::cloud::{BillLine, Confirmation, Usage};
use stack::idle::{Activity, Evidence};
use stack::inventory::{BillHistory, BilledDay, CloudClock, DatedActivity, PlaceScan, ScanGap};
use stack::values::tags;
use stack::{EventKind, HourlyRate, Lease, Phase, Place, Resource, ResourceId, Span, Usd};

use super::{Dice, before};
use crate::dashboard::event::CloudData;
use crate::dashboard::stack_key::StackKey;

/// How many of the stacks have resources in the accounts. The others only declare a rate.
pub(super) const MAX_STACKS_WITH_RESOURCES: usize = 400;

/// The number of unleased stacks.
pub(crate) const UNLEASED: usize = 2;

const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const REGIONS: [&str; 3] = ["eu-west-1", "eu-central-1", "us-east-1"];
pub(super) const PRICE_SOURCE: &str = "list 2026-02-20";
const WINDOW: Span = Span::minutes(60);

/// The tags of a demo stack.
pub(super) struct DemoTags<'a> {
    pub(super) name: &'a str,
    pub(super) app: &'a str,
    pub(super) version: &'a str,
    pub(super) owner: &'a str,
    pub(super) ttl: String,
}

/// The resources of a demo stack, running. They are the same at every call.
pub(super) fn resources(tags: &DemoTags<'_>, created_at: Timestamp) -> Vec<Resource> {
    let mut dice = Dice::seeded_by(&format!("{}, {}", tags.name, tags.owner));
    let place = Place {
        account: dice.pick(&ACCOUNTS).unwrap_or_default().to_owned(),
        region: dice.pick(&REGIONS).unwrap_or_default().to_owned(),
    };
    let mut builder = ResourceBuilder {
        tags,
        place,
        created_at,
        resources: Vec::new(),
    };
    let shape = dice.roll(4);
    builder.add(
        "ec2:security-group",
        "ec2",
        "security-group/sg-",
        &mut dice,
        None,
        &[],
    );
    match shape {
        // A service behind a load balancer, with a database.
        0 | 1 => {
            builder.add(
                "elasticloadbalancing:loadbalancer/app",
                "elasticloadbalancing",
                "loadbalancer/app/web-",
                &mut dice,
                Some("0.0252"),
                &["traffic"],
            );
            for _ in 0..=dice.roll(2) {
                builder.add_instance(&mut dice);
            }
            builder.add_database(&mut dice);
        }
        // One instance and a queue.
        2 => {
            builder.add_instance(&mut dice);
            builder.add("sqs", "sqs", "jobs-", &mut dice, None, &["requests"]);
        }
        // Containers and a bucket.
        _ => {
            let rate = if dice.roll(2) == 0 {
                "0.0494"
            } else {
                "0.0987"
            };
            builder.add(
                "ecs:service",
                "ecs",
                "service/web/",
                &mut dice,
                Some(rate),
                &[],
            );
            builder.stoppable(json!({"desired": 2}));
            builder.add(
                "s3:bucket",
                "s3",
                "assets-",
                &mut dice,
                None,
                &["requests", "storage"],
            );
        }
    }
    builder.resources
}

/// The total rate, and what it leaves out.
fn total_rate(resources: &[Resource]) -> (Option<HourlyRate>, Vec<String>) {
    let rates = resources.iter().filter_map(|resource| resource.hourly_usd);
    let unpriced = resources
        .iter()
        .flat_map(|resource| resource.unpriced.iter().cloned());
    let unpriced: BTreeSet<String> = unpriced.collect();
    (
        rates.reduce(|sum, rate| sum + rate),
        unpriced.into_iter().collect(),
    )
}

/// Stops the compute: instances cost nothing, disks and databases still cost.
pub(super) fn asleep(resources: &mut [Resource]) {
    for resource in resources
        .iter_mut()
        .filter(|resource| resource.size.is_some())
    {
        resource.stopped = true;
        resource.state = Some("stopped".to_owned());
        // A stopped database still costs its storage.
        let storage = resource.kind.starts_with("rds").then_some("0.0032");
        resource.hourly_usd = storage.unwrap_or("0").parse().ok();
    }
}

/// Whether a resource carries the tags of a stack.
pub(super) fn belongs(resource: &Resource, stack: &StackKey) -> bool {
    match stack {
        StackKey::Lease(name) => resource.tag(tags::STACK) == Some(name.as_str()),
        StackKey::Tags(tagged) => {
            resource.tag(tags::STACK) == Some(&tagged.name)
                && resource.tag(tags::APP) == tagged.app.as_deref()
                && resource.tag(tags::OWNER) == tagged.owner.as_deref()
        }
    }
}

/// The resources of a stack with a lease, running.
pub(super) fn resources_of(lease: &Lease) -> Vec<Resource> {
    let tags = DemoTags {
        name: lease.name.as_str(),
        app: lease.app.as_str(),
        version: lease.version.as_str(),
        owner: lease.owner.as_str(),
        ttl: lease.terms.ttl.to_string(),
    };
    resources(&tags, lease.created_at)
}

/// The event that records the rate of these resources.
pub(super) fn rated(resources: &[Resource]) -> EventKind {
    let (hourly_usd, unpriced) = total_rate(resources);
    EventKind::Rated {
        hourly_usd,
        hourly_source: PRICE_SOURCE.to_owned(),
        unpriced,
        at_least: Vec::new(),
        accrued: Vec::new(),
        created: Vec::new(),
    }
}

/// The cloud data of the demo stacks, as of a moment ago, with or without unleased stacks.
pub(crate) fn snapshot(now: Timestamp, leases: &[Lease], has_unleased: bool) -> CloudData {
    let scanned_at = before(now, 95);
    let mut found = CloudData {
        places: places(scanned_at),
        clock: Some(CloudClock {
            cloud: scanned_at,
            here: scanned_at,
        }),
        ..CloudData::default()
    };
    found.configured = found
        .places
        .iter()
        .map(|(place, _)| place.clone())
        .collect();
    let mut bill = BillBuilder::new(now);
    for (at, lease) in leases.iter().enumerate().take(MAX_STACKS_WITH_RESOURCES) {
        if lease.recorded_phase == Phase::Residue || lease.meter.measured().0.is_none() {
            continue;
        }
        let mut own = resources_of(lease);
        if lease.recorded_phase == Phase::Asleep {
            asleep(&mut own);
        }
        add_use(&mut found, &own, at, (lease.created_at, scanned_at));
        bill.add(lease);
        found.resources.extend(own);
    }
    let unleased: &[&str] = if has_unleased {
        &["ben@example.com", "chi@example.com"]
    } else {
        &[]
    };
    for owner in unleased {
        let tags = DemoTags {
            name: "search-pr-88",
            app: "search",
            version: "5e1ec7d",
            owner,
            ttl: "8h".to_owned(),
        };
        let since = if owner.starts_with("ben") { 19 } else { 5 };
        found
            .resources
            .extend(resources(&tags, before(now, since * 3_600)));
    }
    found.bill = bill.build();
    found
}

/// Every region of both accounts. In one of them, databases could not be checked.
fn places(at: Timestamp) -> Vec<(Place, PlaceScan)> {
    let each = ACCOUNTS
        .iter()
        .flat_map(|account| REGIONS.iter().map(move |region| (account, region)));
    each.map(|(account, region)| {
        let place = Place {
            account: (*account).to_owned(),
            region: (*region).to_owned(),
        };
        let has_gap = *account == "444455556666" && *region == "us-east-1";
        let gap = ScanGap {
            kind: Some("rds".to_owned()),
            reason: "AccessDenied: rds:DescribeDBInstances is not allowed".to_owned(),
            credentials: false,
            answered_at: None,
        };
        let scan = PlaceScan {
            tried_at: at,
            answered_at: Some(at),
            gaps: has_gap.then_some(gap).into_iter().collect(),
        };
        (place, scan)
    })
    .collect()
}

/// Adds the use of the instances: two of three are in use, and some have no data yet.
fn add_use(
    found: &mut CloudData,
    own: &[Resource],
    at: usize,
    (since, scanned_at): (Timestamp, Timestamp),
) {
    if at % 7 == 3 {
        return;
    }
    let idle = at.is_multiple_of(3);
    for resource in own
        .iter()
        .filter(|resource| resource.size.is_some() && !resource.stopped)
    {
        let busy = 18.0 + f64::from(u8::try_from(at % 60).unwrap_or(0));
        let (signal, unit, value) = if resource.kind.starts_with("rds") {
            (
                "DatabaseConnections",
                None,
                if idle { 0.0 } else { busy / 8.0 },
            )
        } else {
            ("CPUUtilization", Some("%"), if idle { 0.4 } else { busy })
        };
        let evidence = Evidence {
            signal: format!("{} {signal}", resource.id.short()),
            value: Some(value),
            threshold: if resource.kind.starts_with("rds") {
                1.0
            } else {
                2.0
            },
            unit: unit.map(str::to_owned),
            window: WINDOW,
        };
        // Idle for half of the time since it was created.
        let half = jiff::SignedDuration::from_secs(scanned_at.duration_since(since).as_secs() / 2);
        let observed = Activity {
            evidence: vec![evidence],
            quiet_since: idle.then(|| since.checked_add(half).unwrap_or(scanned_at)),
        };
        let activity = DatedActivity {
            at: scanned_at,
            observed,
        };
        found.uses.push((resource.id.clone(), activity));
    }
}

/// Collects the resources of one stack.
struct ResourceBuilder<'a> {
    tags: &'a DemoTags<'a>,
    place: Place,
    created_at: Timestamp,
    resources: Vec<Resource>,
}

impl ResourceBuilder<'_> {
    /// Adds a resource.
    fn add(
        &mut self,
        kind: &str,
        service: &str,
        name: &str,
        dice: &mut Dice,
        rate: Option<&str>,
        unpriced: &[&str],
    ) {
        let Place { account, region } = &self.place;
        let id = format!(
            "arn:aws:{service}:{region}:{account}:{name}{:08x}",
            dice.roll(1 << 32)
        );
        let mut resource = Resource::named(ResourceId(id), kind, self.place.clone());
        // The demo has no client of AWS, so that it also runs in builds without the feature `aws`.
        resource.facts.keeps_data = service == "rds";
        let DemoTags {
            name,
            app,
            version,
            owner,
            ttl,
        } = self.tags;
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        resource.tags = [
            tag(tags::STACK, name),
            tag(tags::APP, app),
            tag(tags::VERSION, version),
            tag(tags::OWNER, owner),
            tag(tags::TTL, ttl),
        ]
        .into();
        resource.confirmation = Confirmation::Confirmed;
        resource.created_at = Some(self.created_at);
        resource.hourly_usd = rate.and_then(|rate| rate.parse().ok());
        resource.hourly_source = rate.map(|_| PRICE_SOURCE.to_owned());
        resource.usage = rate
            .map(|_| Usage {
                meter: kind.to_owned(),
                quantity: Decimal::ONE,
            })
            .into_iter()
            .collect();
        resource.unpriced = unpriced.iter().map(|what| (*what).to_owned()).collect();
        self.resources.push(resource);
    }

    /// Makes the last resource stoppable, with this size.
    fn stoppable(&mut self, size: serde_json::Value) {
        if let Some(resource) = self.resources.last_mut() {
            resource.size = Some(size);
            resource.state = Some("running".to_owned());
        }
    }

    /// Adds an instance and its volume.
    fn add_instance(&mut self, dice: &mut Dice) {
        let sizes = [
            ("t3.small", "0.0228"),
            ("t3.medium", "0.0456"),
            ("m6i.large", "0.107"),
        ];
        let (size, rate) = dice.pick(&sizes).unwrap_or(("t3.small", "0.0228"));
        self.add("ec2:instance", "ec2", "instance/i-", dice, Some(rate), &[]);
        self.stoppable(json!({"type": size, "state": "running"}));
        let rate = dice.pick(&["0.0024", "0.0060", "0.0121"]);
        self.add("ec2:volume", "ec2", "volume/vol-", dice, rate, &[]);
    }

    /// Adds a database.
    fn add_database(&mut self, dice: &mut Dice) {
        let rate = dice.pick(&["0.0360", "0.0710", "0.1420"]);
        self.add("rds:db", "rds", "db:orders-", dice, rate, &[]);
        self.stoppable(json!({"class": "db.t4g.medium"}));
    }
}

/// Builds the bill of the past days. The days before yesterday are final.
struct BillBuilder {
    known: BillHistory,
    now: Timestamp,
}

impl BillBuilder {
    fn new(now: Timestamp) -> Self {
        let asked_at = before(now, 3 * 3_600);
        let day = |ago: u64| {
            let settled = ago > 1;
            (
                day_of(before(now, ago * 86_400)),
                BilledDay { settled, asked_at },
            )
        };
        let known = BillHistory {
            days: (1..=10).map(day).collect(),
            requests: [(day_of(asked_at), 1)].into(),
            ..BillHistory::default()
        };
        Self { known, now }
    }

    /// Adds the lines of a stack, a little below the estimate, as in real bills.
    fn add(&mut self, lease: &Lease) {
        let Some(rate) = lease.meter.measured().0 else {
            return;
        };
        let first = day_of(lease.created_at);
        let days: Vec<(Date, bool)> = self
            .known
            .days
            .range(first..)
            .map(|(day, about)| (*day, about.settled))
            .collect();
        for (day, settled) in days {
            let from = day
                .to_zoned(jiff::tz::TimeZone::UTC)
                .map(|start| start.timestamp());
            let from = from.unwrap_or(self.now).max(lease.created_at);
            let end = day
                .tomorrow()
                .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC));
            let end = end.map_or(self.now, |end| end.timestamp());
            let seconds = end.duration_since(from).as_secs().max(0);
            let share = Decimal::new(seconds * 96, 2) / Decimal::from(3_600);
            self.known.lines.push(BillLine {
                stack: lease.name.to_string(),
                day,
                service: "Amazon Elastic Compute Cloud".to_owned(),
                usd: Usd::new((rate.amount() * share).round_dp(2)),
                estimated: !settled,
            });
        }
    }

    /// Returns the bill, sorted.
    fn build(mut self) -> BillHistory {
        let lines = &mut self.known.lines;
        lines.sort_by(|a, b| (&a.stack, a.day).cmp(&(&b.stack, b.day)));
        self.known
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
