//! The list prices that a check uses. The caller knows them.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// A price of a use for an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPrice {
    /// Dollars per hour.
    pub hourly_usd: Decimal,
    /// The day of the price list.
    pub listed_on: Date,
}

/// Knows list prices.
pub trait Prices {
    /// The price of `quantity` units of a meter, such as `ec2:t3.micro`, in a region; `None` if it
    /// is not known.
    fn price(&self, meter: &str, quantity: Decimal, region: &str) -> Option<ListPrice>;
}

/// Knows no price.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPrices;

impl Prices for NoPrices {
    fn price(&self, _meter: &str, _quantity: Decimal, _region: &str) -> Option<ListPrice> {
        None
    }
}
