//! The policy in the ledger: it counts instead of that of the config file, and is pushed once.

use super::*;
use crate::ledger::SqliteLedger;

const STRICT: &str = "[policy]\nmax_ttl = \"9h\"\nmax_hold = \"1h\"\nmax_live_per_owner = 1\n";

/// The policy in the ledger refuses what the file allows: at registration, extend and hold.
#[tokio::test]
async fn the_ledger_refuses_what_the_file_allows() {
    let world = world(Policy::default());
    let lease = world.open("a").await;
    world.ledger.push(STRICT).await;
    let leases = world.service.leases();
    let until = span("2h").after(noon());
    for refused in [
        leases.extend(&lease.name, span("2h")).await.map(|_| ()),
        leases.hold(&lease.name, until, "a demo").await.map(|_| ()),
    ] {
        let refusals = refused.unwrap_err().refusals().len();
        assert_eq!(refusals, 1);
    }
    let full = leases.open(&stack_name("b"), registration(), &alive).await;
    assert!(matches!(
        full,
        Err(ServiceError::OwnerFull { limit: 1, .. })
    ));
    let mut longer = registration();
    longer.terms.ttl = "10h".parse().unwrap();
    let refused = leases.open(&stack_name("c"), longer, &alive).await;
    assert_eq!(refused.unwrap_err().refusals().len(), 1);
}

/// The policy in the ledger allows what the file refuses, and a registration records it. A new
/// policy counts for a service that is already running.
#[tokio::test]
async fn the_ledger_allows_what_the_file_refuses() {
    let world = world(Policy {
        max_ttl: Some(span("1h")),
        max_hold: Some(span("1m")),
        ..Policy::default()
    });
    let leases = world.service.leases();
    let refused = leases.open(&stack_name("a"), registration(), &alive).await;
    assert_eq!(refused.unwrap_err().refusals().len(), 1);
    world
        .ledger
        .push("[policy]\nmax_ttl = \"9h\"\nprotected = [\"a\"]\n")
        .await;
    let lease = world.open("a").await;
    assert_eq!(lease.max_ttl, Some(span("9h")));
    assert!(world.service.teardowns().protects(&lease).await.unwrap());
    let view = leases.view().await.unwrap();
    assert_eq!(view.policy.max_ttl, Some(span("9h")));
    let until = span("2h").after(noon());
    leases.hold(&lease.name, until, "a demo").await.unwrap();
    world.ledger.push("[policy]\n").await;
    assert!(!world.service.teardowns().protects(&lease).await.unwrap());
}

/// An invalid policy is an error with the ledger, the pusher, the time and the line. Calls that
/// need no limit still work.
#[tokio::test]
async fn an_invalid_policy_names_its_author() {
    let world = world(Policy::default());
    let lease = world.open("a").await;
    world.ledger.push("[policy]\nmax_tll = \"9h\"\n").await;
    let leases = world.service.leases();
    let error = leases.extend(&lease.name, span("1m")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy in the ledger memory, which ben@desk pushed at 2026-03-02T12:00:00Z, is \
         invalid: line 2: unknown key \"max_tll\" in [policy]: did you mean \"max_ttl\"?; push a \
         valid one with `jiti policy push FILE`, or upgrade jiti if a newer version pushed it"
    );
    assert!(leases.view().await.is_err());
    leases.unhold(&lease.name).await.unwrap();
    leases.release(&lease.name).await.unwrap();
}

/// If the settings cannot be read, the limits of the file do not count instead. A release still
/// works.
#[tokio::test]
async fn unreadable_settings_are_an_error() {
    let world = world(one_init());
    let lease = world.open("a").await;
    *world.ledger.are_settings_broken.lock().unwrap() = true;
    let leases = world.service.leases();
    let error = leases.extend(&lease.name, span("1m")).await.unwrap_err();
    assert!(matches!(error, ServiceError::Ledger(_)), "{error}");
    let refused = leases.open(&stack_name("b"), registration(), &alive).await;
    assert!(matches!(refused, Err(ServiceError::Ledger(_))));
    assert!(world.service.teardowns().protects(&lease).await.is_err());
    leases.release(&lease.name).await.unwrap();
}

/// A service with a given policy never reads the settings.
#[tokio::test]
async fn a_given_policy_is_not_read_again() {
    let world = world(Policy::default());
    world.ledger.push(STRICT).await;
    let service = world.service.clone().with_policy(Arc::default());
    let leases = service.leases();
    leases
        .open(&stack_name("a"), registration(), &alive)
        .await
        .unwrap();
    leases.extend(&stack_name("a"), span("2d")).await.unwrap();
    assert_eq!(*world.ledger.settings_reads.lock().unwrap(), 0);
}

/// A push is an event with its author. The same text again writes nothing.
#[tokio::test]
async fn a_push_is_an_event() {
    let world = world(Policy::default());
    let pushed = world.service.push_policy(STRICT).await.unwrap();
    assert_eq!((pushed.is_new, pushed.former), (true, None));
    world.clock.advance(span("1h"));
    let again = world.service.push_policy(STRICT).await.unwrap();
    assert!(!again.is_new);
    assert_eq!(again.policy, pushed.policy);
    let other = world.service.push_policy("[policy]\n").await.unwrap();
    assert_eq!(other.former, Some(pushed.policy));
    let events = world.ledger.settings_events(Seq::NONE).await.unwrap();
    let each = events.iter().map(|event| (event.at, event.actor.clone()));
    assert_eq!(
        each.collect::<Vec<_>>(),
        [(noon(), actor()), (span("1h").after(noon()), actor())]
    );
}

/// A push that loses a race decides again: it replaces the policy of the winner, and writes nothing
/// if that is the same.
#[tokio::test]
async fn a_lost_push_decides_again() {
    let world = world(Policy::default());
    let rival = |text: &str| *world.ledger.rival_policy.lock().unwrap() = Some(text.to_owned());
    rival("[policy]\n");
    let pushed = world.service.push_policy(STRICT).await.unwrap();
    assert_eq!(pushed.former.unwrap().text, "[policy]\n");
    rival("[policy]\ngrace = \"2h\"\n");
    let text = "[policy]\ngrace = \"2h\"\n";
    let pushed = world.service.push_policy(text).await.unwrap();
    assert_eq!(
        (pushed.is_new, pushed.policy.by.as_str()),
        (false, "ben@desk")
    );
    let events = world.ledger.settings_events(Seq::NONE).await.unwrap();
    assert_eq!(events.len(), 3);
}

/// Pushes of several processes at the same time are all events.
#[tokio::test]
async fn pushes_at_the_same_time_all_count() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteLedger::at(folder.path().join("ledger.db")));
    let service = Service::new(
        Arc::<SqliteLedger>::clone(&ledger),
        Arc::new(ManualClock::at(noon())),
        Arc::default(),
        actor(),
        Source::Cli,
    );
    let push = |hours: u32| {
        let service = service.clone();
        async move {
            let text = format!("[policy]\ngrace = \"{hours}h\"\n");
            service.push_policy(&text).await.unwrap()
        }
    };
    let pushed = tokio::join!(push(1), push(2), push(3), push(4));
    assert!(pushed.0.is_new && pushed.1.is_new && pushed.2.is_new && pushed.3.is_new);
    let events = ledger.settings_events(Seq::NONE).await.unwrap();
    assert_eq!(events.len(), 4);
}
