//! Reads one product of the price list: a JSON text within the JSON of the answer.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::query::{Query, Unit};

/// The list prices throughput by the GiB/s; a volume states it in MiB/s.
const MIB_PER_GIB: Decimal = Decimal::from_parts(1024, 0, 0, false, 0);

#[derive(Debug, Deserialize)]
struct ListEntry {
    product: Product,
    terms: Terms,
    #[serde(rename = "publicationDate")]
    published: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Product {
    attributes: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Terms {
    /// Absent for a product that is only sold in advance.
    #[serde(rename = "OnDemand", default)]
    on_demand: HashMap<String, Term>,
}

#[derive(Debug, Deserialize)]
struct Term {
    #[serde(rename = "priceDimensions")]
    dimensions: HashMap<String, Dimension>,
}

#[derive(Debug, Deserialize)]
struct Dimension {
    unit: String,
    #[serde(rename = "beginRange", default)]
    from: String,
    #[serde(rename = "pricePerUnit")]
    price: HashMap<String, Decimal>,
}

/// The price of a product and the day of its list. `None` if it is another product, or the entry
/// cannot be read: an unknown price is better than a wrong one.
pub(super) fn price(text: &str, query: &Query) -> Option<(Decimal, Date)> {
    let entry: ListEntry = serde_json::from_str(text).ok()?;
    if !query.matches(entry.product.attributes.get("usagetype")?) {
        return None;
    }
    let dimensions = entry
        .terms
        .on_demand
        .values()
        .flat_map(|term| term.dimensions.values());
    // A tiered price counts with its first tier: the use of the whole account is not known here.
    let mut first = dimensions.filter(|dimension| matches!(&*dimension.from, "" | "0"));
    let (dimension, None) = (first.next()?, first.next()) else {
        return None;
    };
    let usd = *dimension.price.get("USD")?;
    let unit = dimension.unit.to_lowercase();
    let is_hourly = unit.contains("hr") || unit.contains("hour");
    if is_hourly != (query.unit == Unit::Hour) || usd <= Decimal::ZERO {
        return None;
    }
    let usd = if unit.starts_with("gibps") {
        usd / MIB_PER_GIB
    } else {
        usd
    };
    Some((usd, TimeZone::UTC.to_datetime(entry.published).date()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::query::query;
    use super::*;

    fn query_of(meter: &str) -> Query {
        query(&meter.parse().unwrap())
    }

    fn product(usage: &str, dimensions: &serde_json::Value) -> String {
        let reserved = json!({"x": {"unit": "Hrs", "pricePerUnit": {"USD": "0.001"}}});
        json!({
            "product": {
                "productFamily": "any",
                "attributes": {"usagetype": usage, "regionCode": "eu-west-1"},
                "sku": "S"
            },
            "serviceCode": "any",
            "terms": {
                "OnDemand": {
                    "S.JRTCKXETXF": {
                        "priceDimensions": dimensions,
                        "offerTermCode": "JRTCKXETXF"
                    }
                },
                "Reserved": {"S.OTHER": {"priceDimensions": reserved}}
            },
            "version": "20260320042925",
            "publicationDate": "2026-03-20T04:29:25Z"
        })
        .to_string()
    }

    fn flat(unit: &str, usd: &str) -> serde_json::Value {
        json!({"S.JRTCKXETXF.6YS6EN2CT7": {
            "unit": unit,
            "beginRange": "0",
            "endRange": "Inf",
            "pricePerUnit": {"USD": usd}
        }})
    }

    fn read(meter: &str, usage: &str, dimensions: &serde_json::Value) -> Option<String> {
        let text = product(usage, dimensions);
        price(&text, &query_of(meter)).map(|(usd, day)| format!("{} {day}", usd.normalize()))
    }

    /// The price is a decimal in a text; the day is that of the publication of the list.
    #[test]
    fn reads_a_price() {
        let price = read(
            "ec2:t3.micro",
            "EU-BoxUsage:t3.micro",
            &flat("Hrs", "0.0114000000"),
        );
        assert_eq!(price.as_deref(), Some("0.0114 2026-03-20"));
    }

    /// Throughput that the list prices by the GiB/s is converted to MiB/s.
    #[test]
    fn throughput_is_per_mebibyte() {
        let price = read(
            "ebs:gp3:throughput",
            "EBS:VolumeP-Throughput.gp3",
            &flat("GiBps-mo", "40.9600000000"),
        );
        assert_eq!(price.as_deref(), Some("0.04 2026-03-20"));
    }

    /// The first tier of a tiered price counts.
    #[test]
    fn the_first_tier_counts() {
        let tiers = json!({
            "a": {"unit": "GB-Mo", "beginRange": "51200", "pricePerUnit": {"USD": "0.02"}},
            "b": {"unit": "GB-Mo", "beginRange": "0", "pricePerUnit": {"USD": "0.03"}},
        });
        let price = read("logs:storage", "EU-TimedStorage-ByteHrs", &tiers);
        assert_eq!(price.as_deref(), Some("0.03 2026-03-20"));
    }

    /// Rows of other products, units or currencies, and rows with a price of zero, give no price.
    #[test]
    fn other_rows_give_no_price() {
        let meter = "ec2:t3.micro";
        let usage = "EU-BoxUsage:t3.micro";
        assert_eq!(read(meter, "EU-BoxUsage:t3.small", &flat("Hrs", "1")), None);
        assert_eq!(read(meter, usage, &flat("GB-Mo", "1")), None);
        assert_eq!(read(meter, usage, &flat("Hrs", "0.0000000000")), None);
        let yuan = json!({"a": {"unit": "Hrs", "beginRange": "0", "pricePerUnit": {"CNY": "1"}}});
        assert_eq!(read(meter, usage, &yuan), None);
        assert_eq!(price("no JSON", &query_of(meter)), None);
    }
}
