//! Properties of the ledger's file: bad files, full disks, locks, formats, and readers without
//! permissions.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::SqliteLedger;
use crate::lease::{EventKind, Lease, NewEvent};
use crate::ledger::{Ledger, LedgerError, Scope};
use crate::sqlite::file::beside;
use crate::sqlite::schema;
use crate::testing::{new_event, noon, registration, stack_name};
use crate::values::id::{PoolName, Seq};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ledger.db")
    }

    fn ledger(&self) -> SqliteLedger {
        SqliteLedger::at(self.path())
    }

    /// The names in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn requested() -> Vec<NewEvent> {
    let kind = EventKind::Requested {
        registration: Box::new(registration()),
    };
    vec![new_event(noon(), kind)]
}

fn activity(signal: &str) -> Vec<NewEvent> {
    let signal = signal.to_owned();
    vec![new_event(noon(), EventKind::Activity { signal })]
}

async fn begun(ledger: &SqliteLedger, name: &str) -> Lease {
    let name = stack_name(name);
    ledger.append(&name, Seq::NONE, requested()).await.unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Creating a ledger value touches nothing. The first call creates a private file in a private
/// folder, and a closed ledger is a single file.
#[tokio::test]
async fn the_first_call_creates_it_privately() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("data/jiti/ledger.db");
    let ledger = SqliteLedger::at(&path);
    assert!(!root.path().join("data").exists());
    begun(&ledger, "a").await;
    for folder in ["data", "data/jiti"] {
        assert_eq!(mode(&root.path().join(folder)), 0o700, "{folder}");
    }
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
    }
    drop(ledger);
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// An existing folder keeps its mode.
#[tokio::test]
async fn a_folder_of_others_is_left_as_it_is() {
    let folder = Folder::new();
    fs::set_permissions(folder.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    begun(&folder.ledger(), "a").await;
    assert_eq!(mode(folder.0.path()), 0o755);
}

/// Acknowledged events are there after reopening, with the same ledger id.
#[tokio::test]
async fn events_survive_reopening() {
    let folder = Folder::new();
    let (id, lease) = {
        let ledger = folder.ledger();
        (ledger.id().await.unwrap(), begun(&ledger, "a").await)
    };
    let again = folder.ledger();
    assert_eq!(again.id().await.unwrap(), id);
    assert_eq!(again.leases(Scope::Live).await.unwrap(), [lease]);
}

/// A file that is not a ledger is refused with the reason, and not changed.
#[tokio::test]
async fn other_files_are_not_changed() {
    let folder = Folder::new();
    let other = folder.0.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x);")
        .unwrap();
    let truncated = fs::read(&other).unwrap()[..40].to_vec();
    for (bytes, says) in [
        (Vec::new(), "the file is empty"),
        (
            b"name = \"not a database\"".to_vec(),
            "it is not a SQLite database",
        ),
        (truncated, "it ends within its first page"),
        (
            fs::read(&other).unwrap(),
            "another application's database (application id 0x00000007)",
        ),
    ] {
        fs::write(folder.path(), &bytes).unwrap();
        let ledger = folder.ledger();
        let errors = [
            ledger.leases(Scope::Live).await.unwrap_err(),
            ledger
                .append(&stack_name("a"), Seq::NONE, requested())
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, LedgerError::NotALedger { .. }), "{error}");
            assert!(error.to_string().contains(says), "{error}");
            assert!(error.to_string().contains("ledger.db"), "{error}");
        }
        drop(ledger);
        assert_eq!(fs::read(folder.path()).unwrap(), bytes);
        assert_eq!(folder.names(), ["ledger.db", "other.db"]);
    }
    let at_folder = SqliteLedger::at(folder.0.path()).id().await.unwrap_err();
    assert!(
        at_folder.to_string().contains("it is not a regular file"),
        "{at_folder}"
    );
}

/// A ledger of a newer version is refused with both formats, and not changed.
#[tokio::test]
async fn a_newer_ledger_is_left_as_it_is() {
    let folder = Folder::new();
    begun(&folder.ledger(), "a").await;
    let db = Connection::open(folder.path()).unwrap();
    db.pragma_update(None, "user_version", schema::NEWEST_FORMAT + 1)
        .unwrap();
    drop(db);
    let before = fs::read(folder.path()).unwrap();
    let ledger = folder.ledger();
    for error in [
        ledger.id().await.unwrap_err(),
        ledger
            .append(&stack_name("b"), Seq::NONE, requested())
            .await
            .unwrap_err(),
    ] {
        let LedgerError::Newer { found, known, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(
            (found, known),
            (schema::NEWEST_FORMAT + 1, schema::NEWEST_FORMAT)
        );
    }
    drop(ledger);
    assert_eq!(fs::read(folder.path()).unwrap(), before);
}

/// A leftover log is not applied to a new ledger.
#[tokio::test]
async fn a_leftover_log_is_refused() {
    let folder = Folder::new();
    fs::write(beside(&folder.path(), "-wal"), "pages of another ledger").unwrap();
    let error = folder.ledger().id().await.unwrap_err();
    assert!(matches!(error, LedgerError::Leftover { .. }), "{error}");
    assert_eq!(folder.names(), ["ledger.db-wal"]);
}

/// The error names a folder that cannot be created.
#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.path().join("file"), "").unwrap();
    let ledger = SqliteLedger::at(folder.0.path().join("file/jiti/ledger.db"));
    let error = ledger
        .append(&stack_name("a"), Seq::NONE, requested())
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(message.contains("file/jiti"), "{message}");
    assert!(!matches!(
        error,
        LedgerError::Raced { .. } | LedgerError::Corrupt { .. }
    ));
}

/// A lock that outlasts the timeout is an error. Readers continue, and writing works once the lock
/// is gone.
#[tokio::test]
async fn a_lock_that_lasts_is_an_error() {
    let folder = Folder::new();
    begun(&folder.ledger(), "a").await;
    let ledger = folder
        .ledger()
        .with_lock_timeout(Duration::from_millis(200));
    let holder = Connection::open(folder.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = ledger
        .append(&stack_name("a"), Seq(1), activity("x"))
        .await
        .unwrap_err();
    let LedgerError::Locked { waited, .. } = &error else {
        panic!("{error}");
    };
    assert!(*waited >= Duration::from_millis(200), "{waited:?}");
    assert!(error.to_string().contains("fuser"), "{error}");
    assert_eq!(ledger.leases(Scope::Live).await.unwrap().len(), 1);
    holder.execute_batch("ROLLBACK").unwrap();
    ledger
        .append(&stack_name("a"), Seq(1), activity("x"))
        .await
        .unwrap();
}

/// On a full disk an append fails without changing anything, and works again once there is space.
#[tokio::test]
async fn a_full_disk_damages_nothing() {
    let folder = Folder::new();
    let ledger = folder.ledger();
    let lease = begun(&ledger, "a").await;
    let db = Connection::open(folder.path()).unwrap();
    let pages: i64 = db
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    limit_pages(&ledger, pages).await;
    let large = "x".repeat(100_000);
    let full = ledger
        .append(&stack_name("a"), Seq(1), activity(&large))
        .await
        .unwrap_err();
    assert!(matches!(full, LedgerError::Full { .. }), "{full}");
    assert_eq!(ledger.lease(&stack_name("a")).await.unwrap(), Some(lease));
    limit_pages(&ledger, 1_000_000).await;
    let lease = ledger
        .append(&stack_name("a"), Seq(1), activity(&large))
        .await
        .unwrap();
    assert_eq!(lease.last_seq(), Seq(2));
    let sound: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}

/// Limits the file to its current size, like a full disk.
async fn limit_pages(ledger: &SqliteLedger, pages: i64) {
    let limit = move |db: &Connection, _: &str| {
        let set = db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
        set.map_err(|error| crate::sqlite::failure::other("test", "limiting", error))
    };
    ledger.write(limit).await.unwrap();
}

/// A ledger opened read-only is never written or created.
#[tokio::test]
async fn read_only_means_nothing_is_written() {
    let folder = Folder::new();
    let reader = SqliteLedger::read_only(folder.path());
    let missing = reader.leases(Scope::Live).await.unwrap_err();
    assert!(matches!(missing, LedgerError::Missing { .. }), "{missing}");
    assert!(folder.names().is_empty());
    let lease = begun(&folder.ledger(), "a").await;
    let before = fs::read(folder.path()).unwrap();
    assert_eq!(reader.leases(Scope::Live).await.unwrap(), [lease]);
    let refused = reader
        .append(&stack_name("a"), Seq(1), activity("x"))
        .await
        .unwrap_err();
    assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused}");
    drop(reader);
    assert_eq!(fs::read(folder.path()).unwrap(), before);
}

/// Snapshots are a cache: without them, or in another format, folding gives the same leases, and
/// the next writer rewrites the live ones.
#[tokio::test]
async fn snapshots_are_a_cache() {
    let folder = Folder::new();
    let ledger = folder.ledger();
    begun(&ledger, "a").await;
    let lease = ledger
        .append(&stack_name("a"), Seq(1), activity("x"))
        .await
        .unwrap();
    drop(ledger);
    let db = Connection::open(folder.path()).unwrap();
    let format = || -> i64 {
        db.query_row("SELECT format FROM stack", [], |row| row.get(0))
            .unwrap()
    };
    for (damage, refreshed) in [
        ("format = 0", true),
        ("format = 0, snapshot = x'00'", true),
        // Snapshots of a newer version are left alone.
        ("format = 99", false),
        ("snapshot = x''", true),
        ("snapshot = CAST(snapshot || 'x' AS BLOB)", true),
    ] {
        db.execute("UPDATE stack SET format = ?1", [Lease::FORMAT])
            .unwrap();
        db.execute(&format!("UPDATE stack SET {damage}"), [])
            .unwrap();
        let ledger = folder.ledger();
        assert_eq!(
            ledger.lease(&lease.name).await.unwrap().as_ref(),
            Some(&lease),
            "{damage}"
        );
        assert_eq!(
            ledger.leases(Scope::Live).await.unwrap(),
            std::slice::from_ref(&lease),
            "{damage}"
        );
        // Any append opens the writer, even a refused one.
        ledger
            .append_pool(&PoolName::inits(), Seq(9), Vec::new())
            .await
            .unwrap_err();
        assert_eq!(format() == i64::from(Lease::FORMAT), refreshed, "{damage}");
    }
    let ledger = folder.ledger();
    let next = ledger
        .append(&lease.name, lease.last_seq(), activity("y"))
        .await
        .unwrap();
    assert_eq!(
        next.last_seq(),
        Seq(3),
        "an append on a damaged snapshot counts on"
    );
}

/// Contradictory events are reported as damage, and never give a lease.
#[tokio::test]
async fn contradictions_are_named() {
    let folder = Folder::new();
    begun(&folder.ledger(), "a").await;
    let db = Connection::open(folder.path()).unwrap();
    db.execute_batch("UPDATE stack SET format = 0; UPDATE event SET kind = '{\"kind\":\"woken\"}'")
        .unwrap();
    let error = folder.ledger().lease(&stack_name("a")).await.unwrap_err();
    assert!(matches!(error, LedgerError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("stack \"a\""), "{error}");
}

/// Pending appends share one commit, and a refused one does not affect the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_that_wait_share_a_commit() {
    let folder = Folder::new();
    let ledger = std::sync::Arc::new(folder.ledger());
    begun(&ledger, "refused").await;
    let db = Connection::open(folder.path()).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The thread is busy with the first append while the others arrive.
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let ledger = std::sync::Arc::clone(&ledger);
            tokio::spawn(async move {
                let name = match number % 10 {
                    0 => stack_name("refused"),
                    _ => stack_name(&format!("stack-{number}")),
                };
                ledger.append(&name, Seq::NONE, requested()).await.is_ok()
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let commits = || fs::metadata(beside(&folder.path(), "-wal")).unwrap().size();
    let before = commits();
    db.execute_batch("ROLLBACK").unwrap();
    let mut accepted = 0;
    for task in tasks {
        accepted += u32::from(task.await.unwrap());
    }
    assert_eq!(accepted, 36);
    // Each commit rewrites the index page, so forty commits would write far more.
    let pages = (commits() - before) / 4096;
    assert!(pages < 60, "{pages} pages for 36 appends");
}

/// Runs a statement on the file itself, as damage does.
fn damage(folder: &Folder, statement: &str) {
    let db = Connection::open(folder.path()).unwrap();
    assert_eq!(db.execute(statement, []).unwrap(), 1, "{statement}");
    // Without a usable snapshot, a lease is folded from its events.
    db.execute("UPDATE stack SET format = 0", []).unwrap();
}

/// One damaged record makes one stack unreadable. The others are listed, written, reaped and
/// reported.
#[tokio::test]
async fn a_damaged_record_spares_the_other_stacks() {
    use crate::config::Config;
    use crate::ledger::{Cursor, MemoryLedger};
    use crate::report::GroupBy;
    use crate::service::Service;
    use crate::testing::{ManualClock, actor};
    use crate::values::ttl::Span;

    let event = "UPDATE event SET {} WHERE seq = 2 AND stack = (SELECT stack FROM stack WHERE name = 'bad')";
    for (change, problem) in [
        ("kind = '{\"kind\":'", "event 2 of stack \"bad\""),
        (
            "kind = '{\"kind\":\"extended\"}'",
            "event 2 of stack \"bad\"",
        ),
        ("at = 999999999999999999", "event 2 of stack \"bad\""),
        ("source = 'oracle'", "source \"oracle\""),
        ("actor = ''", "event 2 of stack \"bad\""),
        ("kind = '{\"kind\":\"woken\"}'", "cannot wake"),
    ] {
        let folder = Folder::new();
        let ledger = folder.ledger();
        for name in ["bad", "good", "other"] {
            begun(&ledger, name).await;
            let touched = ledger.append(&stack_name(name), Seq(1), activity("touch"));
            touched.await.unwrap();
        }
        drop(ledger);
        damage(&folder, &event.replace("{}", change));

        let ledger = std::sync::Arc::new(folder.ledger());
        let names = |leases: Vec<Lease>| {
            let names = leases.into_iter().map(|lease| lease.name.to_string());
            names.collect::<Vec<_>>()
        };
        let leases = ledger.leases(Scope::All).await.unwrap();
        assert_eq!(names(leases), ["good", "other"], "{change}");
        let unreadable = ledger.list_leases(Scope::All).await.unwrap().unreadable;
        assert_eq!(unreadable.len(), 1, "{change}: {unreadable:?}");
        assert_eq!(unreadable[0].name, "bad");
        assert!(
            unreadable[0].problem.contains(problem),
            "{change}: {}",
            unreadable[0].problem
        );
        let bad = ledger.lease(&stack_name("bad")).await.unwrap_err();
        assert!(matches!(bad, LedgerError::Corrupt { .. }), "{bad}");
        // The first append also refreshes the snapshots.
        let appended = ledger.append(&stack_name("good"), Seq(2), activity("touch"));
        appended.await.unwrap();
        let page = ledger.log(&Cursor::start(), 100).await.unwrap();
        assert_eq!(page.events.len() + page.damaged.len(), 7, "{change}");
        assert!(page.damaged.iter().all(|stack| stack.name == "bad"));

        let later = Span::minutes(60 * 24).after(noon());
        let service = Service::new(
            ledger,
            std::sync::Arc::new(ManualClock::at(later)),
            std::sync::Arc::new(Config::default()),
            actor(),
            crate::Source::Reaper,
        );
        let survey = service.reaper().survey().await.unwrap();
        assert_eq!(survey.unreadable, unreadable, "{change}");
        let docket = survey.docket(service.config(), Path::new("/nonexistent"));
        let due: Vec<_> = docket.tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(due, ["good", "other"], "{change}");
        let report = service
            .reports()
            .report(noon(), GroupBy::App)
            .await
            .unwrap();
        assert_eq!(report.total.stacks, 2, "{change}");
        let left_out: Vec<_> = report.unreadable.iter().map(|stack| &stack.name).collect();
        assert_eq!(left_out, ["bad"], "{change}");
    }
    let list = MemoryLedger::new().list_leases(Scope::All).await.unwrap();
    assert_eq!(list.unreadable, []);
}

/// A FIFO, a folder or a device is refused at once: opening a FIFO would wait for its writer.
#[tokio::test]
async fn only_a_regular_file_is_a_ledger() {
    let folder = Folder::new();
    let fifo = folder.0.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let link = folder.0.path().join("link");
    std::os::unix::fs::symlink(&fifo, &link).unwrap();
    for path in [
        fifo.as_path(),
        &link,
        folder.0.path(),
        Path::new("/dev/null"),
    ] {
        for ledger in [SqliteLedger::at(path), SqliteLedger::read_only(path)] {
            let refused = ledger.id().await.unwrap_err();
            assert!(
                refused.to_string().contains("is not a regular file"),
                "{}: {refused}",
                path.display()
            );
        }
    }
}

/// An error that comes from a full disk says so. No message contains a raw code.
#[test]
fn a_full_disk_is_named() {
    use rusqlite::ffi;

    let error = |code| {
        let message = Some("disk I/O error".to_owned());
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), message)
    };
    let full = crate::sqlite::failure::sqlite("/srv/l.db", "reading", error(ffi::SQLITE_FULL));
    assert_eq!(
        full.to_string(),
        "no space left on the disk of the ledger /srv/l.db; free some space and run the command again. Acknowledged events are safe"
    );
    let folder = Folder::new();
    let ledger = folder.path().display().to_string();
    for code in [ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_WRITE] {
        let other = crate::sqlite::failure::sqlite(&ledger, "reading", error(code));
        let mut texts = vec![other.to_string()];
        let mut cause = std::error::Error::source(&other);
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        assert_eq!(texts[1..], ["disk I/O error"]);
        assert!(!texts[0].contains(&code.to_string()), "{texts:?}");
    }
}
