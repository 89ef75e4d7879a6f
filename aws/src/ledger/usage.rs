//! The requests and the capacity that this process has used, and what they cost.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;
use rust_decimal::Decimal;
use stack::Usd;
use stack::ledger::StoreUsage;

/// The price of one million read request units, in US dollars. Source: the AWS price list of
/// us-east-1, on-demand mode, standard table class, since 2024-11-01.
const READ_USD_PER_MILLION: &str = "0.125";

/// The price of one million write request units, in US dollars, from the same source.
const WRITE_USD_PER_MILLION: &str = "0.625";

/// The source of the prices, as shown.
const PRICE_SOURCE: &str = "list price in us-east-1 since 2024-11-01";

/// Counts requests and capacity units. Units are counted in halves, the smallest unit.
#[derive(Debug, Default)]
pub(super) struct Usage {
    requests: AtomicU64,
    read_halves: AtomicU64,
    write_halves: AtomicU64,
    unmetered: AtomicU64,
}

impl Usage {
    /// Counts a request.
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what an answer says that the request consumed.
    pub(super) fn consumed(&self, capacities: &[ConsumedCapacity], writes: bool) {
        let halves: Vec<u64> = capacities
            .iter()
            .filter_map(|capacity| halves(capacity.capacity_units()?))
            .collect();
        if halves.is_empty() {
            self.unmetered.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let counter = if writes {
            &self.write_halves
        } else {
            &self.read_halves
        };
        counter.fetch_add(halves.iter().sum(), Ordering::Relaxed);
    }

    /// The sums so far.
    pub(super) fn summary(&self) -> StoreUsage {
        let units =
            |halves: &AtomicU64| Decimal::from(halves.load(Ordering::Relaxed)) / Decimal::TWO;
        let (read_units, write_units) = (units(&self.read_halves), units(&self.write_halves));
        let price = |text: &str| text.parse::<Decimal>().unwrap_or_default();
        let per_million =
            read_units * price(READ_USD_PER_MILLION) + write_units * price(WRITE_USD_PER_MILLION);
        StoreUsage {
            requests: self.requests.load(Ordering::Relaxed),
            read_units,
            write_units,
            unmetered: self.unmetered.load(Ordering::Relaxed),
            usd: Usd::new(per_million / Decimal::from(1_000_000)),
            price_source: PRICE_SOURCE,
        }
    }
}

/// Units as a number of halves, rounded up.
fn halves(units: f64) -> Option<u64> {
    let units = Decimal::from_f64_retain(units)?;
    u64::try_from((units * Decimal::TWO).ceil()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units add up, and the price is that of the list.
    #[test]
    fn units_have_a_price() {
        let usage = Usage::default();
        let capacity = |units| ConsumedCapacity::builder().capacity_units(units).build();
        usage.request();
        usage.consumed(&[capacity(0.5), capacity(2.0)], false);
        usage.request();
        usage.consumed(&[capacity(6.0)], true);
        usage.request();
        usage.consumed(&[], true);
        let summary = usage.summary();
        assert_eq!((summary.requests, summary.unmetered), (3, 1));
        assert_eq!(summary.read_units.normalize().to_string(), "2.5");
        assert_eq!(summary.write_units.normalize().to_string(), "6");
        // 2.5 x 0.125 + 6 x 0.625 = 4.0625 dollars per million.
        assert_eq!(summary.usd.amount().normalize().to_string(), "0.0000040625");
    }
}
