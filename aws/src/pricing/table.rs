//! The table of known prices: built-in ones, and newer ones that replace them.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use stack::cloud::Price;

/// One file for each region. A region without a file has no prices until a refresh: jiti never
/// shows the rates of one region for another.
const BUILT_IN: &[&str] = &[
    include_str!("eu-west-1.json"),
    include_str!("us-east-1.json"),
];

/// Prices by region and meter.
#[derive(Clone, Debug, Default)]
pub(crate) struct PriceTable {
    regions: HashMap<String, HashMap<String, ListedPrice>>,
}

/// A price and the day of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListedPrice {
    /// Dollars for one unit and the hour or month that the list prices.
    pub(crate) usd: Decimal,
    pub(crate) listed_on: Date,
}

/// A built-in file of prices.
#[derive(Debug, Default, Deserialize)]
struct File {
    region: String,
    lists: Vec<List>,
}

/// Prices from one source and day.
#[derive(Debug, Deserialize)]
struct List {
    listed_on: Date,
    prices: HashMap<String, Decimal>,
}

impl PriceTable {
    /// The built-in prices.
    pub(crate) fn built_in() -> Self {
        let mut table = Self::default();
        for text in BUILT_IN {
            // A test checks that each file parses.
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

    /// Adds prices and replaces older ones.
    pub(crate) fn overlay(&mut self, prices: impl IntoIterator<Item = Price>) {
        for price in prices {
            let Price {
                meter,
                region,
                usd,
                listed_on,
            } = price;
            let known = self.regions.entry(region).or_default();
            let is_newer = known
                .get(&meter)
                .is_none_or(|price| price.listed_on <= listed_on);
            if is_newer {
                known.insert(meter, ListedPrice { usd, listed_on });
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
    use crate::pricing::Meter;

    fn price(region: &str, usd: &str, day: &str) -> Price {
        Price {
            meter: "ec2:t3.micro".to_owned(),
            region: region.to_owned(),
            usd: usd.parse().unwrap(),
            listed_on: day.parse().unwrap(),
        }
    }

    /// Every built-in file parses; every price has a meter and is above zero; no meter occurs
    /// twice.
    #[test]
    fn the_built_in_files_parse() {
        for text in BUILT_IN {
            let file: File = serde_json::from_str(text).unwrap();
            let mut meters = std::collections::BTreeSet::new();
            for list in &file.lists {
                for (meter, usd) in &list.prices {
                    assert!(meter.parse::<Meter>().is_ok(), "{meter}");
                    assert!(*usd > Decimal::ZERO, "{meter}");
                    assert!(meters.insert(meter), "{meter} twice");
                }
            }
            assert!(meters.len() > 6, "{}", meters.len());
        }
        let table = PriceTable::built_in();
        assert!(table.regions["us-east-1"].len() > 80);
    }

    /// Every built-in price has a source, and a day that is not in the future of this version.
    #[test]
    fn built_in_prices_have_a_source() {
        for text in BUILT_IN {
            let file: serde_json::Value = serde_json::from_str(text).unwrap();
            for list in file["lists"].as_array().unwrap() {
                let source = list["source"].as_str().unwrap_or_default();
                assert!(source.len() > 20, "{list}");
                let day: Date = list["listed_on"].as_str().unwrap().parse().unwrap();
                assert!(day > jiff::civil::date(2023, 12, 31), "{list}");
            }
        }
    }

    /// A newer price replaces an older one and never the other way round; regions are separate.
    #[test]
    fn newer_prices_replace_older_ones() {
        let mut table = PriceTable::built_in();
        let usd = |table: &PriceTable, region: &str| {
            let price = table.get("ec2:t3.micro", region);
            price.map(|price| price.usd.to_string())
        };
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.0104"));
        assert_eq!(usd(&table, "eu-west-1").as_deref(), Some("0.0114"));
        assert_eq!(usd(&table, "eu-west-2"), None);
        table.overlay([price("us-east-1", "9", "2020-01-01")]);
        table.overlay([price("eu-west-2", "0.0118", "2026-11-01")]);
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.0104"));
        assert_eq!(usd(&table, "eu-west-2").as_deref(), Some("0.0118"));
        table.overlay([price("us-east-1", "0.02", "2026-11-01")]);
        assert_eq!(usd(&table, "us-east-1").as_deref(), Some("0.02"));
    }
}
