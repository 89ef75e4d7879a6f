//! What resources cost: list prices, the rates that follow from them, and the bill.
//!
//! List prices come from a built-in table and from the Price List API.

mod bill;
mod list;
mod product;
mod query;
mod rate;
mod table;

use rust_decimal::Decimal;
use stack::cloud::Usage;

pub(crate) use bill::bill;
pub(crate) use list::current_prices;
pub(crate) use rate::rate;
pub(crate) use table::PriceTable;

/// Hours in a month, as AWS's own calculators count them.
const HOURS_PER_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// A use that is priced by the month: so many gigabytes, keys, secrets.
pub(crate) fn monthly(meter: &str, quantity: Decimal) -> Usage {
    Usage {
        meter: meter.to_owned(),
        quantity: quantity / HOURS_PER_MONTH,
    }
}

/// A use that is priced by the hour.
pub(crate) fn hourly(meter: &str, quantity: Decimal) -> Usage {
    Usage {
        meter: meter.to_owned(),
        quantity,
    }
}
