//! Properties of the inventory in a file: its place in the ledger's file, other formats, other
//! processes.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rusqlite::Connection;

use super::*;
use crate::cloud::{Bill, Discovery, DiscoveryScope, Place, Resource};
use crate::ledger::{Ledger, Scope, SqliteLedger};
use crate::sqlite::schema;
use crate::testing::{new_event, noon, registration, stack_name};
use crate::{EventKind, Seq, Span};

async fn ledger() -> (tempfile::TempDir, PathBuf, SqliteLedger) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::at(&path);
    let begin = EventKind::Requested {
        registration: Box::new(registration()),
    };
    ledger
        .append(&stack_name("a"), Seq::NONE, vec![new_event(noon(), begin)])
        .await
        .expect("appends");
    (folder, path, ledger)
}

fn scan() -> CloudScan {
    let place = Place {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let id = ResourceId("vol-1".to_owned());
    CloudScan {
        at: noon(),
        ended_at: noon(),
        which: DiscoveryScope::All,
        places: vec![place.clone()],
        found: Discovery {
            resources: vec![Resource::named(id, "ec2:volume", place)],
            ..Discovery::default()
        },
    }
}

fn bill() -> BillAnswer {
    let day = jiff::civil::date(2026, 3, 1);
    BillAnswer {
        at: noon(),
        from: day,
        to: day.tomorrow().expect("a day"),
        bill: Bill {
            settled: vec![day],
            requests: 1,
            ..Bill::default()
        },
    }
}

/// Another process finds the stored answers in the ledger's file, whose permissions and id stay as
/// they were.
#[tokio::test]
async fn it_lives_in_the_ledgers_file() {
    let (folder, path, ledger) = ledger().await;
    let inventory = SqliteInventory::at(&path);
    inventory.record_scan(scan()).await.expect("keeps");
    let other = SqliteInventory::at(&path);
    assert_eq!(other.known().await.expect("reads").resources.len(), 1);
    assert_eq!(ledger.leases(Scope::All).await.expect("reads").len(), 1);
    drop((inventory, other, ledger));
    let files = std::fs::read_dir(folder.path()).expect("a folder");
    let modes: Vec<u32> = files
        .map(|file| file.and_then(|file| file.metadata()).expect("a file"))
        .map(|about| about.permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, [0o600], "one file that only its owner can access");
    let version: i64 = Connection::open(&path)
        .and_then(|db| db.query_row("PRAGMA user_version", [], |row| row.get(0)))
        .expect("reads");
    assert_eq!(version, schema::NEWEST_FORMAT);
}

/// Scans of another format are discarded. Answers that cost money are kept.
#[tokio::test]
async fn another_format_is_recreated() {
    let (_folder, path, _ledger) = ledger().await;
    let inventory = SqliteInventory::at(&path);
    inventory.record_scan(scan()).await.expect("keeps");
    inventory.record_bill(bill()).await.expect("keeps");
    drop(inventory);
    Connection::open(&path)
        .and_then(|db| {
            db.execute_batch(
                "UPDATE cloud_format SET format = 99 WHERE name = 'looks';
                 ALTER TABLE cloud_resource ADD COLUMN more TEXT NOT NULL DEFAULT '';",
            )
        })
        .expect("writes");
    let inventory = SqliteInventory::at(&path);
    assert_eq!(
        inventory.known().await.expect("reads"),
        CloudSnapshot::default()
    );
    inventory.record_scan(scan()).await.expect("keeps");
    assert_eq!(inventory.known().await.expect("reads").resources.len(), 1);
    let bill = inventory.bill().await.expect("reads");
    assert_eq!((bill.days.len(), bill.requests_made()), (1, 1));
}

/// Deleting the inventory loses only a refresh, and the ledger is unaffected.
#[tokio::test]
async fn deleting_all_of_it_loses_nothing_else() {
    let (_folder, path, ledger) = ledger().await;
    let inventory = SqliteInventory::at(&path);
    inventory.record_scan(scan()).await.expect("keeps");
    let generation = inventory.generation().await.expect("reads");
    drop(inventory);
    let db = Connection::open(&path).expect("opens");
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'cloud_%'")
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .expect("reads");
    for table in tables {
        db.execute_batch(&format!("DROP TABLE {table}"))
            .expect("drops");
    }
    let inventory = SqliteInventory::at(&path);
    assert_eq!(
        inventory.known().await.expect("reads"),
        CloudSnapshot::default()
    );
    assert_eq!(inventory.generation().await.expect("reads"), None);
    inventory.record_scan(scan()).await.expect("keeps");
    // Contents cached from the previous tables must not pass for those of the new ones.
    assert_ne!(inventory.generation().await.expect("reads"), generation);
    assert_eq!(ledger.leases(Scope::All).await.expect("reads").len(), 1);
}

/// A file of an older version has no generation, and gets one with the next change.
#[tokio::test]
async fn an_older_file_gets_a_generation() {
    let (_folder, path, _ledger) = ledger().await;
    let inventory = SqliteInventory::at(&path);
    inventory.record_scan(scan()).await.expect("keeps");
    drop(inventory);
    Connection::open(&path)
        .and_then(|db| {
            db.execute_batch(
                "DROP TABLE cloud_generation; DELETE FROM cloud_format WHERE name = 'state'",
            )
        })
        .expect("writes");
    let inventory = SqliteInventory::at(&path);
    assert_eq!(inventory.generation().await.expect("reads"), None);
    assert_eq!(inventory.known().await.expect("reads").resources.len(), 1);
    inventory.record_bill(bill()).await.expect("keeps");
    assert!(inventory.generation().await.expect("reads").is_some());
    assert_eq!(inventory.known().await.expect("reads").resources.len(), 1);
}

/// Only one of two processes gets the lock, even if the file predates it.
#[tokio::test]
async fn one_asks_at_a_time() {
    let (_folder, path, _ledger) = ledger().await;
    let one = SqliteInventory::at(&path);
    one.record_bill(bill()).await.expect("keeps");
    Connection::open(&path)
        .and_then(|db| {
            db.execute_batch(
                "DROP TABLE cloud_asking; DELETE FROM cloud_format WHERE name = 'asking'",
            )
        })
        .expect("writes");
    let (one, other) = (SqliteInventory::at(&path), SqliteInventory::at(&path));
    let bill_lock = || BillLock {
        by: RunId::random(),
        process: crate::process::current(),
        until: Span::minutes(1).after(noon()),
    };
    let first = bill_lock();
    assert!(one.lock_bill(noon(), first.clone()).await.expect("asks"));
    assert!(!other.lock_bill(noon(), bill_lock()).await.expect("asks"));
    // Only the holder releases the lock.
    other.unlock_bill(RunId::random()).await.expect("keeps");
    assert!(!other.lock_bill(noon(), bill_lock()).await.expect("asks"));
    other.unlock_bill(first.by).await.expect("keeps");
    assert!(other.lock_bill(noon(), bill_lock()).await.expect("asks"));
    assert_eq!(one.bill().await.expect("reads").requests_made(), 1);
}

/// An answer that cannot be stored is still used, and the file is unchanged.
#[tokio::test]
async fn a_read_only_file_is_left_alone() {
    let (_folder, path, ledger) = ledger().await;
    drop(ledger);
    let before = std::fs::read(&path).expect("reads");
    let inventory = SqliteInventory::read_only(&path);
    inventory.record_scan(scan()).await.expect("remembers");
    assert_eq!(inventory.known().await.expect("reads").resources.len(), 1);
    drop(inventory);
    assert!(before == std::fs::read(&path).expect("reads"));
}

/// Another application's database is refused.
#[tokio::test]
async fn another_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.db");
    Connection::open(&path)
        .and_then(|db| db.execute_batch("CREATE TABLE theirs (a)"))
        .expect("writes");
    let kept = SqliteInventory::at(&path).record_scan(scan()).await;
    assert!(
        matches!(kept, Err(LedgerError::NotALedger { .. })),
        "{kept:?}"
    );
}
