//! Asking the Price List API for the present prices of what is in use. It is free of charge, and slow.

use std::collections::BTreeSet;

use aws_sdk_pricing::types::{Filter, FilterType};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Price, Resource};

use super::product;
use super::query::{Query, query};
use crate::client::Clients;
use crate::client::error::failed;

/// Questions under way at once; the pace of the service is kept besides.
const AT_ONCE: usize = 4;

/// The present list prices of exactly what these resources use. `at` has to be where the price list is served, which has
/// nothing to do with the regions that are priced. What the list does not answer without doubt is left out.
pub(crate) async fn current_prices(
    clients: &Clients,
    resources: &[Resource],
) -> Result<Vec<Price>, CloudError> {
    let wanted: BTreeSet<(&str, &str)> = resources
        .iter()
        .flat_map(|resource| {
            let region = resource.place.region.as_str();
            resource
                .usage
                .iter()
                .map(move |usage| (usage.meter.as_str(), region))
        })
        .collect();
    let asked: Vec<_> = wanted
        .into_iter()
        .filter_map(|(meter, region)| Some((meter, region, query(meter)?)))
        .map(async |(meter, region, query)| {
            let price = ask(clients, region, &query).await?;
            Ok(price.map(|(usd, listed_on)| Price {
                meter: meter.to_owned(),
                region: region.to_owned(),
                usd,
                listed_on,
            }))
        })
        .collect();
    let answers = stream::iter(asked).buffer_unordered(AT_ONCE);
    let mut prices: Vec<Price> = answers
        .try_filter_map(async |price| Ok(price))
        .try_collect()
        .await?;
    prices.sort_by(|a, b| (&a.region, &a.meter).cmp(&(&b.region, &b.meter)));
    Ok(prices)
}

/// The price of one thing in one region; `None` when there is none, or several that differ.
async fn ask(
    clients: &Clients,
    region: &str,
    query: &Query,
) -> Result<Option<(Decimal, Date)>, CloudError> {
    let mut filters = vec![filter("regionCode", region, FilterType::TermMatch)];
    for (name, value) in &query.filters {
        filters.push(filter(name, value, FilterType::TermMatch));
    }
    if query.filters.is_empty() {
        // Nothing else narrows a whole service down.
        filters.push(filter("usagetype", &query.usage, FilterType::Contains));
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
        let text = text.map_err(failed!("pricing", "GetProducts", query.usage.as_str()))?;
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

/// A filter; the SDK makes its parts optional.
fn filter(field: &str, value: &str, how: FilterType) -> Option<Filter> {
    let filter = Filter::builder().field(field).value(value);
    filter.r#type(how).build().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stack::Place;
    use stack::cloud::ResourceId;

    use super::*;
    use crate::client::loopback::{FakeAnswer, Loopback};
    use crate::pricing::hourly;

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

    fn said(products: &[String], next: Option<&str>) -> FakeAnswer {
        let body = json!({"FormatVersion": "aws_v1", "PriceList": products, "NextToken": next});
        (200, "application/x-amz-json-1.1", body.to_string())
    }

    fn using(meters: &[&str]) -> Resource {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut resource = Resource::named(ResourceId("arn".to_owned()), "any", place);
        resource.usage = meters.iter().map(|meter| hourly(meter, 1.into())).collect();
        resource
    }

    /// Exactly what is in use is asked for, once, on all pages; rows of other things are passed over, and of prices that
    /// differ none is taken.
    #[tokio::test]
    async fn exactly_what_is_in_use_is_asked_for() {
        let service = Loopback::new(|body| {
            if body.contains("NatGateway") || body.contains("NAT Gateway") {
                let rows = ["0.048", "0.052"].map(|usd| product("EU-NatGateway-Hours", usd));
                return said(&rows, None);
            }
            if body.contains("\"NextToken\":\"more\"") {
                return said(&[product("EU-BoxUsage:t3.micro", "0.0114000000")], None);
            }
            let others = ["EU-UnusedBox:t3.micro", "EU-DedicatedUsage:t3.micro"];
            said(&others.map(|usage| product(usage, "9")), Some("more"))
        });
        let service = service.await;
        let resources = [
            using(&["ec2:t3.micro", "ec2:nat-gateway", "unknown:meter"]),
            using(&["ec2:t3.micro"]),
        ];
        let prices = current_prices(&service.clients, &resources).await.unwrap();
        let told: Vec<_> = prices
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
        assert_eq!(told, ["ec2:t3.micro eu-west-1 0.0114 2026-03-20"]);
        let requests = service.requests();
        assert_eq!(requests.len(), 3, "{requests:?}");
        let asked = requests
            .iter()
            .find(|body| body.contains("t3.micro"))
            .unwrap();
        let asked: Value = serde_json::from_str(asked).unwrap();
        let filter = |field: &str| {
            let filters = asked["Filters"].as_array().unwrap();
            let filter = filters
                .iter()
                .find(|filter| filter["Field"] == field)
                .unwrap();
            (filter["Type"].clone(), filter["Value"].clone())
        };
        assert_eq!(asked["ServiceCode"], "AmazonEC2");
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
