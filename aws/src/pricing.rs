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
