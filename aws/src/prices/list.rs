//! Asking the Price List API for the present prices of what is in use. It is free of charge, and slow.

use std::collections::BTreeSet;

use aws_sdk_pricing::types::{Filter, FilterType};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Price, Resource};

use super::product;
use super::query::{Query, query};
use crate::clients::Clients;
use crate::error::failed;

/// Questions under way at once; the pace of the service is kept besides.
const AT_ONCE: usize = 4;

/// The present list prices of exactly what these resources use. `at` has to be where the price list is served, which has
/// nothing to do with the regions that are priced. What the list does not answer without doubt is left out.
pub(crate) async fn present(
    at: &Clients,
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
            let price = ask(at, region, &query).await?;
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
    at: &Clients,
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
    let mut products = at
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
