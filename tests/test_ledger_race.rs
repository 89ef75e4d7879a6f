//! Eight processes write to one shared ledger through a proxy that loses answers, delays, throttles
//! and cancels transactions. A checker then compares the history of every process with the ledger.
//!
//! The processes run this same test binary with `child_that_writes`. `JITI_RACE_SECONDS` sets how
//! long they write; without it, a short form runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::dynamo_faults::{DynamoFaults, FaultRates};
use e2e::dynamodb::{self, DynamoServer};
use serde_json::{Value, json};
use stack::lease::EventKind;
use stack::ledger::{Cursor, Scope};
use stack::process::Liveness;
use stack::service::{Service, ServiceError};
use stack::testing::{actor, new_event, registration};
use stack::{Config, Lease, Ledger, Owner, PoolName, Seq, Source, StackName, SystemClock};

const PROCESSES: u64 = 8;
const MAX_LIVE: u32 = 8;

/// The number of stacks: in the short form, few enough that most have a lease after a moment.
fn stacks(seconds: u64) -> u32 {
    if seconds < 60 { 50 } else { 1_000 }
}

/// How long the processes write.
fn seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment chooses the long form of this test"
    )]
    let chosen = std::env::var("JITI_RACE_SECONDS").ok();
    chosen.map_or(8, |text| {
        text.parse().expect("JITI_RACE_SECONDS is a number")
    })
}

/// Microseconds of the clock that all processes of this machine share.
fn now() -> u64 {
    u64::try_from(stack::Clock::now(&SystemClock).as_microsecond()).unwrap()
}

/// Every acknowledged event is in the ledger exactly once, at its number; what was refused is not
/// there; reads and appends of each stream are linearizable; snapshots equal folds; and no limit
/// was exceeded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_write_through_a_bad_network() {
    let server = DynamoServer::start();
    let table = dynamodb::table();
    let direct = dynamodb::create(&server.url(), &table).await;
    let faults = DynamoFaults::new(server.address(), FaultRates::MANY);
    let children: Vec<Child> = (0..PROCESSES)
        .map(|number| child(&faults.url(), &table, number))
        .collect();
    let mut history = Vec::new();
    for child in children {
        let reported = tokio::task::spawn_blocking(move || reported(child)).await;
        history.extend(reported.unwrap());
    }
    let (requests, met) = faults.counts();
    println!(
        "{} operations, {requests} requests, {met} faults",
        history.len()
    );
    assert!(history.len() > 50, "only {} operations", history.len());
    assert!(met > requests / 20, "{met} faults in {requests} requests");
    check(&direct, &history).await;
}

fn child(url: &str, table: &str, number: u64) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "test_ledger_race::child_that_writes"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{url} {table} {number} {}", seconds()).unwrap();
    child
}

fn reported(child: Child) -> Vec<Value> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines()
        .filter_map(|line| line.split_once("reported: "))
        .map(|(_, line)| serde_json::from_str(line).unwrap())
        .collect()
}

/// One of the processes: random actions until the time is over, each reported with its start, its
/// end and its result.
#[test]
#[ignore = "a child process of eight_processes_write_through_a_bad_network"]
fn child_that_writes() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let [url, table, number, seconds] = words.as_slice() else {
        return;
    };
    let (number, seconds): (u64, u64) = (number.parse().unwrap(), seconds.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ledger: Arc<dyn Ledger> = Arc::new(dynamodb::ledger_at(url, table));
        let until = Instant::now() + Duration::from_secs(seconds);
        let tasks = (0..2).map(|task| {
            let ledger = Arc::clone(&ledger);
            let stacks = stacks(seconds);
            tokio::spawn(
                async move { write_until(until, stacks, &ledger, number * 10 + task).await },
            )
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

fn config() -> Config {
    let mut config = Config::default();
    config.policy.max_live_per_owner = Some(MAX_LIVE);
    config
}

async fn write_until(until: Instant, stacks: u32, ledger: &Arc<dyn Ledger>, writer: u64) {
    let service = Service::new(
        Arc::clone(ledger),
        Arc::new(SystemClock),
        Arc::new(config()),
        actor(),
        Source::Provider,
    );
    let mut number = 0;
    while Instant::now() < until {
        number += 1;
        let pick = stack::random::below(stacks);
        let name = StackName::new(format!("stack-{pick}")).unwrap();
        let start = now();
        let lease = ledger.lease(&name).await;
        let read = lease
            .as_ref()
            .map(|lease| lease.as_ref().map_or(0, |lease| lease.last_seq().0));
        report(
            &json!({"op": "read", "stack": pick, "start": start, "end": now(), "seq": read.ok()}),
        );
        let Ok(lease) = lease else { continue };
        match lease {
            Some(lease) if lease.is_live() && stack::random::below(6) == 0 => {
                let _ = service.leases().release(&name).await;
            }
            Some(lease) if lease.is_live() => {
                let signal = format!("{writer}/{number}");
                append(ledger, pick, &lease, &signal).await;
            }
            // Most of the time, so that appends outnumber registrations.
            _ if stack::random::below(3) > 0 => {}
            _ => open(&service, stacks, pick, &name).await,
        }
    }
}

fn report(operation: &Value) {
    println!("reported: {operation}");
}

/// Appends one event with a text that no other has.
async fn append(ledger: &Arc<dyn Ledger>, pick: u32, lease: &Lease, signal: &str) {
    let event = new_event(
        stack::Clock::now(&SystemClock),
        EventKind::Activity {
            signal: signal.to_owned(),
        },
    );
    let start = now();
    let answer = ledger
        .append(&lease.name, lease.last_seq(), vec![event])
        .await;
    let result = match &answer {
        Ok(lease) => json!({"ok": lease.last_seq().0}),
        Err(error) if error.is_raced() => json!("raced"),
        Err(error) => json!({ "unknown": error.to_string() }),
    };
    report(&json!({
        "op": "append", "stack": pick, "signal": signal, "after": lease.last_seq().0,
        "start": start, "end": now(), "result": result,
    }));
}

async fn open(service: &Service, stacks: u32, pick: u32, name: &StackName) {
    let mut registration = registration();
    // Ten names for each owner, more than may be live.
    registration.owner = Owner::new(format!("team-{}", pick % (stacks / 10))).unwrap();
    let opened = service
        .leases()
        .open(name, registration, &|_| Liveness::Dead)
        .await;
    match opened {
        Ok(_) | Err(ServiceError::OwnerFull { .. } | ServiceError::Taken(_)) => {}
        Err(ServiceError::Ledger(error)) => println!("open: {error}"),
        Err(error) => panic!("{error}"),
    }
}

async fn check(ledger: &dyn Ledger, history: &[Value]) {
    let leases = ledger.leases(Scope::All).await.unwrap();
    assert!(
        ledger
            .list_leases(Scope::All)
            .await
            .unwrap()
            .unreadable
            .is_empty()
    );
    let mut streams = BTreeMap::new();
    for lease in &leases {
        let events = ledger.events(&lease.name, Seq::NONE).await.unwrap();
        for (event, number) in events.iter().zip(1..) {
            assert_eq!(event.seq, Seq(number), "a gap in {}", lease.name);
        }
        let fold = Lease::fold_history(events.clone()).unwrap();
        assert_eq!(fold.as_ref(), Some(lease), "the snapshot of {}", lease.name);
        streams.insert(lease.name.to_string(), events);
    }
    check_log(ledger, streams.values().map(Vec::len).sum()).await;
    let places = places_of_signals(&streams);
    let mut by_stack: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    let (mut acknowledged, mut raced, mut unknown) = (0, 0, 0);
    for operation in history {
        let name = format!("stack-{}", operation["stack"]);
        if operation["op"] == "append" {
            let signal = operation["signal"].as_str().unwrap();
            let there = places.get(signal).copied();
            let result = &operation["result"];
            if let Some(seq) = result["ok"].as_u64() {
                acknowledged += 1;
                assert_eq!(
                    there,
                    Some(seq),
                    "the acknowledged event {signal} of {name}"
                );
            } else if result == "raced" {
                raced += 1;
                assert_eq!(there, None, "the refused event {signal} of {name}");
            } else {
                unknown += 1;
            }
        }
        by_stack.entry(name).or_default().push(operation);
    }
    println!("{acknowledged} acknowledged, {raced} lost a race, {unknown} unknown");
    assert!(
        acknowledged > 10,
        "only {acknowledged} acknowledged appends"
    );
    for (name, operations) in &by_stack {
        is_linearizable(name, operations);
    }
    check_limits(ledger).await;
}

/// The number of each event with a signal. None is there twice.
fn places_of_signals(streams: &BTreeMap<String, Vec<stack::Event>>) -> BTreeMap<String, u64> {
    let mut places = BTreeMap::new();
    for event in streams.values().flatten() {
        if let EventKind::Activity { signal } = &event.kind {
            let before = places.insert(signal.clone(), event.seq.0);
            assert_eq!(before, None, "the event {signal} is there twice");
        }
    }
    places
}

/// A stream is a counter that only grows. Each operation has a value that the counter had at one
/// moment between its start and its end: the number that an append wrote, or the last number that a
/// read saw. So no operation may see less than what an operation that ended before it started saw
/// or wrote, and an append must have a number of its own.
fn is_linearizable(name: &str, operations: &[&Value]) {
    let value = |operation: &Value| {
        let appended = operation["result"]["ok"].as_u64();
        appended.or_else(|| operation["seq"].as_u64())
    };
    let mut known: Vec<(u64, u64, u64, bool)> = operations
        .iter()
        .filter_map(|operation| {
            let appended = operation["op"] == "append";
            let (start, end) = (operation["start"].as_u64()?, operation["end"].as_u64()?);
            Some((start, end, value(operation)?, appended))
        })
        .collect();
    known.sort_unstable();
    let mut by_end = known.clone();
    by_end.sort_unstable_by_key(|(_, end, _, _)| *end);
    let (mut ended, mut highest) = (by_end.iter().peekable(), 0);
    let mut numbers = BTreeSet::new();
    for (start, _, value, appended) in &known {
        while let Some((_, _, seen, _)) = ended.next_if(|(_, end, _, _)| end < start) {
            highest = highest.max(*seen);
        }
        let allowed = if *appended {
            *value > highest
        } else {
            *value >= highest
        };
        assert!(allowed, "{name}: {value} after {highest} was seen");
        assert!(
            !*appended || numbers.insert(*value),
            "{name}: {value} twice"
        );
    }
}

/// The log has every event once, each stack's in sequence.
async fn check_log(ledger: &dyn Ledger, events: usize) {
    let (mut cursor, mut last, mut count) = (Cursor::start(), BTreeMap::new(), 0);
    loop {
        let page = ledger.log(&cursor, 500).await.unwrap();
        if page.is_empty() {
            break;
        }
        for event in page.events {
            let before = last.insert(event.stack.clone(), event.seq.0).unwrap_or(0);
            assert_eq!(event.seq.0, before + 1, "{} in the log", event.stack);
            count += 1;
        }
        cursor = page.next;
    }
    assert_eq!(count, events, "the log has every event");
    assert_eq!(cursor, ledger.end().await.unwrap());
}

/// No pool ever had more members than the limit.
async fn check_limits(ledger: &dyn Ledger) {
    let pools = ledger.pools().await.unwrap();
    assert!(!pools.is_empty());
    for pool in pools {
        let events = ledger.pool_events(&pool, Seq::NONE).await.unwrap();
        let mut state = stack::pool::Pool::default();
        for (event, number) in events.iter().zip(1..) {
            assert_eq!(event.seq, Seq(number), "a gap in {pool}");
            state = state.apply(event);
            let members = state.members().count();
            assert!(members <= MAX_LIVE as usize, "{pool} has {members} members");
        }
        assert_eq!(
            state,
            ledger.pool(&pool).await.unwrap(),
            "the state of {pool}"
        );
        assert_ne!(pool, PoolName::inits());
    }
}
