//! Demo data: stacks in every phase and with every flag, and the matching cloud data. The data is
//! the same at every call.

mod cloud;
mod history;
pub(crate) mod prepare;
pub(crate) mod report;
pub(crate) mod simulation;
mod uses;

use std::time::Duration;

use jiff::Timestamp;
use stack::init::PhaseBoundary;
use stack::lease::{NewEvent, ProcessId, ResidueDetails, Strategy, TeardownInputs, Terms};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::{
    Actor, Elapsed, EventKind, Labels, NameError, Origin, Policy, Registration, RenewOn, Resource,
    RunId, Seq, Source, Span, StackName,
};

pub(crate) use cloud::UNLEASED;
#[cfg(any(test, feature = "testing"))]
pub(crate) use cloud::snapshot;

/// The interval of the simulated reaper: short, so that a user can watch a run.
const REAPER_INTERVAL: Duration = Duration::from_secs(60);

/// The interval of the simulated reaper, as the ledger records it.
pub(crate) const fn reaper_interval() -> Span {
    Span::minutes(1)
}

/// A demo stack: its name and its events.
pub(crate) type DemoStack = (StackName, Vec<NewEvent>);

const APPS: [&str; 8] = [
    "checkout",
    "search",
    "reports",
    "billing",
    "auth",
    "media",
    "maps",
    "prod-gateway",
];
const OWNERS: [&str; 6] = [
    "ana@example.com",
    "ben@example.com",
    "chi@example.com",
    "dora@example.com",
    "team-search",
    "team-platform",
];
const TTLS: [u32; 6] = [45, 4 * 60, 8 * 60, 8 * 60, 24 * 60, 3 * 24 * 60];
const PHASES: [(&str, &str, u64); 5] = [
    ("restore snapshot", "data", 95),
    ("migrate schema", "data", 12),
    ("fetch licence", "security", 3),
    ("warm caches", "app", 31),
    ("join mesh", "network", 8),
];
const WHYS: [&str; 3] = [
    "demo on Thursday",
    "load test runs over night",
    "reproducing INC-2041",
];

/// The policy of the demo: `prod-*` is protected.
pub(crate) fn policy() -> Policy {
    Policy {
        max_ttl: Some(Span::minutes(7 * 24 * 60)),
        max_hold: Some(Span::minutes(3 * 24 * 60)),
        max_hourly_usd: "4.50".parse().ok(),
        protected: vec!["prod-*".to_owned()],
        ..Policy::default()
    }
}

/// The events of this many demo stacks, as of `now`.
pub(crate) fn events(now: Timestamp, stacks: usize) -> Vec<DemoStack> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..stacks)
        .filter_map(|index| stack(&mut dice, now, index).ok())
        .collect()
}

/// The events of stacks of the last month that are gone.
pub(crate) fn history(now: Timestamp) -> Vec<DemoStack> {
    history::events(now)
}

/// A reaper that ran a fifth of its interval ago.
pub(crate) fn reaper(now: Timestamp, interval: Span) -> [ReaperEvent; 2] {
    let run = RunId::random();
    let began = ReaperEventKind::RunStarted {
        run: run.clone(),
        interval,
        host: "runner-1".to_owned(),
        pid: 1,
        budgets: Vec::new(),
    };
    let ended = ReaperEventKind::RunFinished {
        run,
        ended: 2,
        failed: 0,
    };
    [began, ended].map(|kind| ReaperEvent {
        seq: Seq::NONE,
        at: before(now, interval.seconds() / 5),
        actor: Actor::from_names("reaper", "runner-1"),
        kind,
    })
}

/// The leases of this many demo stacks, as of `now`.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn leases(now: Timestamp, stacks: usize) -> Vec<stack::Lease> {
    events(now, stacks)
        .into_iter()
        .filter_map(|(name, events)| {
            let placed = events.into_iter().zip(1..);
            let placed: Vec<stack::Event> = placed
                .map(|(event, seq)| event.into_event(name.clone(), Seq(seq)))
                .collect();
            stack::Lease::fold(None, &placed).ok().flatten()
        })
        .collect()
}

/// A random number generator with a fixed seed, so that the demo is the same at every call.
struct Dice(u64);

impl Dice {
    /// A generator seeded by a text.
    fn seeded_by(text: &str) -> Self {
        // FNV-1a: a short hash that gives every text its own seed.
        let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(seed | 1)
    }

    /// A number from 0 to below the limit.
    fn roll(&mut self, below: u64) -> u64 {
        // xorshift64*: short, and uniform enough for a demo.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % below.max(1)
    }

    /// A random element of the list.
    fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let index = self.roll(u64::try_from(list.len()).unwrap_or(1));
        list.get(usize::try_from(index).unwrap_or(0)).copied()
    }
}

/// Creates one stack. `index` numbers the stacks.
fn stack(dice: &mut Dice, now: Timestamp, index: usize) -> Result<DemoStack, NameError> {
    let app = dice.pick(&APPS).unwrap_or("checkout");
    let owner = dice.pick(&OWNERS).unwrap_or("ana@example.com");
    let ttl = Span::minutes(dice.pick(&TTLS).unwrap_or(480));
    let kind = dice.roll(100);
    // How much of the TTL has passed, in thousandths. Some stacks have expired.
    let passed = match kind {
        0..60 => 20 + dice.roll(900),
        60..72 => dice.roll(60),
        72..80 => 1_001 + dice.roll(60),
        _ => 100 + dice.roll(800),
    };
    let age = (ttl.seconds() * passed / 1_000).max(40);
    let name = StackName::new(format!("{app}-pr-{}", 100 + index))?;
    let declares_readiness = !kind.is_multiple_of(3) || (60..80).contains(&kind);
    let mut registration = registration(dice, app, owner, ttl, declares_readiness)?;
    let began = before(now, age);
    let mut builder = EventBuilder {
        began,
        events: Vec::new(),
    };
    let mut own = Vec::new();
    if index < cloud::MAX_STACKS_WITH_RESOURCES && registration.terms.hourly_cost.is_some() {
        // A stack with resources in an account gets its rate from them, and declares none.
        registration.terms.hourly_cost = None;
        let tags = cloud::DemoTags {
            name: name.as_str(),
            app,
            version: registration.version.as_str(),
            owner,
            ttl: ttl.to_string(),
        };
        own = cloud::resources(&tags, began);
        builder.rated(3, &own);
    }
    builder.event(
        0,
        EventKind::Requested {
            registration: Box::new(registration),
        },
    );
    builder.event(2, EventKind::Recorded { origin: None });
    start_up(dice, &mut builder, kind, age, declares_readiness);
    uses::add(&mut builder, app, kind, age);
    if dice.roll(100) < 9 {
        let until = Span::minutes(u32::try_from(60 + dice.roll(2_000)).unwrap_or(60)).after(now);
        let why = dice.pick(&WHYS).unwrap_or("a demo").to_owned();
        builder.event(age.saturating_sub(30), EventKind::Held { until, why });
    }
    last_events(dice, &mut builder, kind, age, own);
    // The events above are not created in order.
    builder.events.sort_by_key(|event| event.at);
    Ok((name, builder.events))
}

/// Collects the events of one stack.
struct EventBuilder {
    began: Timestamp,
    events: Vec<NewEvent>,
}

impl EventBuilder {
    /// Adds the rate of these resources.
    fn rated(&mut self, second: u64, found: &[Resource]) {
        self.event(second, cloud::rated(found));
    }

    /// The time this many seconds after the stack was created.
    fn at(&self, second: u64) -> Timestamp {
        Elapsed::from_millis(second * 1_000).after(self.began)
    }

    /// Adds an event this many seconds after the stack was created.
    fn event(&mut self, second: u64, kind: EventKind) {
        self.events.push(NewEvent {
            at: self.at(second),
            actor: Actor::from_names("terraform", "runner-7"),
            source: Source::Provider,
            kind,
        });
    }
}

fn registration(
    dice: &mut Dice,
    app: &str,
    owner: &str,
    ttl: Span,
    declares_readiness: bool,
) -> Result<Registration, NameError> {
    let version = format!("{:07x}", dice.roll(1 << 28));
    let cents = 4 + dice.roll(180) + if dice.roll(20) == 0 { 400 } else { 0 };
    let cost = format!("{}.{:02}", cents / 100, cents % 100).parse().ok();
    let labels = [("cost-center".to_owned(), (40 + dice.roll(6)).to_string())].into();
    Ok(Registration {
        app: app.parse()?,
        version: version.parse()?,
        owner: owner.parse()?,
        terms: Terms {
            ttl: ttl.into(),
            renew_on: RenewOn::Version,
            idle_after: None,
            ready_timeout: declares_readiness.then(|| Span::minutes(15)),
            hourly_cost: cost.filter(|_| dice.roll(12) > 0),
            labels: Labels::new(labels).unwrap_or_default(),
            teardown: TeardownInputs::default(),
            as_written: std::collections::BTreeMap::new(),
        },
        origin: Origin {
            directory: format!("/srv/{app}/infra"),
            workspace: "default".to_owned(),
            command: "/usr/bin/terraform".to_owned(),
            data_dir: None,
            process: ProcessId {
                pid: 4_242,
                started: "1000".to_owned(),
                host: "runner-7".to_owned(),
            },
            backend: None,
            repository: None,
        },
        policy: policy(),
    })
}

/// Adds the events from creation to readiness, as far as the stack got.
fn start_up(
    dice: &mut Dice,
    builder: &mut EventBuilder,
    kind: u64,
    age: u64,
    declares_readiness: bool,
) {
    if !declares_readiness {
        return;
    }
    let stuck = (66..72).contains(&kind) || (76..80).contains(&kind);
    let mut second = 40 + dice.roll(80);
    if second >= age {
        return;
    }
    builder.event(second, EventKind::Provisioned);
    for (phase, class, long) in PHASES {
        let mark = |state| EventKind::PhaseMarked {
            phase: phase.to_owned(),
            class: Some(class.to_owned()),
            state,
            reported: None,
        };
        if second >= age {
            return;
        }
        builder.event(second, mark(PhaseBoundary::Start));
        second += long + dice.roll(long + 2);
        if second >= age || (stuck && phase == "fetch licence") {
            return;
        }
        builder.event(second, mark(PhaseBoundary::Done));
    }
    builder.event(
        second,
        EventKind::CheckPassed {
            check: "http healthz".to_owned(),
        },
    );
    builder.event(second, EventKind::Ready);
}

/// Adds the last events: a sleep, a teardown, residue, or nothing.
fn last_events(
    dice: &mut Dice,
    builder: &mut EventBuilder,
    kind: u64,
    age: u64,
    mut own: Vec<Resource>,
) {
    let second = age.saturating_sub(20);
    let is_ready = builder
        .events
        .iter()
        .any(|event| matches!(event.kind, EventKind::Ready));
    match kind {
        82..90 if is_ready => {
            let sized = own
                .iter()
                .filter_map(|resource| Some((resource.id.to_string(), resource.size.clone()?)));
            let prior = sized.collect();
            // The reaper wakes half of them.
            let until = kind
                .is_multiple_of(2)
                .then(|| Span::minutes(11 * 60).after(builder.at(age)));
            let second = if age > MIN_AGE_OF_SLEEPER {
                age - 900
            } else {
                second
            };
            if age > MIN_AGE_OF_SLEEPER {
                earlier_sleep(dice, builder);
            }
            builder.event(
                second,
                EventKind::SleepStarted {
                    prior,
                    until,
                    operator: None,
                },
            );
            builder.event(second + 4, EventKind::Slept);
            cloud::asleep(&mut own);
            if !own.is_empty() {
                builder.rated(second + 5, &own);
            }
        }
        90..97 => {
            builder.event(
                second,
                EventKind::TeardownStarted {
                    strategy: Strategy::Terraform,
                    by: Actor::from_names("ana", "laptop"),
                    why: "merged".to_owned(),
                    run: RunId::random(),
                    host: "laptop".to_owned(),
                    pid: 4_711,
                },
            );
            builder.event(
                second + 2,
                EventKind::ResourceDeleted {
                    id: "aws_instance.web[0]".to_owned(),
                },
            );
            if kind >= 94 {
                if kind == 95 {
                    let unchecked = EventKind::ResourceLeft {
                        id: "444455556666/us-east-1".to_owned(),
                        reason: "not_looked: rds did not answer: AccessDenied".to_owned(),
                        blocked_by: None,
                        details: ResidueDetails::default(),
                    };
                    builder.event(second + 4, unchecked);
                }
                let left = EventKind::ResourceLeft {
                    id: "aws_s3_bucket.logs".to_owned(),
                    reason: "the bucket is not empty".to_owned(),
                    blocked_by: Some(format!("{} objects", 1 + dice.roll(900))),
                    details: ResidueDetails {
                        kind: Some("aws_s3_bucket".to_owned()),
                        ..ResidueDetails::default()
                    },
                };
                builder.event(second + 4, left);
                let reason = "1 of 12 resources could not be deleted".to_owned();
                builder.event(second + 5, EventKind::TeardownFailed { reason });
            }
        }
        _ => {}
    }
}

/// A stack that is older than this many seconds has slept before.
const MIN_AGE_OF_SLEEPER: u64 = 3_600;

/// Adds an earlier sleep and wake, so that the time that waking takes is known.
fn earlier_sleep(dice: &mut Dice, builder: &mut EventBuilder) {
    let slept = EventKind::SleepStarted {
        prior: [].into(),
        until: None,
        operator: None,
    };
    for (second, kind) in [
        (1_000, slept),
        (1_030, EventKind::Slept),
        (1_060, EventKind::WakeStarted { operator: None }),
        (1_190 + dice.roll(120), EventKind::Woken),
        (1_340, EventKind::Ready),
    ] {
        builder.event(second, kind);
    }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    Span::from_seconds(seconds).map_or(now, |span| span.before(now))
}

#[cfg(test)]
mod tests {
    use stack::testing::noon;
    use stack::{Flag, Lease, Phase};

    use super::*;

    /// Every demo stack has valid events. Every phase occurs, some stacks sleep until a time, some
    /// are idle, and for some a place could not be checked. The cloud data is the same at every
    /// call.
    #[test]
    fn the_demo_is_complete() {
        let leases = leases(noon(), 400);
        assert_eq!(leases.len(), 400);
        let any = |of: &dyn Fn(&Lease) -> bool| leases.iter().any(of);
        for phase in [
            Phase::Provisioning,
            Phase::Ready,
            Phase::Asleep,
            Phase::Purgatory,
            Phase::TearingDown,
            Phase::Residue,
        ] {
            assert!(any(&|lease| lease.phase_at(noon()) == phase), "{phase:?}");
        }
        assert!(any(&|lease| lease.wake_at.is_some()));
        let has_unchecked = |lease: &Lease| {
            let mut left = lease.residue.values();
            left.any(|left| left.reason.starts_with("not_looked"))
        };
        assert!(any(&has_unchecked));
        let first = snapshot(noon(), &leases, true);
        let second = snapshot(noon(), &leases, true);
        assert_eq!(first.resources, second.resources);
        let ids: std::collections::BTreeSet<_> = first
            .resources
            .iter()
            .map(|resource| &resource.id)
            .collect();
        assert_eq!(ids.len(), first.resources.len(), "every id is unique");
        let cloud = first.view();
        assert_eq!(cloud.unleased(&leases).len(), UNLEASED);
        let view = stack::View::new(noon(), policy(), stack::ReaperStatus::default());
        let view = view.with_cloud(cloud.into());
        let listed: Vec<_> = leases
            .iter()
            .map(|lease| stack::Listing::new(lease, &view))
            .collect();
        assert!(
            listed
                .iter()
                .any(|stack| stack.flags.contains(&Flag::Idle) && stack.idle.wasted_usd.is_some())
        );
        assert!(listed.iter().any(|stack| stack.cost.billed_usd.is_some()));
        let priced = listed
            .iter()
            .filter(|stack| stack.cost.hourly_source.as_deref() == Some("list 2026-02-20"));
        assert!(priced.count() > 200);
    }
}
