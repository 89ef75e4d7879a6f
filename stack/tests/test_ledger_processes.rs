//! A ledger file shared by processes: created by eight at once, written by four, read by users
//! without write access, and left behind by a killed writer.
//!
//! The other processes run this same test binary with one of the `child_` tests below. Their task
//! is on standard input; without it, they do nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use stack::lease::EventKind;
use stack::ledger::Scope;
use stack::testing::{new_event, noon, registration, stack_name};
use stack::{Lease, Ledger, LedgerError, Seq, SqliteLedger, StackName};

/// Starts a child process that runs `job` on the ledger.
fn child(program: &Path, job: &str, ledger: &Path, argument: &str, user: Option<u32>) -> Child {
    let mut command = Command::new(program);
    command
        .args(["--exact", &format!("test_ledger_processes::{job}")])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{}\n{argument}", ledger.display()).unwrap();
    child
}

fn this_program() -> std::path::PathBuf {
    std::env::current_exe().unwrap()
}

/// The lines that a child reported, after a successful exit.
fn reported(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text.lines()
        .filter_map(|line| {
            line.split_once("reported: ")
                .map(|(_, reported)| reported.to_owned())
        })
        .collect()
}

/// A child's task: the ledger, and an argument.
fn asked() -> Option<(SqliteLedger, String)> {
    let mut lines = std::io::stdin().lines();
    let path = lines.next()?.ok()?;
    let argument = lines.next()?.ok()?;
    Some((SqliteLedger::at(path), argument))
}

fn requested() -> EventKind {
    EventKind::Requested {
        registration: Box::new(registration()),
    }
}

async fn append(ledger: &SqliteLedger, name: &StackName, after: Seq, kind: EventKind) -> Lease {
    let events = vec![new_event(noon(), kind)];
    ledger.append(name, after, events).await.unwrap()
}

/// Appends `count` events to one stack, and reports each number once it is acknowledged.
async fn append_many(ledger: &SqliteLedger, name: &str, count: u64) {
    let name = stack_name(name);
    let mut seq = append(ledger, &name, Seq::NONE, requested())
        .await
        .last_seq();
    for number in 0..count {
        let signal = number.to_string();
        seq = append(ledger, &name, seq, EventKind::Activity { signal })
            .await
            .last_seq();
        println!("reported: {}", seq.0);
    }
}

#[tokio::test]
#[ignore = "run in a process of its own by the tests below"]
async fn child_creates() {
    if let Some((ledger, name)) = asked() {
        append(&ledger, &stack_name(&name), Seq::NONE, requested()).await;
        println!("reported: {}", ledger.id().await.unwrap());
    }
}

#[tokio::test]
#[ignore = "run in a process of its own by the tests below"]
async fn child_appends_alone() {
    if let Some((ledger, name)) = asked() {
        append_many(&ledger, &name, 1_000_000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run in a process of its own by the tests below"]
async fn child_applies() {
    if let Some((ledger, process)) = asked() {
        let ledger = Arc::new(ledger);
        let tasks: Vec<_> = (0..10)
            .map(|task| {
                let (ledger, name) = (Arc::clone(&ledger), format!("{process}-{task}"));
                tokio::spawn(async move { append_many(&ledger, &name, 25).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "run in a process of its own by the tests below"]
async fn child_reads() {
    if let Some((ledger, _)) = asked() {
        match ledger.leases(Scope::Live).await {
            Ok(leases) => println!("reported: {} leases", leases.len()),
            Err(error) => println!("reported: {error}"),
        }
        let events = vec![new_event(noon(), requested())];
        match ledger.append(&stack_name("new"), Seq::NONE, events).await {
            Ok(_) => println!("reported: appended"),
            Err(LedgerError::ReadOnly { .. }) => println!("reported: read-only"),
            Err(error) => println!("reported: {error}"),
        }
    }
}

/// Eight processes create a ledger at the same path. None sees a lock, all see the same ledger, and
/// nothing is lost.
#[tokio::test]
async fn eight_processes_create_one_ledger() {
    for round in 0..15 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/ledger.db");
        let children: Vec<_> = (0..8)
            .map(|n| {
                child(
                    &this_program(),
                    "child_creates",
                    &path,
                    &format!("s{n}"),
                    None,
                )
            })
            .collect();
        let ids: BTreeSet<_> = children.into_iter().flat_map(reported).collect();
        assert_eq!(ids.len(), 1, "in round {round}: {ids:?}");
        let leases = SqliteLedger::at(&path).leases(Scope::Live).await.unwrap();
        assert_eq!(leases.len(), 8, "in round {round}");
        let left = fs::read_dir(path.parent().unwrap()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["ledger.db"], "in round {round}");
    }
}

/// Four processes with ten writers each: all get the lock in time, and every event is there once.
#[tokio::test]
async fn four_processes_with_ten_writers_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let children: Vec<_> = (0..4)
        .map(|n| {
            child(
                &this_program(),
                "child_applies",
                &path,
                &format!("p{n}"),
                None,
            )
        })
        .collect();
    let acknowledged: usize = children
        .into_iter()
        .map(|child| reported(child).len())
        .sum();
    assert_eq!(acknowledged, 4 * 10 * 25);
    let ledger = SqliteLedger::at(&path);
    for lease in ledger.leases(Scope::Live).await.unwrap() {
        let events = ledger.events(&lease.name, Seq::NONE).await.unwrap();
        let signals: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Activity { signal } => Some(signal.parse::<usize>().unwrap()),
                _ => None,
            })
            .collect();
        assert_eq!(signals, (0..25).collect::<Vec<_>>(), "{}", lease.name);
    }
}

/// After a writer is killed at any moment, the ledger opens and has every acknowledged event.
#[tokio::test]
async fn a_killed_writer_leaves_a_ledger_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    for round in 0..20_u64 {
        let name = format!("stack-{round}");
        let mut writer = child(&this_program(), "child_appends_alone", &path, &name, None);
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut last = 0;
        // The first rounds kill the writer while it opens the ledger, later ones after more
        // appends.
        for _ in 0..round * 7 {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, seq)) = line.split_once("reported: ") {
                last = seq.parse().unwrap();
            }
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            // A line that was cut off by the kill was not acknowledged.
            if let Some((_, seq)) = line.split_once("reported: ") {
                last = last.max(seq.parse().unwrap_or(0));
            }
        }
        let ledger = SqliteLedger::at(&path);
        let events = ledger.events(&stack_name(&name), Seq::NONE).await.unwrap();
        assert!(events.len() as u64 >= last, "{} of {last}", events.len());
        let lease = ledger.lease(&stack_name(&name)).await.unwrap();
        assert_eq!(
            Lease::fold(None, &events).unwrap(),
            lease,
            "in round {round}"
        );
    }
}

/// A user with read access only can read the ledger, at rest or in use, and gets a clear error when
/// writing. A user without read access gets a clear error too.
#[tokio::test]
async fn readers_without_rights_read() {
    const NOBODY: u32 = 65_534;
    let folder = tempfile::tempdir().unwrap();
    if !rustix::process::geteuid().is_root() {
        // Without another user, the file's own permissions are changed instead.
        return readers_without_rights(folder.path(), &this_program(), None).await;
    }
    let program = folder.path().join("program");
    fs::copy(this_program(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    readers_without_rights(folder.path(), &program, Some(NOBODY)).await;
}

async fn readers_without_rights(folder: &Path, program: &Path, user: Option<u32>) {
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    // Grants access to the other user by the usual modes, or withdraws this user's own.
    let (shared, locked) = if user.is_some() {
        (0o644, 0o755)
    } else {
        (0o444, 0o555)
    };
    let path = folder.join("ledger.db");
    let ledger = SqliteLedger::at(&path);
    append(&ledger, &stack_name("one"), Seq::NONE, requested()).await;
    let files = ["ledger.db", "ledger.db-wal", "ledger.db-shm"].map(|name| folder.join(name));
    let read = || reported(child(program, "child_reads", &path, "", user));

    for file in &files {
        set(file, shared);
    }
    set(folder, locked);
    assert_eq!(
        read(),
        ["1 leases", "read-only"],
        "while a writer has it open"
    );

    set(folder, 0o755);
    files.iter().for_each(|file| set(file, 0o644));
    append(&ledger, &stack_name("two"), Seq::NONE, requested()).await;
    drop(ledger);
    set(&path, shared);
    set(folder, locked);
    assert_eq!(read(), ["2 leases", "read-only"], "at rest");

    set(&path, 0o000);
    let refused = read();
    assert!(
        refused[0].starts_with("no permission to read the ledger"),
        "{refused:?}"
    );
    set(folder, 0o755);
}
