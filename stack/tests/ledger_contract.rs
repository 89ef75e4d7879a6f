//! The contract of a ledger. Each package that implements one includes this file and runs
//! [`ledger_contract`] on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use stack::breaker::{BreakerEvent, BreakerEventKind, Breakers};
use stack::lease::{EventKind, NewEvent};
use stack::ledger::{Cursor, Scope, SettingsEvent, SettingsEventKind};
use stack::pool::{Pool, PoolEvent, PoolEventKind};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::testing::{actor, new_event, noon, registration, stack_name};
use stack::{
    DependencyName, Ledger, LedgerError, Owner, Phase, PoolName, ReaperStatus, RunId, Seq, Span,
};

/// Makes one test of each law in a module. `$new` is a function without arguments that returns a
/// future of an empty ledger, and of what has to live as long as it. The caller declares this file
/// as `contract` and imports the macro.
macro_rules! ledger_contract {
    ($module:ident, $new:path) => {
        mod $module {
            super::ledger_contract! { @laws $new,
                /// Appended events are read back unchanged, numbered from 1.
                appended_events_are_read_back;
                /// An append after an old number is a lost race. The error has both numbers, and
                /// nothing is written.
                a_lost_race_writes_nothing;
                /// Events that the transition function refuses are refused together, and nothing
                /// is written.
                illegal_events_write_nothing;
                /// Of many appends after the same event, exactly one succeeds.
                one_wins_a_race;
                /// Callers that decide again after each lost race append every event exactly once,
                /// in sequence.
                every_acknowledged_event_is_there_once;
                /// The live list leaves out stacks that are gone, the full list does not. Both are
                /// sorted by name.
                lists_are_by_name_and_scope;
                /// A name that is gone can start a new lease, and its sequence numbers continue.
                a_name_can_be_used_again;
                /// The log returns every event once, each stack's in sequence, and continues at
                /// the cursor.
                the_log_continues_at_the_cursor;
                /// A pool has conditional appends and its own sequence, separate from other pools
                /// and stacks.
                pools_have_sequences_of_their_own;
                /// The reaper's log has conditional appends and its own sequence.
                the_reaper_has_a_sequence_of_its_own;
                /// The circuit breakers have conditional appends and their own sequence, and keep
                /// an event that this version does not know.
                the_breakers_have_a_sequence_of_their_own;
                /// The settings have conditional appends and their own sequence.
                the_settings_have_a_sequence_of_their_own;
                /// The id of a ledger never changes.
                the_id_stays;
            }
        }
    };
    (@laws $new:path, $($(#[$doc:meta])* $law:ident;)*) => {
        $($(#[$doc])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $law() {
            let (ledger, _kept) = $new().await;
            super::contract::$law(std::sync::Arc::new(ledger)).await;
        })*
    };
}
pub(crate) use ledger_contract;

fn requested() -> NewEvent {
    new_event(
        noon(),
        EventKind::Requested {
            registration: Box::new(registration()),
        },
    )
}

fn activity(signal: &str) -> NewEvent {
    new_event(
        noon(),
        EventKind::Activity {
            signal: signal.to_owned(),
        },
    )
}

pub(crate) async fn appended_events_are_read_back(ledger: Arc<dyn Ledger>) {
    let name = stack_name("checkout-pr-1");
    assert_eq!(ledger.lease(&name).await.unwrap(), None);
    assert_eq!(ledger.events(&name, Seq::NONE).await.unwrap(), []);
    let mut written = vec![requested(), activity("touch \u{1f600} \"quoted\"")];
    // A ledger truncates times to milliseconds before it folds.
    written[1].at = "2026-03-02T12:00:01.123456789Z".parse().unwrap();
    let lease = ledger
        .append(&name, Seq::NONE, written.clone())
        .await
        .unwrap();
    written[1].at = "2026-03-02T12:00:01.123Z".parse().unwrap();
    let expected: Vec<_> = written
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| event.into_event(name.clone(), Seq(seq)))
        .collect();
    assert_eq!(ledger.events(&name, Seq::NONE).await.unwrap(), expected);
    assert_eq!(ledger.events(&name, Seq(1)).await.unwrap(), expected[1..]);
    assert_eq!(ledger.lease(&name).await.unwrap(), Some(lease.clone()));
    assert_eq!(
        stack::Lease::fold(None, &expected).unwrap(),
        Some(lease.clone())
    );
    assert_eq!(lease.last_seq(), Seq(2));
}

pub(crate) async fn a_lost_race_writes_nothing(ledger: Arc<dyn Ledger>) {
    let name = stack_name("checkout-pr-1");
    ledger
        .append(&name, Seq::NONE, vec![requested()])
        .await
        .unwrap();
    for wrong in [Seq::NONE, Seq(2)] {
        let error = ledger
            .append(&name, wrong, vec![activity("touch")])
            .await
            .unwrap_err();
        let LedgerError::Raced {
            expected,
            found,
            stream,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*expected, *found), (wrong, Seq(1)));
        assert_eq!(stream, "stack \"checkout-pr-1\"");
    }
    assert_eq!(ledger.events(&name, Seq::NONE).await.unwrap().len(), 1);
}

pub(crate) async fn illegal_events_write_nothing(ledger: Arc<dyn Ledger>) {
    let name = stack_name("checkout-pr-1");
    let woken = || new_event(noon(), EventKind::Woken);
    let first = ledger
        .append(&name, Seq::NONE, vec![woken()])
        .await
        .unwrap_err();
    assert!(matches!(first, LedgerError::Illegal { .. }), "{first}");
    let nothing = ledger
        .append(&name, Seq::NONE, Vec::new())
        .await
        .unwrap_err();
    assert!(matches!(nothing, LedgerError::Nothing { .. }), "{nothing}");
    assert_eq!(ledger.lease(&name).await.unwrap(), None);

    let lease = ledger
        .append(&name, Seq::NONE, vec![requested()])
        .await
        .unwrap();
    let half = vec![activity("touch"), woken()];
    let second = ledger.append(&name, Seq(1), half).await.unwrap_err();
    assert!(second.to_string().contains("checkout-pr-1"), "{second}");
    assert_eq!(ledger.lease(&name).await.unwrap(), Some(lease));
    assert_eq!(
        ledger.log(&Cursor::start(), 10).await.unwrap().events.len(),
        1
    );
}

pub(crate) async fn one_wins_a_race(ledger: Arc<dyn Ledger>) {
    let name = stack_name("checkout-pr-1");
    ledger
        .append(&name, Seq::NONE, vec![requested()])
        .await
        .unwrap();
    for round in 1..=10 {
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let (ledger, name) = (Arc::clone(&ledger), name.clone());
                tokio::spawn(async move {
                    ledger
                        .append(&name, Seq(round), vec![activity("touch")])
                        .await
                })
            })
            .collect();
        let mut won = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(lease) => {
                    won += 1;
                    assert_eq!(lease.last_seq(), Seq(round + 1));
                }
                Err(error) => assert!(error.is_raced(), "{error}"),
            }
        }
        assert_eq!(won, 1, "in round {round}");
    }
}

pub(crate) async fn every_acknowledged_event_is_there_once(ledger: Arc<dyn Ledger>) {
    const TASKS: usize = 8;
    const EACH: usize = 10;
    let names = [stack_name("one"), stack_name("two")];
    for name in &names {
        ledger
            .append(name, Seq::NONE, vec![requested()])
            .await
            .unwrap();
    }
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (ledger, name) = (Arc::clone(&ledger), names[task % names.len()].clone());
            tokio::spawn(async move {
                for number in 0..EACH {
                    loop {
                        let seq = ledger.lease(&name).await.unwrap().unwrap().last_seq();
                        let event = activity(&format!("{task}/{number}"));
                        match ledger.append(&name, seq, vec![event]).await {
                            Ok(_) => break,
                            Err(error) => assert!(error.is_raced(), "{error}"),
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut signals = BTreeSet::new();
    for name in &names {
        let events = ledger.events(name, Seq::NONE).await.unwrap();
        assert_eq!(events.len(), 1 + TASKS * EACH / names.len());
        for (event, seq) in events.iter().zip(1..) {
            assert_eq!(event.seq, Seq(seq));
            if let EventKind::Activity { signal } = &event.kind {
                assert!(signals.insert(signal.clone()), "{signal} twice");
            }
        }
    }
    assert_eq!(signals.len(), TASKS * EACH);
}

pub(crate) async fn lists_are_by_name_and_scope(ledger: Arc<dyn Ledger>) {
    for name in ["c", "a", "b"] {
        ledger
            .append(&stack_name(name), Seq::NONE, vec![requested()])
            .await
            .unwrap();
    }
    let released = new_event(noon(), EventKind::Released);
    ledger
        .append(&stack_name("b"), Seq(1), vec![released])
        .await
        .unwrap();
    for (scope, expected) in [
        (Scope::Live, vec!["a", "c"]),
        (Scope::All, vec!["a", "b", "c"]),
    ] {
        let leases = ledger.leases(scope).await.unwrap();
        let names: Vec<_> = leases.iter().map(|lease| lease.name.as_str()).collect();
        assert_eq!(names, expected);
        for lease in &leases {
            assert_eq!(
                ledger.lease(&lease.name).await.unwrap().as_ref(),
                Some(lease)
            );
        }
    }
}

pub(crate) async fn a_name_can_be_used_again(ledger: Arc<dyn Ledger>) {
    let name = stack_name("checkout-pr-1");
    let released = new_event(noon(), EventKind::Released);
    let gone = ledger
        .append(&name, Seq::NONE, vec![requested(), released])
        .await
        .unwrap();
    assert_eq!(gone.recorded_phase, Phase::Gone);
    let again = ledger
        .append(&name, Seq(2), vec![requested()])
        .await
        .unwrap();
    assert_eq!(
        (again.recorded_phase, again.last_seq()),
        (Phase::Ready, Seq(3))
    );
    assert_eq!(ledger.leases(Scope::Live).await.unwrap(), [again]);
}

pub(crate) async fn the_log_continues_at_the_cursor(ledger: Arc<dyn Ledger>) {
    let (one, two) = (stack_name("one"), stack_name("two"));
    let empty = ledger.log(&Cursor::start(), 10).await.unwrap();
    assert_eq!((empty.events.len(), &empty.next), (0, &Cursor::start()));
    ledger
        .append(&one, Seq::NONE, vec![requested(), activity("a")])
        .await
        .unwrap();
    ledger
        .append(&two, Seq::NONE, vec![requested()])
        .await
        .unwrap();
    ledger
        .append(&one, Seq(2), vec![activity("b")])
        .await
        .unwrap();

    let first = ledger.log(&Cursor::start(), 3).await.unwrap();
    assert!((1..=3).contains(&first.events.len()));
    let (mut events, mut cursor) = (first.events, first.next);
    loop {
        let page = ledger.log(&cursor, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.events.len() <= 3 && page.damaged.is_empty());
        events.extend(page.events);
        cursor = page.next;
    }
    for (stack, expected) in [("one", vec![1, 2, 3]), ("two", vec![1])] {
        let of_stack = events.iter().filter(|event| event.stack.as_str() == stack);
        let numbers: Vec<_> = of_stack.map(|event| event.seq.0).collect();
        assert_eq!(numbers, expected, "{stack}");
    }
    let end = ledger.log(&cursor, 3).await.unwrap();
    assert_eq!((end.events.len(), &end.next), (0, &cursor));
    assert_eq!(ledger.end().await.unwrap(), cursor);
    ledger
        .append(&two, Seq(1), vec![activity("c")])
        .await
        .unwrap();
    let more = ledger.log(&end.next, 3).await.unwrap();
    assert_eq!(more.events.len(), 1);
}

fn entered(name: &str) -> PoolEvent {
    PoolEvent {
        seq: Seq::NONE,
        at: noon(),
        actor: actor(),
        kind: PoolEventKind::Entered {
            stack: stack_name(name),
            process: None,
        },
    }
}

pub(crate) async fn pools_have_sequences_of_their_own(ledger: Arc<dyn Ledger>) {
    let ana = PoolName::live(&Owner::new("ana").unwrap());
    let inits = PoolName::inits();
    assert_eq!(ledger.pool(&ana).await.unwrap().last_seq(), Seq::NONE);
    let events = vec![entered("one"), entered("two")];
    let pool = ledger.append_pool(&ana, Seq::NONE, events).await.unwrap();
    assert_eq!(pool.last_seq(), Seq(2));
    let error = ledger
        .append_pool(&ana, Seq(1), vec![entered("three")])
        .await
        .unwrap_err();
    assert!(error.is_raced(), "{error}");
    let left = PoolEvent {
        kind: PoolEventKind::Left {
            stack: stack_name("one"),
        },
        ..entered("one")
    };
    let pool = ledger.append_pool(&ana, Seq(2), vec![left]).await.unwrap();
    assert!(!pool.contains(&stack_name("one")) && pool.contains(&stack_name("two")));
    assert_eq!(ledger.pool(&ana).await.unwrap(), pool);
    assert_eq!(ledger.pool(&inits).await.unwrap().last_seq(), Seq::NONE);
    assert_eq!(ledger.pools().await.unwrap(), std::slice::from_ref(&ana));
    let events = ledger.pool_events(&ana, Seq::NONE).await.unwrap();
    assert_eq!(Pool::default().fold(&events), pool);
    assert_eq!(ledger.pool_events(&ana, Seq(1)).await.unwrap(), events[1..]);
    assert_eq!(ledger.pool_events(&inits, Seq::NONE).await.unwrap(), []);
    assert!(ledger.leases(Scope::All).await.unwrap().is_empty());
}

pub(crate) async fn the_reaper_has_a_sequence_of_its_own(ledger: Arc<dyn Ledger>) {
    let event = |at: Timestamp, kind| ReaperEvent {
        seq: Seq::NONE,
        at,
        actor: actor(),
        kind,
    };
    let started = ReaperEventKind::RunStarted {
        run: RunId::random(),
        interval: Span::minutes(15),
        host: "laptop".to_owned(),
        pid: 1,
        budgets: Vec::new(),
    };
    assert_eq!(ledger.reaper().await.unwrap().last_seq, Seq::NONE);
    let events = vec![event(noon(), started)];
    let status = ledger.append_reaper(Seq::NONE, events).await.unwrap();
    assert_eq!(
        status.last_run.as_ref().map(|run| run.started_at),
        Some(noon())
    );
    let paused = || vec![event(noon(), ReaperEventKind::Paused { why: None })];
    let error = ledger.append_reaper(Seq::NONE, paused()).await.unwrap_err();
    assert!(error.is_raced(), "{error}");
    let status = ledger.append_reaper(Seq(1), paused()).await.unwrap();
    assert_eq!(ledger.reaper().await.unwrap(), status);
    assert!(status.paused.is_some() && status.last_run.is_some());
    let events = ledger.reaper_events(Seq::NONE).await.unwrap();
    assert_eq!(ReaperStatus::default().fold(&events), status);
    assert_eq!(ledger.reaper_events(Seq(2)).await.unwrap(), []);
}

pub(crate) async fn the_breakers_have_a_sequence_of_their_own(ledger: Arc<dyn Ledger>) {
    let event = |kind| BreakerEvent {
        seq: Seq::NONE,
        at: noon(),
        actor: actor(),
        kind,
    };
    let (vault, db) = ("http https://vault:8200/health", "tcp db:5432");
    let [vault, db] = [vault, db].map(|name| DependencyName::new(name).unwrap());
    let failed = |dependency: &DependencyName| {
        event(BreakerEventKind::Failed {
            dependency: dependency.clone(),
            stack: stack_name("one"),
            reason: "no connection".to_owned(),
            probe_at: Span::minutes(1).after(noon()),
        })
    };
    assert_eq!(ledger.breakers().await.unwrap(), Breakers::default());
    let events = vec![failed(&vault), failed(&db)];
    let state = ledger.append_breakers(Seq::NONE, events).await.unwrap();
    assert_eq!(state.last_seq(), Seq(2));
    let late = ledger.append_breakers(Seq(1), vec![failed(&db)]).await;
    assert!(late.unwrap_err().is_raced());
    let recovered = event(BreakerEventKind::Recovered {
        dependency: vault.clone(),
        stack: stack_name("two"),
    });
    let later = vec![recovered, event(BreakerEventKind::Unknown)];
    let state = ledger.append_breakers(Seq(2), later).await.unwrap();
    assert!(state.get(&vault).is_none() && state.get(&db).is_some());
    assert_eq!(ledger.breakers().await.unwrap(), state);
    let events = ledger.breaker_events(Seq::NONE).await.unwrap();
    assert_eq!(events.len(), 4);
    assert_eq!(Breakers::default().fold(&events), state);
    assert_eq!(ledger.breaker_events(Seq(3)).await.unwrap(), events[3..]);
    assert_eq!(ledger.pools().await.unwrap(), []);
}

pub(crate) async fn the_settings_have_a_sequence_of_their_own(ledger: Arc<dyn Ledger>) {
    let event = |policy: &str| SettingsEvent {
        seq: Seq::NONE,
        at: noon(),
        actor: actor(),
        kind: SettingsEventKind::PolicyPushed {
            policy: policy.to_owned(),
        },
    };
    assert_eq!(ledger.settings().await.unwrap().policy, None);
    let pushed = vec![event("max_ttl = \"7d\"")];
    let settings = ledger.append_settings(Seq::NONE, pushed).await.unwrap();
    assert_eq!(settings.last_seq, Seq(1));
    let late = ledger.append_settings(Seq::NONE, vec![event("")]).await;
    assert!(late.unwrap_err().is_raced());
    assert_eq!(ledger.settings().await.unwrap(), settings);
    assert_eq!(settings.policy.unwrap().text, "max_ttl = \"7d\"");
    assert_eq!(
        ledger.settings_events(Seq::NONE).await.unwrap(),
        [SettingsEvent {
            seq: Seq(1),
            ..event("max_ttl = \"7d\"")
        }]
    );
}

pub(crate) async fn the_id_stays(ledger: Arc<dyn Ledger>) {
    let id = ledger.id().await.unwrap();
    ledger
        .append(&stack_name("one"), Seq::NONE, vec![requested()])
        .await
        .unwrap();
    assert_eq!(ledger.id().await.unwrap(), id);
}
