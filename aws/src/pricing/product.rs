//! One product of the price list, as the API writes it: a text of JSON within the JSON of the answer.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::query::{Query, Unit};

/// Some throughput is listed by the GiB/s and used by the MiB/s.
const MIB_IN_A_GIB: Decimal = Decimal::from_parts(1024, 0, 0, false, 0);

#[derive(Debug, Deserialize)]
struct Listed {
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
    /// Absent for what is only sold in advance.
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

/// The price of a product and the day of its list; `None` when it is not the product that was asked for, or cannot be
/// understood: an unknown price is better than a wrong one.
pub(super) fn price(text: &str, query: &Query) -> Option<(Decimal, Date)> {
    let listed: Listed = serde_json::from_str(text).ok()?;
    if !query.means(listed.product.attributes.get("usagetype")?) {
        return None;
    }
    let dimensions = listed
        .terms
        .on_demand
        .values()
        .flat_map(|t| t.dimensions.values());
    // Of a price in steps the first counts: nobody knows here how much the whole account uses.
    let mut first = dimensions.filter(|dimension| matches!(&*dimension.from, "" | "0"));
    let (dimension, None) = (first.next()?, first.next()) else {
        return None;
    };
    let usd = *dimension.price.get("USD")?;
    let unit = dimension.unit.to_lowercase();
    let by_the_hour = unit.contains("hr") || unit.contains("hour");
    if by_the_hour != (query.unit == Unit::Hour) || usd <= Decimal::ZERO {
        return None;
    }
    let usd = if unit.starts_with("gibps") {
        usd / MIB_IN_A_GIB
    } else {
        usd
    };
    Some((usd, TimeZone::UTC.to_datetime(listed.published).date()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::query::query;
    use super::*;

    fn product(usage: &str, dimensions: &serde_json::Value) -> String {
        json!({
            "product": {"productFamily": "any", "attributes": {"usagetype": usage, "regionCode": "eu-west-1"}, "sku": "S"},
            "serviceCode": "any",
            "terms": {
                "OnDemand": {"S.JRTCKXETXF": {"priceDimensions": dimensions, "offerTermCode": "JRTCKXETXF"}},
                "Reserved": {"S.OTHER": {"priceDimensions": {"x": {"unit": "Hrs", "pricePerUnit": {"USD": "0.001"}}}}}
            },
            "version": "20260320042925",
            "publicationDate": "2026-03-20T04:29:25Z"
        })
        .to_string()
    }

    fn flat(unit: &str, usd: &str) -> serde_json::Value {
        json!({"S.JRTCKXETXF.6YS6EN2CT7": {"unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}}})
    }

    fn read(meter: &str, usage: &str, dimensions: &serde_json::Value) -> Option<String> {
        let text = product(usage, dimensions);
        price(&text, &query(meter).unwrap()).map(|(usd, day)| format!("{} {day}", usd.normalize()))
    }

    /// A price is a decimal in a text, and the day is that of the list's publication.
    #[test]
    fn a_price_is_read() {
        let price = read(
            "ec2:t3.micro",
            "EU-BoxUsage:t3.micro",
            &flat("Hrs", "0.0114000000"),
        );
        assert_eq!(price.as_deref(), Some("0.0114 2026-03-20"));
    }

    /// Throughput that is listed by the GiB/s is priced by the MiB/s.
    #[test]
    fn throughput_is_by_the_mebibyte() {
        let price = read(
            "ebs:gp3:throughput",
            "EBS:VolumeP-Throughput.gp3",
            &flat("GiBps-mo", "40.9600000000"),
        );
        assert_eq!(price.as_deref(), Some("0.04 2026-03-20"));
    }

    /// Of a price in steps the first counts.
    #[test]
    fn the_first_step_counts() {
        let steps = json!({
            "a": {"unit": "GB-Mo", "beginRange": "51200", "pricePerUnit": {"USD": "0.02"}},
            "b": {"unit": "GB-Mo", "beginRange": "0", "pricePerUnit": {"USD": "0.03"}},
        });
        let price = read("logs:storage", "EU-TimedStorage-ByteHrs", &steps);
        assert_eq!(price.as_deref(), Some("0.03 2026-03-20"));
    }

    /// Rows of other things, other units, other currencies, and rows priced at nothing are no price.
    #[test]
    fn other_rows_are_no_price() {
        let meter = "ec2:t3.micro";
        let usage = "EU-BoxUsage:t3.micro";
        assert_eq!(read(meter, "EU-BoxUsage:t3.small", &flat("Hrs", "1")), None);
        assert_eq!(read(meter, usage, &flat("GB-Mo", "1")), None);
        assert_eq!(read(meter, usage, &flat("Hrs", "0.0000000000")), None);
        let yuan = json!({"a": {"unit": "Hrs", "beginRange": "0", "pricePerUnit": {"CNY": "1"}}});
        assert_eq!(read(meter, usage, &yuan), None);
        assert_eq!(price("no JSON", &query(meter).unwrap()), None);
    }
}
