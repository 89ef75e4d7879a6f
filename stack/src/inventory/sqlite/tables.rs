//! The inventory's tables and their formats, independent of the ledger's own format.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// Answers that can be fetched again for free. Raise the format with every change of a row: tables
/// of another format are recreated, empty.
const SCANS: Group = Group {
    name: "looks",
    format: 3,
    tables: &["cloud_resource", "cloud_place", "cloud_use", "cloud_clock", "cloud_price"],
    create: "
        CREATE TABLE cloud_resource (id TEXT PRIMARY KEY, resource TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE cloud_place (account TEXT, region TEXT, looked_at TEXT NOT NULL, PRIMARY KEY (account, region)) WITHOUT ROWID;
        CREATE TABLE cloud_use (id TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE cloud_clock (clock TEXT NOT NULL);
        CREATE TABLE cloud_price (meter TEXT, region TEXT, price TEXT NOT NULL, PRIMARY KEY (meter, region)) WITHOUT ROWID;",
};

/// Answers that cost money to fetch again, with their own format, so that they survive changes of
/// the others.
const BILL: Group = Group {
    name: "bill",
    format: 1,
    tables: &["cloud_bill_line", "cloud_bill_day", "cloud_bill_request", "cloud_bill_remark"],
    create: "
        CREATE TABLE cloud_bill_line (stack TEXT, day TEXT, service TEXT, usd TEXT NOT NULL, estimated INTEGER NOT NULL, PRIMARY KEY (stack, day, service)) WITHOUT ROWID;
        CREATE TABLE cloud_bill_day (day TEXT PRIMARY KEY, about TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE cloud_bill_request (day TEXT PRIMARY KEY, requests INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE cloud_bill_remark (remark TEXT NOT NULL);",
};

/// The current generation. An older version wrote none, and its contents are read again each time.
const STATE: Group = Group {
    name: "state",
    format: 1,
    tables: &["cloud_generation"],
    create: "CREATE TABLE cloud_generation (generation INTEGER NOT NULL);",
};

/// The lock on requests for the bill.
const BILL_LOCK: Group = Group {
    name: "asking",
    format: 1,
    tables: &["cloud_asking"],
    create: "CREATE TABLE cloud_asking (asking TEXT NOT NULL);",
};

/// The histories of leases, which the events of the ledger contain as well. They are ordered by the
/// end of the lease; the second index finds those of one stack.
const REPORT: Group = Group {
    name: "report",
    format: 1,
    tables: &["report_position", "report_stack", "report_lease", "report_unreadable"],
    create: "
        CREATE TABLE report_position (ledger TEXT NOT NULL, format INTEGER NOT NULL, cursor TEXT NOT NULL, last_stack TEXT, last_seq INTEGER, last_at INTEGER);
        CREATE TABLE report_stack (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, leases INTEGER NOT NULL, redated INTEGER NOT NULL, state BLOB) WITHOUT ROWID;
        CREATE TABLE report_lease (ends_at INTEGER, stack TEXT, number INTEGER, last_at INTEGER NOT NULL, history BLOB NOT NULL, PRIMARY KEY (ends_at, stack, number)) WITHOUT ROWID;
        CREATE INDEX report_lease_of_stack ON report_lease (stack, number);
        CREATE TABLE report_unreadable (name TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID;",
};

struct Group {
    name: &'static str,
    format: u32,
    tables: &'static [&'static str],
    create: &'static str,
}

impl Group {
    fn is_known(&self, db: &Connection) -> rusqlite::Result<bool> {
        let format: Option<u32> = db
            .prepare_cached("SELECT format FROM cloud_format WHERE name = ?1")?
            .query_row([self.name], |row| row.get(0))
            .optional()?;
        Ok(format == Some(self.format))
    }

    fn make(&self, db: &Connection) -> rusqlite::Result<()> {
        for table in self.tables {
            db.execute_batch(&format!("DROP TABLE IF EXISTS {table};"))?;
        }
        db.execute_batch(self.create)?;
        db.execute(
            "INSERT OR REPLACE INTO cloud_format (name, format) VALUES (?1, ?2)",
            (self.name, self.format),
        )?;
        Ok(())
    }
}

/// Creates missing tables, and recreates those of another format.
pub(super) fn prepare(db: &mut Connection) -> rusqlite::Result<()> {
    if are_known(db)? && STATE.is_known(db)? && BILL_LOCK.is_known(db)? && REPORT.is_known(db)? {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS cloud_format (name TEXT PRIMARY KEY, format INTEGER NOT NULL) WITHOUT ROWID;",
    )?;
    for group in [SCANS, BILL, STATE, BILL_LOCK, REPORT] {
        if !group.is_known(&transaction)? {
            group.make(&transaction)?;
        }
    }
    transaction.commit()
}

/// Whether the tables exist in the formats that this version reads.
pub(super) fn are_known(db: &Connection) -> rusqlite::Result<bool> {
    let there: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cloud_format')",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(there && SCANS.is_known(db)? && BILL.is_known(db)?)
}

/// Whether the tables of histories exist in the format that this version reads.
pub(super) fn has_report(db: &Connection) -> rusqlite::Result<bool> {
    REPORT.is_known(db)
}

/// The current generation; `None` if nothing was ever stored.
pub(super) fn generation(db: &Connection) -> rusqlite::Result<Option<i64>> {
    if !STATE.is_known(db)? {
        return Ok(None);
    }
    db.prepare_cached("SELECT generation FROM cloud_generation")?
        .query_row([], |row| row.get(0))
        .optional()
}

/// Changes the generation to a random number, so that recreated tables do not repeat an earlier
/// one.
pub(super) fn change_generation(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM cloud_generation", [])?;
    db.execute(
        "INSERT INTO cloud_generation (generation) VALUES (random())",
        [],
    )?;
    Ok(())
}
