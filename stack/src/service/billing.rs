//! The cloud's bill: queried rarely, because each request costs one cent, and counted.

mod prices;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CloudAccess, Reports, ServiceError, StackSelector};
use crate::backoff::Pauses;
use crate::cloud::CloudError;
use crate::inventory::{BillAnswer, BillHistory, BillLock, StackBill};
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::listing::ListedCost;
use crate::process;
use crate::values::id::{RunId, StackName};
use crate::values::money::Usd;
use crate::values::ttl::Span;

/// The price of one request for the bill.
pub const PRICE_PER_REQUEST: Usd = Usd::new(Decimal::from_parts(1, 0, 0, false, 2));

/// The bill is requested at most once in this time: it changes a few times a day at most.
pub const MIN_BILL_AGE: Span = Span::minutes(12 * 60);

/// A request that takes longer counts as dead.
const REQUEST_TIMEOUT: Span = Span::minutes(10);

/// How far back the bill is requested; an older stack has its later days billed.
const MAX_DAYS: i64 = 92;

/// Whether the bill may be requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillMode {
    /// No: only the stored bill.
    Cached,
    /// If the stored bill is too old.
    WhenOld,
}

/// A stack's cost: the estimate and the bill, which are never mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackCost {
    /// The stack.
    pub name: StackName,
    /// When it expires; null for a stack without a lease whose start is unknown.
    pub expires_at: Option<Timestamp>,
    /// List price × time.
    pub estimate: Estimate,
    /// When its lease began, or its earliest resource was created; null if neither is known.
    pub created_at: Option<Timestamp>,
    /// What the cloud billed; null without accounts, when the bill was never requested for a day of
    /// this stack, when the bill names no stack at all, and when several stacks have this name.
    pub billed: Option<Billed>,
    /// When the bill was last requested, for any stack; null: never.
    pub bill_asked_at: Option<Timestamp>,
    /// The last day that was requested.
    pub bill_until: Option<Date>,
    /// All requests for bills made from here, for all stacks.
    pub requests: BillRequests,
    /// What is wrong with the bill as a whole, and how to fix it.
    pub remark: Option<String>,
}

/// The estimate. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// The current rate.
    pub hourly_usd: Option<crate::values::money::HourlyRate>,
    /// Its source, with the date of the price list.
    pub hourly_source: Option<String>,
    /// The amount spent so far.
    pub spent_usd: Option<Usd>,
    /// From now until it expires, at the current rate.
    pub until_expiry_usd: Option<Usd>,
    /// What the figures do not cover.
    pub unpriced: Vec<String>,
    /// Whether the rate leaves out something that costs money, so that it is a minimum.
    #[serde(skip)]
    pub hourly_is_minimum: bool,
}

/// What the cloud billed for one stack since its lease began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// The total.
    pub usd: Usd,
    /// The part that the cloud still calls estimated.
    pub estimated_usd: Usd,
    /// The last billed day.
    pub until: Date,
    /// The last day that is final; null: the first day is still estimated.
    pub settled_until: Option<Date>,
    /// When the bill was last requested.
    pub asked_at: Timestamp,
    /// By service, highest first.
    pub services: Vec<BilledService>,
}

/// The bill of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledService {
    /// The service, as the bill calls it.
    pub service: String,
    /// The cost.
    pub usd: Usd,
    /// The part that the cloud still calls estimated.
    pub estimated_usd: Usd,
}

/// Requests for bills, and their price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillRequests {
    /// The number of requests.
    pub made: u64,
    /// Their price.
    pub usd: Usd,
}

/// The result of a request for the bill.
#[derive(Clone, Debug, Default)]
pub struct BillUpdate {
    /// The stored bill.
    pub known: BillHistory,
    /// Why the request failed; the stored bill is then as old as before.
    pub failed: Option<CloudError>,
}

impl Reports<'_> {
    /// The bill, requested first where the mode allows it and the stored one is too old. `None`
    /// without a cloud.
    ///
    /// # Errors
    /// When the ledger or the inventory cannot be read or written.
    pub async fn bill(self, mode: BillMode) -> Result<Option<BillUpdate>, ServiceError> {
        let Some(access) = self.service.cloud_access() else {
            return Ok(None);
        };
        let known = access.inventory.bill().await?;
        let failed = None;
        if mode == BillMode::Cached {
            return Ok(Some(BillUpdate { known, failed }));
        }
        let stood = self.stood().await?;
        if wanted(&known, &stood, self.service.now()).is_none() {
            return Ok(Some(BillUpdate { known, failed }));
        }
        let by = RunId::random();
        let mut pauses = Pauses::long();
        loop {
            let asking = BillLock {
                by: by.clone(),
                process: process::current(),
                until: REQUEST_TIMEOUT.after(self.service.now()),
            };
            if access
                .inventory
                .lock_bill(self.service.now(), asking)
                .await?
            {
                break;
            }
            pauses.once_more().await;
        }
        let news = self.ask_for_bill(access, &stood).await;
        access.inventory.unlock_bill(by).await?;
        news.map(Some)
    }

    /// When each stack existed that a lease or tags name.
    async fn stood(self) -> Result<Vec<Stood>, ServiceError> {
        let leases = self.service.ledger.leases(Scope::All).await?;
        let mut stood: Vec<Stood> = leases.iter().map(Stood::of).collect();
        if let Some(cloud) = self.service.leases().view().await?.cloud {
            let unleased = cloud.unleased(&leases).into_iter();
            stood.extend(
                unleased
                    .filter_map(|tags| cloud.began(tags))
                    .map(Stood::since),
            );
        }
        Ok(stood)
    }

    /// Requests the bill, unless another process did while this one waited.
    async fn ask_for_bill(
        self,
        access: &CloudAccess,
        stood: &[Stood],
    ) -> Result<BillUpdate, ServiceError> {
        let known = access.inventory.bill().await?;
        let failed = None;
        let now = self.service.now();
        let Some((from, to)) = wanted(&known, stood, now) else {
            return Ok(BillUpdate { known, failed });
        };
        let mut bill = match access.cloud.bill(from, to).await {
            Ok(bill) => bill,
            // Refused requests are not billed.
            Err(error) => {
                let failed = Some(error);
                return Ok(BillUpdate { known, failed });
            }
        };
        // Only here it is known whether the bill should have named a stack.
        if !any_stood(stood, from, to) {
            bill.remark = None;
        }
        // Of an incomplete bill, only its price is stored.
        let to = if bill.broken_off { from } else { to };
        let asked = BillAnswer {
            at: now,
            from,
            to,
            bill,
        };
        let known = access.inventory.record_bill(asked).await?;
        Ok(BillUpdate { known, failed })
    }

    /// A stack's cost and bill, with the reason if the bill could not be requested.
    ///
    /// # Errors
    /// As [`Leases::show`], and when the inventory cannot be read or written.
    pub async fn cost(
        self,
        stack: &StackName,
        choice: &StackSelector,
        mode: BillMode,
    ) -> Result<(StackCost, Option<CloudError>), ServiceError> {
        // A request about an unknown stack must cost nothing.
        self.service.leases().show_one_of(stack, choice).await?;
        let news = self.bill(mode).await?.unwrap_or_default();
        let listing = self
            .service
            .leases()
            .show_one_of(stack, choice)
            .await?
            .listing;
        let billed = billed(&news.known, stack, listing.created_at);
        let cost = StackCost {
            name: stack.clone(),
            expires_at: listing.expires_at,
            created_at: listing.created_at,
            billed: billed.filter(|_| listing.cost.billed_usd.is_some()),
            bill_asked_at: news.known.asked_at(),
            bill_until: news.known.days.keys().next_back().copied(),
            estimate: estimate(listing.cost),
            requests: requests(&news.known),
            remark: news.known.remark,
        };
        Ok((cost, news.failed))
    }
}

fn estimate(cost: ListedCost) -> Estimate {
    let ListedCost {
        hourly_usd,
        hourly_source,
        spent_usd,
        until_expiry_usd,
        unpriced,
        hourly_is_minimum,
        ..
    } = cost;
    Estimate {
        hourly_usd,
        hourly_source,
        spent_usd,
        until_expiry_usd,
        unpriced,
        hourly_is_minimum,
    }
}

/// What was billed for a stack, by service; `None` as for [`BillHistory::billed`]. The bill knows
/// stacks only by name.
#[must_use]
pub fn billed(
    known: &BillHistory,
    stack: &StackName,
    created_at: Option<Timestamp>,
) -> Option<Billed> {
    let first = day(created_at?);
    let StackBill {
        usd,
        estimated_usd,
        until,
        settled_until,
        asked_at,
    } = known.billed(stack.as_str(), first)?;
    let mut services: BTreeMap<&str, (Usd, Usd)> = BTreeMap::new();
    let lines = known.lines_of(stack.as_str()).iter();
    for line in lines.filter(|line| line.day >= first) {
        let estimated = if line.estimated { line.usd } else { Usd::ZERO };
        let sums = services.entry(&line.service).or_default();
        *sums = (sums.0 + line.usd, sums.1 + estimated);
    }
    let services = services.into_iter();
    let mut services: Vec<_> = services
        .map(|(service, (usd, estimated_usd))| BilledService {
            service: service.to_owned(),
            usd,
            estimated_usd,
        })
        .collect();
    services.sort_by(|a, b| b.usd.cmp(&a.usd).then_with(|| a.service.cmp(&b.service)));
    Some(Billed {
        usd,
        estimated_usd,
        until,
        settled_until,
        asked_at,
        services,
    })
}

fn requests(known: &BillHistory) -> BillRequests {
    let made = known.requests_made();
    BillRequests {
        made,
        usd: Usd::new(
            PRICE_PER_REQUEST
                .amount()
                .saturating_mul(Decimal::from(made)),
        ),
    }
}

/// The days to request, the last one excluded; `None` when there are none, or it is too early for
/// another request.
///
/// Final days are never requested again. Everything from the first day that is not final is
/// requested at once, and at most once per [`MIN_BILL_AGE`].
fn wanted(known: &BillHistory, stood: &[Stood], now: Timestamp) -> Option<(Date, Date)> {
    if known
        .asked_at()
        .is_some_and(|at| at <= now && MIN_BILL_AGE.after(at) > now)
    {
        return None;
    }
    // Today's bill is not written yet.
    let to = day(now);
    let earliest = to.checked_sub(jiff::Span::new().days(MAX_DAYS)).ok()?;
    let first = stood.iter().map(|one| one.from).min()?;
    let done = |day: Date| known.days.get(&day).is_some_and(|day| day.settled);
    let mut from = first.max(earliest);
    while from < to && done(from) {
        from = from.tomorrow().ok()?;
    }
    (from < to).then_some((from, to))
}

/// Whether any stack existed on a day that the bill should cover by now: it is a day late.
fn any_stood(stood: &[Stood], from: Date, to: Date) -> bool {
    let Ok(last) = to.yesterday() else {
        return false;
    };
    stood
        .iter()
        .any(|one| one.from < last && one.until.is_none_or(|until| until >= from))
}

/// The days on which a stack existed; `None`: it still exists.
#[derive(Clone, Copy, Debug)]
struct Stood {
    from: Date,
    until: Option<Date>,
}

impl Stood {
    fn of(lease: &Lease) -> Self {
        Self {
            from: day(lease.created_at),
            until: (!lease.is_live()).then(|| day(lease.last_at)),
        }
    }

    fn since(at: Timestamp) -> Self {
        Self {
            from: day(at),
            until: None,
        }
    }
}

/// The day of a moment, in UTC as bills have it.
fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

#[cfg(test)]
mod tests;
