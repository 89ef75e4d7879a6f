//! The prices that are known: those that were built in, and newer ones over them.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use stack::cloud::Price;

/// A region without a file has no price until it is refreshed: the rates of one region are never shown for another.
const BUILT_IN: &[&str] = &[include_str!("us-east-1.json")];

/// Prices by region and meter.
#[derive(Clone, Debug, Default)]
pub(crate) struct PriceTable {
    regions: HashMap<String, HashMap<String, ListedPrice>>,
}

/// A price, and the day of the list that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListedPrice {
    /// Dollars for one unit, as the list has it: an hour of an instance, a month of a gigabyte.
    pub(crate) usd: Decimal,
    pub(crate) on: Date,
}

/// A file of prices.
#[derive(Debug, Default, Deserialize)]
struct File {
    region: String,
    lists: Vec<List>,
}

/// Prices that were read from one place on one day.
#[derive(Debug, Deserialize)]
struct List {
    listed_on: Date,
    prices: HashMap<String, Decimal>,
}

impl PriceTable {
    /// The prices that were built in.
    pub(crate) fn built_in() -> Self {
        let mut table = Self::default();
        for text in BUILT_IN {
            // That each can be read is held by a test.
            let file: File = serde_json::from_str(text).unwrap_or_default();
            for List { listed_on, prices } in file.lists {
                table.overlay(prices.into_iter().map(|(meter, usd)| Price {
                    meter,
                    region: file.region.clone(),
                    usd,
                    listed_on,
                }));
            }
        }
        table
    }

    /// Puts prices over those that are older.
    pub(crate) fn overlay(&mut self, prices: impl IntoIterator<Item = Price>) {
        for price in prices {
            let Price {
                meter,
                region,
                usd,
                listed_on: on,
            } = price;
            let known = self.regions.entry(region).or_default();
            let is_newer = known.get(&meter).is_none_or(|listed| listed.on <= on);
            if is_newer {
                known.insert(meter, ListedPrice { usd, on });
            }
        }
    }

    /// The price of a meter in a region.
    pub(crate) fn get(&self, meter: &str, region: &str) -> Option<ListedPrice> {
        self.regions.get(region)?.get(meter).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(region: &str, usd: &str, day: &str) -> Price {
        Price {
            meter: "ec2:t3.micro".to_owned(),
            region: region.to_owned(),
            usd: usd.parse().unwrap(),
            listed_on: day.parse().unwrap(),
        }
    }

    /// Every file that is built in can be read, every price is above zero, and none stands in it twice.
    #[test]
    fn the_built_in_files_can_be_read() {
        for text in BUILT_IN {
            let file: File = serde_json::from_str(text).unwrap();
            let mut seen = std::collections::BTreeSet::new();
            for list in &file.lists {
                for (meter, usd) in &list.prices {
                    assert!(*usd > Decimal::ZERO, "{meter}");
                    assert!(seen.insert(meter), "{meter} twice");
                }
            }
            assert!(seen.len() > 80, "{}", seen.len());
        }
    }

    /// A newer price goes over an older one, never the other way, and no region has another's.
    #[test]
    fn newer_prices_go_over_older_ones() {
        let mut table = PriceTable::built_in();
        let usd = |table: &PriceTable, region: &str| {
            let listed = table.get("ec2:t3.micro", region);
            listed.map(|listed| listed.usd.to_string())
        };
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.0104"));
        assert_eq!(usd(&table, "eu-west-1"), None);
        table.overlay([price("us-east-1", "9", "2020-01-01")]);
        table.overlay([price("eu-west-1", "0.0114", "2026-11-01")]);
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.0104"));
        assert_eq!(usd(&table, "eu-west-1").as_deref(), Some("0.0114"));
        table.overlay([price("us-east-1", "0.02", "2026-11-01")]);
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.02"));
    }
}
