//! List prices: an embedded table with its dates, what the Price List API said since, and rates of resources from both.

pub(crate) mod bill;
mod list;
mod product;
mod query;
mod rate;
mod table;

use rust_decimal::Decimal;
use stack::cloud::Usage;

pub(crate) use list::present;
pub(crate) use rate::rate;
pub(crate) use table::Table;

/// Hours of a month, as AWS's own calculators count them.
const HOURS_OF_A_MONTH: Decimal = Decimal::from_parts(730, 0, 0, false, 0);

/// A use that is priced by the month: so many gigabytes, keys, secrets.
pub(crate) fn monthly(meter: &str, quantity: Decimal) -> Usage {
    Usage {
        meter: meter.to_owned(),
        quantity: quantity / HOURS_OF_A_MONTH,
    }
}

/// A use that is priced by the hour.
pub(crate) fn hourly(meter: &str, quantity: Decimal) -> Usage {
    Usage {
        meter: meter.to_owned(),
        quantity,
    }
}
