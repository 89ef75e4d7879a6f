//! The rows of the inventory: reads a part completely, and writes the difference between two states
//! of it.
//!
//! A row that can't be parsed is skipped, and the next scan rewrites it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tables;
use crate::cloud::{BillLine, Place, ResourceId};
use crate::inventory::memory::Contents;
use crate::inventory::{BillHistory, BillLock, CloudSnapshot, DatedPrice, Generation};
use crate::values::money::Usd;

/// Reads everything.
pub(super) fn contents(db: &Connection) -> rusqlite::Result<Contents> {
    Ok(Contents {
        known: known(db)?,
        bill: bill(db)?,
        prices: prices(db)?,
        bill_lock: None,
        changes: 0,
    })
}

/// Reads the current generation.
pub(super) fn generation(db: &Connection) -> rusqlite::Result<Option<Generation>> {
    let stored = tables::generation(db)?;
    Ok(stored.map(|stored| Generation {
        stored,
        unstored: 0,
    }))
}

/// Reads the snapshot of the cloud.
pub(super) fn known(db: &Connection) -> rusqlite::Result<CloudSnapshot> {
    let resources = rows(db, "SELECT id, resource FROM cloud_resource", |row| {
        let id = ResourceId(row.get(0)?);
        Ok(text(row, 1)?.map(|resource| (id, resource)))
    })?;
    let places = rows(
        db,
        "SELECT account, region, looked_at FROM cloud_place",
        |row| {
            let (account, region) = (row.get(0)?, row.get(1)?);
            Ok(text(row, 2)?.map(|looked_at| (Place { account, region }, looked_at)))
        },
    )?;
    let uses = rows(db, "SELECT id, seen FROM cloud_use", |row| {
        let id = ResourceId(row.get(0)?);
        Ok(text(row, 1)?.map(|seen| (id, seen)))
    })?;
    let clock = rows(db, "SELECT clock FROM cloud_clock", |row| text(row, 0))?;
    Ok(CloudSnapshot {
        resources: resources.into_iter().collect(),
        places: places.into_iter().collect(),
        uses: uses.into_iter().collect(),
        clock: clock.into_iter().next(),
    })
}

pub(super) fn record_snapshot(
    db: &Connection,
    before: &CloudSnapshot,
    after: &CloudSnapshot,
) -> rusqlite::Result<()> {
    let mut delete = db.prepare_cached("DELETE FROM cloud_resource WHERE id = ?1")?;
    for id in gone(&before.resources, &after.resources) {
        delete.execute([id.as_str()])?;
    }
    let mut put =
        db.prepare_cached("INSERT OR REPLACE INTO cloud_resource (id, resource) VALUES (?1, ?2)")?;
    for (id, resource) in new(&before.resources, &after.resources) {
        put.execute((id.as_str(), json(resource)?))?;
    }
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO cloud_place (account, region, looked_at) VALUES (?1, ?2, ?3)",
    )?;
    for (place, looked_at) in new(&before.places, &after.places) {
        put.execute((&place.account, &place.region, json(looked_at)?))?;
    }
    let mut delete = db.prepare_cached("DELETE FROM cloud_use WHERE id = ?1")?;
    for id in gone(&before.uses, &after.uses) {
        delete.execute([id.as_str()])?;
    }
    let mut put =
        db.prepare_cached("INSERT OR REPLACE INTO cloud_use (id, seen) VALUES (?1, ?2)")?;
    for (id, seen) in new(&before.uses, &after.uses) {
        put.execute((id.as_str(), json(seen)?))?;
    }
    if let Some(clock) = &after.clock
        && before.clock != after.clock
    {
        db.execute("DELETE FROM cloud_clock", [])?;
        db.execute(
            "INSERT INTO cloud_clock (clock) VALUES (?1)",
            [json(clock)?],
        )?;
    }
    Ok(())
}

/// Reads the bill.
pub(super) fn bill(db: &Connection) -> rusqlite::Result<BillHistory> {
    let lines = rows(
        db,
        "SELECT stack, day, service, usd, estimated FROM cloud_bill_line ORDER BY stack, day, service",
        |row| {
            let usd: String = row.get(3)?;
            let Some((day, usd)) = date(row, 1)?.zip(usd.parse::<Usd>().ok()) else {
                return Ok(None);
            };
            Ok(Some(BillLine {
                stack: row.get(0)?,
                day,
                service: row.get(2)?,
                usd,
                estimated: row.get(4)?,
            }))
        },
    )?;
    let days = rows(db, "SELECT day, about FROM cloud_bill_day", |row| {
        Ok(date(row, 0)?.zip(text(row, 1)?))
    })?;
    let requests = rows(db, "SELECT day, requests FROM cloud_bill_request", |row| {
        Ok(date(row, 0)?.zip(row.get(1)?))
    })?;
    let remark = db
        .prepare_cached("SELECT remark FROM cloud_bill_remark")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(BillHistory {
        lines,
        days: days.into_iter().collect(),
        requests: requests.into_iter().collect(),
        remark,
    })
}

pub(super) fn record_bill(
    db: &Connection,
    before: &BillHistory,
    after: &BillHistory,
) -> rusqlite::Result<()> {
    let (old, now) = (by_key(&before.lines), by_key(&after.lines));
    let mut delete = db.prepare_cached(
        "DELETE FROM cloud_bill_line WHERE stack = ?1 AND day = ?2 AND service = ?3",
    )?;
    for (stack, day, service) in gone(&old, &now) {
        delete.execute((stack, day.to_string(), service))?;
    }
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO cloud_bill_line (stack, day, service, usd, estimated) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for ((stack, day, service), line) in new(&old, &now) {
        // Exact, because the display form is rounded.
        let usd = line.usd.amount().to_string();
        put.execute((stack, day.to_string(), service, usd, line.estimated))?;
    }
    let mut put =
        db.prepare_cached("INSERT OR REPLACE INTO cloud_bill_day (day, about) VALUES (?1, ?2)")?;
    for (day, about) in new(&before.days, &after.days) {
        put.execute((day.to_string(), json(about)?))?;
    }
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO cloud_bill_request (day, requests) VALUES (?1, ?2)",
    )?;
    for (day, requests) in new(&before.requests, &after.requests) {
        put.execute((day.to_string(), requests))?;
    }
    if before.remark != after.remark {
        db.execute("DELETE FROM cloud_bill_remark", [])?;
        if let Some(remark) = &after.remark {
            db.execute(
                "INSERT INTO cloud_bill_remark (remark) VALUES (?1)",
                [remark],
            )?;
        }
    }
    Ok(())
}

/// Reads the lock on requests for the bill.
pub(super) fn bill_lock(db: &Connection) -> rusqlite::Result<Option<BillLock>> {
    let bill_lock = rows(db, "SELECT asking FROM cloud_asking", |row| text(row, 0))?;
    Ok(bill_lock.into_iter().next())
}

#[expect(clippy::ref_option, reason = "every part is handed over as it is held")]
pub(super) fn record_bill_lock(
    db: &Connection,
    before: &Option<BillLock>,
    after: &Option<BillLock>,
) -> rusqlite::Result<()> {
    if before == after {
        return Ok(());
    }
    db.execute("DELETE FROM cloud_asking", [])?;
    if let Some(bill_lock) = after {
        let bill_lock = json(bill_lock)?;
        db.execute("INSERT INTO cloud_asking (asking) VALUES (?1)", [bill_lock])?;
    }
    Ok(())
}

/// Reads the fetched prices.
pub(super) fn prices(db: &Connection) -> rusqlite::Result<Vec<DatedPrice>> {
    rows(
        db,
        "SELECT price FROM cloud_price ORDER BY meter, region",
        |row| text(row, 0),
    )
}

#[expect(clippy::ptr_arg, reason = "every part is handed over as it is held")]
pub(super) fn record_prices(
    db: &Connection,
    before: &Vec<DatedPrice>,
    after: &Vec<DatedPrice>,
) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached(
        "INSERT OR REPLACE INTO cloud_price (meter, region, price) VALUES (?1, ?2, ?3)",
    )?;
    for known in after.iter().filter(|known| !before.contains(known)) {
        put.execute((&known.price.meter, &known.price.region, json(known)?))?;
    }
    Ok(())
}

type LineKey<'a> = (&'a str, Date, &'a str);

fn by_key(lines: &[BillLine]) -> BTreeMap<LineKey<'_>, &BillLine> {
    let lines = lines.iter();
    lines
        .map(|line| ((line.stack.as_str(), line.day, line.service.as_str()), line))
        .collect()
}

/// The keys that were removed.
fn gone<'a, K: Ord, V>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = &'a K> {
    before.keys().filter(|key| !after.contains_key(key))
}

/// The entries that were added or changed.
fn new<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    after
        .iter()
        .filter(|(key, value)| before.get(key) != Some(value))
}

fn rows<T>(
    db: &Connection,
    query: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Vec<T>> {
    let mut query = db.prepare_cached(query)?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.extend(read(row)?);
    }
    Ok(all)
}

fn text<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(column)?.as_str()?;
    Ok(serde_json::from_str(text).ok())
}

fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Date>> {
    Ok(row.get_ref(column)?.as_str()?.parse().ok())
}

fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
