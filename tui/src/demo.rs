//! A made-up but lifelike world: every phase and flag that a ledger alone can tell, the same at every call.

use jiff::Timestamp;
use stack::lease::{Mark, NewEvent, ProcessId, Strategy, TeardownInputs, Terms};
use stack::{
    Actor, Elapsed, Event, EventKind, Labels, Lease, NameError, Origin, Policy, Registration,
    RenewOn, RunId, Seq, Source, Span, StackName,
};

/// One made-up stack.
pub(crate) type Story = (StackName, Vec<NewEvent>);

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
    ("restore snapshot", "database", 95),
    ("migrate schema", "database", 12),
    ("fetch licence", "dependency", 3),
    ("warm caches", "cache", 31),
    ("join mesh", "network", 8),
];
const WHYS: [&str; 3] = [
    "demo on Thursday",
    "load test runs over night",
    "reproducing INC-2041",
];

/// The policy of this world: `prod-*` is protected.
pub(crate) fn policy() -> Policy {
    Policy {
        max_ttl: Some(Span::minutes(7 * 24 * 60)),
        max_hold: Some(Span::minutes(3 * 24 * 60)),
        max_hourly_usd: "4.50".parse().ok(),
        protected: vec!["prod-*".to_owned()],
        ..Policy::default()
    }
}

/// So many stacks as they stand at a moment.
pub(crate) fn stories(now: Timestamp, stacks: usize) -> Vec<Story> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..stacks)
        .filter_map(|at| story(&mut dice, now, at).ok())
        .collect()
}

/// The same as leases.
pub(crate) fn leases(now: Timestamp, stacks: usize) -> Vec<Lease> {
    stories(now, stacks)
        .into_iter()
        .filter_map(|(name, events)| {
            let placed = events.into_iter().zip(1..);
            let placed: Vec<Event> = placed
                .map(|(event, seq)| event.placed(name.clone(), Seq(seq)))
                .collect();
            Lease::fold(None, &placed).ok().flatten()
        })
        .collect()
}

/// A sequence that looks like chance and is always the same.
struct Dice(u64);

impl Dice {
    /// A number below a limit.
    fn roll(&mut self, below: u64) -> u64 {
        // xorshift64*: short, and even enough to make up a world.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % below.max(1)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let at = self.roll(u64::try_from(list.len()).unwrap_or(1));
        list.get(usize::try_from(at).unwrap_or(0)).copied()
    }
}

fn story(dice: &mut Dice, now: Timestamp, at: usize) -> Result<Story, NameError> {
    let app = dice.of(&APPS).unwrap_or("checkout");
    let owner = dice.of(&OWNERS).unwrap_or("ana@example.com");
    let ttl = Span::minutes(dice.of(&TTLS).unwrap_or(480));
    let kind = dice.roll(100);
    // How much of its TTL has passed, in thousandths; some have none left, and their reaper is due.
    let passed = match kind {
        0..60 => 20 + dice.roll(900),
        60..72 => dice.roll(60),
        72..80 => 1_001 + dice.roll(60),
        _ => 100 + dice.roll(800),
    };
    let age = (ttl.seconds() * passed / 1_000).max(40);
    let name = StackName::new(format!("{app}-pr-{}", 100 + at))?;
    let promises = !kind.is_multiple_of(3) || (60..80).contains(&kind);
    let registration = registration(dice, app, owner, ttl, promises)?;
    let mut told = Telling {
        began: before(now, age),
        events: Vec::new(),
    };
    told.event(
        0,
        EventKind::Requested {
            registration: Box::new(registration),
        },
    );
    told.event(2, EventKind::Recorded { origin: None });
    life(dice, &mut told, kind, age, promises);
    if dice.roll(100) < 9 {
        let until = Span::minutes(u32::try_from(60 + dice.roll(2_000)).unwrap_or(60)).after(now);
        let why = dice.of(&WHYS).unwrap_or("a demo").to_owned();
        told.event(age.saturating_sub(30), EventKind::Held { until, why });
    }
    ending(dice, &mut told, kind, age);
    // What was made up out of order is told in order.
    told.events.sort_by_key(|event| event.at);
    Ok((name, told.events))
}

struct Telling {
    began: Timestamp,
    events: Vec<NewEvent>,
}

impl Telling {
    fn event(&mut self, second: u64, kind: EventKind) {
        self.events.push(NewEvent {
            at: Elapsed::from_millis(second * 1_000).after(self.began),
            actor: Actor::of("terraform", "runner-7"),
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
    promises: bool,
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
            ready_timeout: promises.then(|| Span::minutes(15)),
            hourly_cost: cost.filter(|_| dice.roll(12) > 0),
            labels: Labels::new(labels).unwrap_or_default(),
            teardown: TeardownInputs::default(),
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
        },
        policy: policy(),
    })
}

/// From creation to readiness, as far as it came.
fn life(dice: &mut Dice, told: &mut Telling, kind: u64, age: u64, promises: bool) {
    if !promises {
        return;
    }
    let stuck = (66..72).contains(&kind) || (76..80).contains(&kind);
    let mut second = 40 + dice.roll(80);
    if second >= age {
        return;
    }
    told.event(second, EventKind::Provisioned);
    for (phase, class, long) in PHASES {
        let mark = |state| EventKind::PhaseMarked {
            phase: phase.to_owned(),
            class: Some(class.to_owned()),
            state,
            told: None,
        };
        if second >= age {
            return;
        }
        told.event(second, mark(Mark::Start));
        second += long + dice.roll(long + 2);
        if second >= age || (stuck && phase == "fetch licence") {
            return;
        }
        told.event(second, mark(Mark::Done));
    }
    told.event(
        second,
        EventKind::CheckPassed {
            check: "http healthz".to_owned(),
        },
    );
    told.event(second, EventKind::Ready);
}

/// What became of it in the end.
fn ending(dice: &mut Dice, told: &mut Telling, kind: u64, age: u64) {
    let second = age.saturating_sub(20);
    let is_ready = told
        .events
        .iter()
        .any(|event| matches!(event.kind, EventKind::Ready));
    match kind {
        86..90 if is_ready => {
            told.event(
                second,
                EventKind::SleepStarted {
                    prior: [].into(),
                    until: None,
                    hand: None,
                },
            );
            told.event(second + 4, EventKind::Slept);
        }
        90..97 => {
            told.event(
                second,
                EventKind::TeardownStarted {
                    strategy: Strategy::Terraform,
                    by: Actor::of("ana", "laptop"),
                    why: "merged".to_owned(),
                    run: RunId::random(),
                    host: "laptop".to_owned(),
                    pid: 4_711,
                },
            );
            told.event(
                second + 2,
                EventKind::ResourceDeleted {
                    id: "aws_instance.web[0]".to_owned(),
                },
            );
            if kind >= 94 {
                let left = EventKind::ResourceLeft {
                    id: "aws_s3_bucket.logs".to_owned(),
                    reason: "the bucket is not empty".to_owned(),
                    blocked_by: Some(format!("{} objects", 1 + dice.roll(900))),
                };
                told.event(second + 4, left);
                let reason = "1 of 12 resources could not be deleted".to_owned();
                told.event(second + 5, EventKind::TeardownFailed { reason });
            }
        }
        _ => {}
    }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    Span::from_seconds(seconds).map_or(now, |span| span.before(now))
}
