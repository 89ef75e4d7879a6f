//! Reads current prices from the Price List API. It is free of charge, and slow.

use std::collections::BTreeSet;

use aws_sdk_pricing::types::{Filter, FilterType};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Price, Resource};

use super::meter::Meter;
use super::product;
use super::query::{Query, query};
use crate::client::Clients;
use crate::client::error::failed;

/// Queries in flight at once, below the rate limit of the service.
const MAX_QUERIES_IN_FLIGHT: usize = 4;

/// The current list prices of what these resources use. `clients` must be those of the region that
/// serves the price list; the prices are for the regions of the resources.
///
/// Leaves out a price that the list does not give unambiguously.
pub(crate) async fn current_prices(
    clients: &Clients,
    resources: &[Resource],
) -> Result<Vec<Price>, CloudError> {
    let wanted: BTreeSet<(&str, &str)> = resources
        .iter()
        .flat_map(|resource| {
            let region = resource.place.region.as_str();
            let usage = resource.usage.iter();
            usage.map(move |usage| (usage.meter.as_str(), region))
        })
        .collect();
    let queries: Vec<_> = wanted
        .into_iter()
        .filter_map(|(code, region)| Some((code, region, code.parse::<Meter>().ok()?)))
        .map(async |(code, region, meter)| {
            let price = price(clients, region, &query(&meter)).await?;
            Ok(price.map(|(usd, listed_on)| Price {
                meter: code.to_owned(),
                region: region.to_owned(),
                usd,
                listed_on,
            }))
        })
        .collect();
    let mut prices: Vec<Price> = stream::iter(queries)
        .buffer_unordered(MAX_QUERIES_IN_FLIGHT)
        .try_filter_map(async |price| Ok(price))
        .try_collect()
        .await?;
    prices.sort_by(|a, b| (&a.region, &a.meter).cmp(&(&b.region, &b.meter)));
    Ok(prices)
}

/// The price in one region and the day of its list; `None` if there is none, or several differ.
async fn price(
    clients: &Clients,
    region: &str,
    query: &Query,
) -> Result<Option<(Decimal, Date)>, CloudError> {
    let mut filters = vec![filter("regionCode", region, FilterType::TermMatch)];
    for (name, value) in &query.filters {
        filters.push(filter(name, value, FilterType::TermMatch));
    }
    if query.filters.is_empty() {
        // Without this filter the query would list the whole service.
        filters.push(filter("usagetype", &query.usage_type, FilterType::Contains));
    }
    let mut products = clients
        .pricing()
        .get_products()
        .service_code(query.service)
        .format_version("aws_v1")
        .set_filters(Some(filters.into_iter().flatten().collect()))
        .into_paginator()
        .items()
        .send();
    let mut found: Option<(Decimal, Date)> = None;
    while let Some(text) = products.next().await {
        let text = text.map_err(failed!("pricing", "GetProducts", query.usage_type.as_str()))?;
        let Some((usd, day)) = product::price(&text, query) else {
            continue;
        };
        match found {
            Some((other, _)) if other != usd => return Ok(None),
            Some((_, other)) => found = Some((usd, day.max(other))),
            None => found = Some((usd, day)),
        }
    }
    Ok(found)
}

/// A filter. The SDK's builder fails only without a field or value.
fn filter(field: &str, value: &str, kind: FilterType) -> Option<Filter> {
    let filter = Filter::builder().field(field).value(value);
    filter.r#type(kind).build().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stack::Place;
    use stack::cloud::{ResourceId, Usage};

    use super::*;
    use crate::client::loopback::{FakeAnswer, Loopback};

    fn product(usage: &str, usd: &str) -> String {
        json!({
            "product": {"attributes": {"usagetype": usage}, "sku": "S"},
            "terms": {"OnDemand": {"S.T": {"priceDimensions": {"S.T.R": {
                "unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}
            }}}}},
            "publicationDate": "2026-03-20T04:29:25Z"
        })
        .to_string()
    }

    fn answer(products: &[String], next: Option<&str>) -> FakeAnswer {
        let body = json!({"FormatVersion": "aws_v1", "PriceList": products, "NextToken": next});
        (200, "application/x-amz-json-1.1", body.to_string())
    }

    fn resource(meters: &[&str]) -> Resource {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut resource = Resource::named(ResourceId("arn".to_owned()), "any", place);
        let usage = meters.iter().map(|meter| Usage {
            meter: (*meter).to_owned(),
            quantity: 1.into(),
        });
        resource.usage = usage.collect();
        resource
    }

    /// One query, with all its pages, asks for each meter in use. Rows of other products are
    /// skipped, and prices that differ give none.
    #[tokio::test]
    async fn queries_each_meter_in_use_once() {
        let service = Loopback::new(|body| {
            if body.contains("NatGateway") || body.contains("NAT Gateway") {
                let rows = ["0.048", "0.052"].map(|usd| product("EU-NatGateway-Hours", usd));
                return answer(&rows, None);
            }
            if body.contains("\"NextToken\":\"more\"") {
                return answer(&[product("EU-BoxUsage:t3.micro", "0.0114000000")], None);
            }
            let others = ["EU-UnusedBox:t3.micro", "EU-DedicatedUsage:t3.micro"];
            answer(&others.map(|usage| product(usage, "9")), Some("more"))
        })
        .await;
        let resources = [
            resource(&["ec2:t3.micro", "ec2:nat-gateway", "unknown:meter"]),
            resource(&["ec2:t3.micro"]),
        ];
        let prices = current_prices(&service.clients, &resources).await.unwrap();
        let texts: Vec<_> = prices
            .iter()
            .map(|price| {
                format!(
                    "{} {} {} {}",
                    price.meter,
                    price.region,
                    price.usd.normalize(),
                    price.listed_on
                )
            })
            .collect();
        assert_eq!(texts, ["ec2:t3.micro eu-west-1 0.0114 2026-03-20"]);
        let requests = service.requests();
        assert_eq!(requests.len(), 3, "{requests:?}");
        let query = requests
            .iter()
            .find(|body| body.contains("t3.micro"))
            .unwrap();
        let query: Value = serde_json::from_str(query).unwrap();
        let filter = |field: &str| {
            let filters = query["Filters"].as_array().unwrap();
            let filter = filters
                .iter()
                .find(|filter| filter["Field"] == field)
                .unwrap();
            (filter["Type"].clone(), filter["Value"].clone())
        };
        assert_eq!(query["ServiceCode"], "AmazonEC2");
        assert_eq!(
            filter("regionCode"),
            ("TERM_MATCH".into(), "eu-west-1".into())
        );
        assert_eq!(
            filter("operatingSystem"),
            ("TERM_MATCH".into(), "Linux".into())
        );
        assert_eq!(
            filter("capacitystatus"),
            ("TERM_MATCH".into(), "Used".into())
        );
    }
}
