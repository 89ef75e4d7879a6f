//! What a sync records of the rules that a stack breaks, and when the stack is due for it.

use std::sync::{Arc, Mutex};

use super::*;
use crate::config::NoncomplianceSetting;
use crate::config::{Account, CheckConfig, Config, CredentialSource};
use crate::due::Cause;
use crate::inventory::MemoryInventory;
use crate::lease::Source;
use crate::ledger::{Ledger, MemoryLedger};
use crate::listing::Flag;
use crate::service::{CloudAccess, Service, SyncMode};
use crate::testing::{
    FakeCloud, ManualClock, actor, new_event, noon, registration, resource, stack_name,
};
use crate::values::id::Seq;
use crate::values::ttl::Span;

/// Rules whose answer a test sets.
#[derive(Default)]
struct Rules(Mutex<Option<Result<LiveVerdict, String>>>);

impl Rules {
    fn say(&self, broken: &[&str], undecided: &[&str]) {
        let broken = broken.iter().map(|address| BrokenRule {
            address: (*address).to_owned(),
            rule: "public_endpoint".to_owned(),
            why: "it is open".to_owned(),
        });
        let undecided = undecided.iter();
        let undecided = undecided.map(|one| ("public_endpoint".to_owned(), (*one).to_owned()));
        let verdict = LiveVerdict {
            broken: broken.collect(),
            undecided: undecided.collect(),
        };
        *self.0.lock().unwrap() = Some(Ok(verdict));
    }
}

impl LiveCheck for Rules {
    fn check(&self, _stack: &LiveStack<'_>) -> Result<LiveVerdict, String> {
        let answer = self.0.lock().unwrap().clone();
        answer.unwrap_or_else(|| Ok(LiveVerdict::default()))
    }
}

struct World {
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
    rules: Arc<Rules>,
    service: Service,
}

/// A stack with one resource, which is synced with these settings.
async fn world(action: NoncompliantAction) -> World {
    let (ledger, clock) = (
        Arc::new(MemoryLedger::new()),
        Arc::new(ManualClock::at(noon())),
    );
    let cloud = FakeCloud::new(vec![resource("ec2:security-group", "sg-1", "checkout-1")]);
    let config = Config {
        accounts: vec![Account {
            name: "sandbox".to_owned(),
            id: "111111111111".to_owned(),
            access: CredentialSource::Standard,
            regions: vec!["eu-west-1".to_owned()],
        }],
        check: CheckConfig {
            noncompliance: NoncomplianceSetting {
                action,
                grace: Some(Span::minutes(30)),
            },
            ..CheckConfig::default()
        },
        ..Config::default()
    };
    let rules = Arc::new(Rules::default());
    let service = Service::new(
        Arc::<MemoryLedger>::clone(&ledger),
        Arc::<ManualClock>::clone(&clock),
        Arc::new(config),
        actor(),
        Source::Reaper,
    );
    let access = CloudAccess::new(Arc::new(cloud), Arc::new(MemoryInventory::new()));
    let begin = EventKind::Requested {
        registration: Box::new(registration()),
    };
    let begin = vec![new_event(noon(), begin)];
    let name = stack_name("checkout-1");
    ledger.append(&name, Seq::NONE, begin).await.unwrap();
    World {
        ledger,
        clock,
        service: service
            .with_cloud(access)
            .with_live_check(Some(Arc::<Rules>::clone(&rules))),
        rules,
    }
}

impl World {
    async fn sync(&self) -> Vec<String> {
        let report = self.service.cloud().sync(SyncMode::Always).await;
        report.unwrap().unwrap().unwritten
    }

    async fn kinds(&self) -> Vec<String> {
        let events = self.ledger.events(&stack_name("checkout-1"), Seq::NONE);
        let kinds = events.await.unwrap().into_iter();
        kinds
            .map(|event| event.kind.name().to_owned())
            .skip(1)
            .collect()
    }

    async fn flags(&self) -> Vec<Flag> {
        let stack = self.service.leases().show(&stack_name("checkout-1")).await;
        stack.unwrap().listing.flags
    }
}

/// Findings are recorded once, again when they change, and until the check finds none. A rule that
/// cannot be decided any more stays broken.
#[tokio::test]
async fn changes_of_findings_are_recorded() {
    let world = world(NoncompliantAction::Flag).await;
    world.sync().await;
    assert_eq!(world.kinds().await, [""; 0]);
    world.rules.say(&["sg-1"], &[]);
    world.sync().await;
    world.sync().await;
    assert_eq!(world.kinds().await, ["noncompliant"]);
    assert!(world.flags().await.contains(&Flag::Noncompliant));
    world.rules.say(&[], &["sg-1"]);
    world.sync().await;
    assert_eq!(world.kinds().await, ["noncompliant"]);
    world.rules.say(&["sg-1", "sg-2"], &[]);
    world.sync().await;
    world.rules.say(&[], &["sg-3"]);
    world.sync().await;
    let expected = ["noncompliant", "noncompliant", "compliant"];
    assert_eq!(world.kinds().await, expected);
    assert!(!world.flags().await.contains(&Flag::Noncompliant));
}

/// Without the setting, nothing is checked; rules that fail are a problem of the sync, and no pass.
#[tokio::test]
async fn failing_rules_change_nothing() {
    let off = world(NoncompliantAction::Off).await;
    off.rules.say(&["sg-1"], &[]);
    off.sync().await;
    assert_eq!(off.kinds().await, [""; 0]);
    let on = world(NoncompliantAction::Flag).await;
    on.rules.say(&["sg-1"], &[]);
    on.sync().await;
    *on.rules.0.lock().unwrap() = Some(Err("own.rego:3:1: it failed".to_owned()));
    assert_eq!(on.sync().await, ["own.rego:3:1: it failed"]);
    assert_eq!(on.kinds().await, ["noncompliant"]);
}

/// The stack is due after the grace only where the configuration says so, and its owner has a
/// warning first.
#[tokio::test]
async fn a_stack_is_due_only_where_configured() {
    for (action, is_due) in [
        (NoncompliantAction::Flag, false),
        (NoncompliantAction::Due, true),
    ] {
        let world = world(action).await;
        world.rules.say(&["sg-1"], &[]);
        world.sync().await;
        let survey = world.service.reaper().survey().await.unwrap();
        let warned = survey.due_warnings(world.service.config());
        let keys: Vec<String> = warned.iter().map(|warning| warning.kind.key()).collect();
        let expected: &[&str] = if is_due { &["noncompliant"] } else { &[] };
        assert_eq!(keys, expected);
        let runs = std::path::Path::new("runs");
        let docket = survey.docket(world.service.config(), runs);
        assert!(docket.tasks.is_empty(), "not before the grace: {docket:?}");
        world.clock.set(Span::minutes(31).after(noon()));
        let survey = world.service.reaper().survey().await.unwrap();
        let docket = survey.docket(world.service.config(), runs);
        let causes: Vec<&str> = docket.tasks.iter().map(|task| task.why.as_str()).collect();
        let expected: &[&str] = if is_due {
            &[Cause::Noncompliance.as_str()]
        } else {
            &[]
        };
        assert_eq!(causes, expected);
    }
}

/// The event names a hundred broken rules, and says how many more there are.
#[test]
fn an_event_has_a_limit() {
    let event = new_event(
        noon(),
        EventKind::Requested {
            registration: Box::new(registration()),
        },
    );
    let lease = Lease::apply(None, &event.into_event(stack_name("many"), Seq(1))).unwrap();
    let broken = (0..130).map(|number| BrokenRule {
        address: format!("sg-{number:03}"),
        rule: "public_endpoint".to_owned(),
        why: "open".to_owned(),
    });
    let verdict = LiveVerdict {
        broken: broken.collect(),
        undecided: BTreeSet::new(),
    };
    let Some(EventKind::Noncompliant { findings, more }) = next(&lease, &verdict) else {
        panic!("no event");
    };
    assert_eq!((findings.len(), more), (100, 30));
}
