//! What resources cost: list prices, the rates that follow from them, and the bill.
//!
//! List prices come from a built-in table and from the Price List API.

mod bill;
#[cfg(test)]
mod example_prices;
mod list;
mod meter;
mod product;
mod query;
mod rate;
mod table;

use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::cloud::Usage;

pub(crate) use self::bill::bill;
pub(crate) use self::list::current_prices;
pub(crate) use self::meter::{
    CacheEngine, DatabaseEngine, DatabaseStorage, Item, Meter, VolumeKind,
};
use self::query::{Unit, query};
pub(crate) use self::rate::rate;
pub(crate) use self::table::PriceTable;

/// Hours in a month, as AWS's own calculators count them.
const HOURS_PER_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// A use of `quantity` units of a meter: instances, or gigabytes. A meter that is priced by the
/// month counts as its share of an hour.
pub(crate) fn usage_of(meter: impl Into<Meter>, quantity: Decimal) -> Usage {
    let meter = meter.into();
    Usage {
        quantity: match query(&meter).unit {
            Unit::Hour => quantity,
            Unit::Month => quantity / HOURS_PER_MONTH,
        },
        meter: meter.to_string(),
    }
}

/// The built-in list prices, for resources that do not exist yet.
#[derive(Clone, Debug)]
pub struct ListPrices(PriceTable);

impl Default for ListPrices {
    fn default() -> Self {
        Self(PriceTable::built_in())
    }
}

impl ListPrices {
    /// What `quantity` units of a meter, such as `ec2:t3.micro`, cost per hour in a region, and the
    /// day of that price; `None` if the meter or its price is not known.
    #[must_use]
    pub fn hourly(&self, meter: &str, quantity: Decimal, region: &str) -> Option<(Decimal, Date)> {
        let usage = usage_of(meter.parse::<Meter>().ok()?, quantity);
        let price = self.0.get(&usage.meter, region)?;
        let usd = price.usd.checked_mul(usage.quantity)?;
        Some((usd, price.listed_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A planned use is priced by the hour, also where the list has a price for a month.
    #[test]
    fn planned_uses_have_prices() {
        let prices = ListPrices::default();
        let usd = |meter: &str, quantity: u32, region: &str| {
            let price = prices.hourly(meter, quantity.into(), region);
            price.map(|(usd, _)| usd.round_dp(6).normalize().to_string())
        };
        assert_eq!(
            usd("ec2:t3.micro", 2, "us-east-1").as_deref(),
            Some("0.0208")
        );
        assert_eq!(usd("ebs:gp3", 730, "us-east-1").as_deref(), Some("0.08"));
        assert_eq!(usd("ec2:t3.micro", 1, "mars-1"), None);
        assert_eq!(usd("no meter", 1, "us-east-1"), None);
    }
}
