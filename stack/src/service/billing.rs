//! What the cloud billed: asked rarely, because each request costs a cent, and counted.

mod prices;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::backoff::Pauses;
use super::{CloudAccess, Service, ServiceError, StackSelector};
use crate::cloud::CloudError;
use crate::inventory::{BillAnswer, BillHistory, BillLock, StackBill};
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::listing::ListedCost;
use crate::process;
use crate::values::id::{RunId, StackName};
use crate::values::money::Usd;
use crate::values::ttl::Span;

/// What one request for the bill costs.
pub const REQUEST: Usd = Usd::new(Decimal::from_parts(1, 0, 0, false, 2));

/// The bill is asked for at most once in this time: it changes at most a few times a day.
pub const WINDOW: Span = Span::minutes(12 * 60);

/// Whoever asks has an answer within this time, or has died.
const ANSWERED: Span = Span::minutes(10);

/// Further back nothing is asked about: a stack that is older has its later days billed.
const MOST_DAYS: i64 = 92;

/// Whether the bill may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillMode {
    /// No: what is known already.
    Cached,
    /// When what is known is older than it may be.
    WhenOld,
}

/// What a stack costs: the estimate and the bill, which are never mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackCost {
    /// The stack.
    pub name: StackName,
    /// Until when it may live; null where only tags tell of it, and not when it began.
    pub expires_at: Option<Timestamp>,
    /// List price × time.
    pub estimate: Estimate,
    /// When its lease began, or its earliest resource was created; null where neither is known.
    pub created_at: Option<Timestamp>,
    /// What the cloud billed; null without accounts, when it was never asked about a day of this stack, when its bill
    /// names no stack at all, and when several stacks have this name.
    pub billed: Option<Billed>,
    /// When the cloud was last asked for its bill, about whichever stack; null: never.
    pub bill_asked_at: Option<Timestamp>,
    /// The last day that it was asked about.
    pub bill_until: Option<Date>,
    /// The requests for bills that were ever made from here, for all stacks.
    pub requests: BillRequests,
    /// What is wrong with the bill as a whole, and how to mend it.
    pub remark: Option<String>,
}

/// The estimate. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// The rate now.
    pub hourly_usd: Option<crate::values::money::HourlyRate>,
    /// Where it comes from, with the day of the list.
    pub hourly_source: Option<String>,
    /// Spent so far.
    pub spent_usd: Option<Usd>,
    /// From now until it expires, at the present rate.
    pub until_expiry_usd: Option<Usd>,
    /// What the figures do not cover.
    pub unpriced: Vec<String>,
}

/// What the cloud billed for one stack since its lease began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// All of it.
    pub usd: Usd,
    /// The part that the cloud still calls estimated.
    pub estimated_usd: Usd,
    /// The last day that it speaks about.
    pub until: Date,
    /// The last day up to which nothing is estimated any more; null: the first day still is.
    pub settled_until: Option<Date>,
    /// When the cloud was last asked.
    pub asked_at: Timestamp,
    /// By service, the dearest first.
    pub services: Vec<BilledService>,
}

/// What one service was billed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledService {
    /// The service, as the bill calls it.
    pub service: String,
    /// What it cost.
    pub usd: Usd,
    /// The part that the cloud still calls estimated.
    pub estimated_usd: Usd,
}

/// Requests for bills, and their price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillRequests {
    /// How many in all.
    pub made: u64,
    /// What they cost.
    pub usd: Usd,
}

/// What came of wanting the bill.
#[derive(Clone, Debug, Default)]
pub struct BillUpdate {
    /// What is known now.
    pub known: BillHistory,
    /// Why it could not be asked for; what is known is then as old as it was.
    pub failed: Option<CloudError>,
}

impl Service {
    /// What is known of the bill, asked for before where the mode allows it and it is old. `None` without a cloud.
    ///
    /// # Errors
    /// What the ledger or the inventory says.
    pub async fn bill(&self, mode: BillMode) -> Result<Option<BillUpdate>, ServiceError> {
        let Some(access) = self.cloud_access() else {
            return Ok(None);
        };
        let known = access.inventory.bill().await?;
        let failed = None;
        if mode == BillMode::Cached {
            return Ok(Some(BillUpdate { known, failed }));
        }
        let stood = self.stood().await?;
        if wanted(&known, &stood, self.now()).is_none() {
            return Ok(Some(BillUpdate { known, failed }));
        }
        let by = RunId::random();
        let mut pauses = Pauses::long();
        loop {
            let asking = BillLock {
                by: by.clone(),
                process: process::current(),
                until: ANSWERED.after(self.now()),
            };
            if access.inventory.lock_bill(self.now(), asking).await? {
                break;
            }
            pauses.once_more().await;
        }
        let news = self.ask_for_bill(access, &stood).await;
        access.inventory.unlock_bill(by).await?;
        news.map(Some)
    }

    /// When each stack stood that leases, or tags alone, tell of.
    async fn stood(&self) -> Result<Vec<Stood>, ServiceError> {
        let leases = self.ledger.leases(Scope::All).await?;
        let mut stood: Vec<Stood> = leases.iter().map(Stood::of).collect();
        if let Some(cloud) = self.view().await?.cloud {
            let unleased = cloud.unleased(&leases).into_iter();
            stood.extend(
                unleased
                    .filter_map(|tags| cloud.began(tags))
                    .map(Stood::since),
            );
        }
        Ok(stood)
    }

    /// Asks for the bill, unless somebody else has while this one waited for its turn.
    async fn ask_for_bill(
        &self,
        access: &CloudAccess,
        stood: &[Stood],
    ) -> Result<BillUpdate, ServiceError> {
        let known = access.inventory.bill().await?;
        let failed = None;
        let now = self.now();
        let Some((from, to)) = wanted(&known, stood, now) else {
            return Ok(BillUpdate { known, failed });
        };
        let mut bill = match access.cloud.bill(from, to).await {
            Ok(bill) => bill,
            // Requests that were refused are not billed.
            Err(error) => {
                let failed = Some(error);
                return Ok(BillUpdate { known, failed });
            }
        };
        // Whether it should have named a stack is known only here.
        if !any_stood(stood, from, to) {
            bill.remark = None;
        }
        // Of half a bill nothing is kept but what it cost.
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

    /// What a stack costs, and what was billed for it, with why the bill could not be asked for if it could not.
    ///
    /// # Errors
    /// As [`Service::show`], and what the inventory says.
    pub async fn cost(
        &self,
        stack: &StackName,
        choice: &StackSelector,
        mode: BillMode,
    ) -> Result<(StackCost, Option<CloudError>), ServiceError> {
        // Who asks about a stack that does not exist pays nothing.
        self.show_one_of(stack, choice).await?;
        let news = self.bill(mode).await?.unwrap_or_default();
        let listing = self.show_one_of(stack, choice).await?.listing;
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
        ..
    } = cost;
    Estimate {
        hourly_usd,
        hourly_source,
        spent_usd,
        until_expiry_usd,
        unpriced,
    }
}

/// What is known to have been billed for a stack, by service; `None` as for [`BillHistory::billed`]. The bill knows stacks by
/// their names alone.
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
        usd: Usd::new(REQUEST.amount().saturating_mul(Decimal::from(made))),
    }
}

/// The days to ask about, the last one excluded; `None` when there are none, or it is too early to ask again.
///
/// What is settled is never asked about again. Everything from the first day that is not is asked about together, in one
/// request, and at most once a window.
fn wanted(known: &BillHistory, stood: &[Stood], now: Timestamp) -> Option<(Date, Date)> {
    if known
        .asked_at()
        .is_some_and(|at| at <= now && WINDOW.after(at) > now)
    {
        return None;
    }
    // Today's bill is not written yet.
    let to = day(now);
    let earliest = to.checked_sub(jiff::Span::new().days(MOST_DAYS)).ok()?;
    let first = stood.iter().map(|one| one.from).min()?;
    let done = |day: Date| known.days.get(&day).is_some_and(|day| day.settled);
    let mut from = first.max(earliest);
    while from < to && done(from) {
        from = from.tomorrow().ok()?;
    }
    (from < to).then_some((from, to))
}

/// Whether any stack stood on a day of which the bill should know by now: it is a day late.
fn any_stood(stood: &[Stood], from: Date, to: Date) -> bool {
    let Ok(last) = to.yesterday() else {
        return false;
    };
    stood
        .iter()
        .any(|one| one.from < last && one.until.is_none_or(|until| until >= from))
}

/// From which day a stack stood, and until which; `None`: it still does.
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
