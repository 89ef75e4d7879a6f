//! The hourly rate of a resource by list price.

use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::HourlyRate;
use stack::cloud::Resource;

use super::PriceTable;

/// Decimal places of a rate. A share of a month has more.
const DECIMALS: u32 = 10;

/// Sets the rate of a resource from what it uses, and adds what has no price to `unpriced`.
///
/// A known type (`is_known_type`) reports what a confirmed resource uses in [`Resource::usage`] and
/// [`Resource::unpriced`]. If both are empty, the resource is free in its present state (a subnet,
/// a stopped instance) and its rate is zero. In every other case without a price the rate is
/// unknown.
pub(crate) fn rate(resource: &mut Resource, is_known_type: bool, table: &PriceTable) {
    let mut sum = Decimal::ZERO;
    let mut oldest: Option<Date> = None;
    for usage in &resource.usage {
        match table.get(&usage.meter, &resource.place.region) {
            Some(price) => {
                sum = sum.saturating_add(price.usd.saturating_mul(usage.quantity));
                let day = price.listed_on;
                oldest = Some(oldest.map_or(day, |oldest| oldest.min(day)));
            }
            None => {
                let what = format!("{} in {}", usage.meter, resource.place.region);
                if !resource.unpriced.contains(&what) {
                    resource.unpriced.push(what);
                }
            }
        }
    }
    let reports_nothing = resource.usage.is_empty() && resource.unpriced.is_empty();
    let is_known = resource.is_confirmed() && is_known_type;
    if reports_nothing && !is_known {
        resource.unpriced.push(resource.kind.clone());
    }
    resource.hourly_usd = match oldest {
        Some(_) => HourlyRate::new(sum.round_dp(DECIMALS)).ok(),
        None if reports_nothing && is_known => Some(HourlyRate::ZERO),
        None => None,
    };
    resource.hourly_source = resource
        .hourly_usd
        .and(oldest)
        .map(|day| format!("list {day}"));
}

#[cfg(test)]
mod tests {
    use stack::Place;
    use stack::cloud::{Confirmation, ResourceId, Usage};

    use super::*;
    use crate::pricing::{Item, Meter, VolumeKind, usage_of};

    fn instance(kind: &str, count: i64) -> Usage {
        usage_of(Meter::Instance(kind.to_owned()), count.into())
    }

    fn gp3(gigabytes: i64) -> Usage {
        usage_of(Meter::Volume(VolumeKind::Gp3), gigabytes.into())
    }

    fn rated(
        kind: &str,
        region: &str,
        usage: Vec<Usage>,
        unpriced: &[&str],
    ) -> (Option<String>, Option<String>, Vec<String>) {
        let place = Place {
            account: "123456789012".to_owned(),
            region: region.to_owned(),
        };
        let mut resource = Resource::named(ResourceId("arn".to_owned()), kind, place);
        resource.confirmation = Confirmation::Confirmed;
        resource.usage = usage;
        resource.unpriced = unpriced.iter().map(|text| (*text).to_owned()).collect();
        let is_known_type = kind != "quantum:cat";
        rate(&mut resource, is_known_type, &PriceTable::built_in());
        let usd = resource.hourly_usd.map(|rate| rate.to_string());
        (usd, resource.hourly_source, resource.unpriced)
    }

    /// Hourly and monthly prices add up; the date is that of the oldest price.
    #[test]
    fn adds_up_the_parts() {
        let usage = vec![instance("t3.micro", 2), gp3(73)];
        let (usd, source, unpriced) = rated("ec2:volume", "us-east-1", usage, &[]);
        assert_eq!(usd.as_deref(), Some("0.0288"));
        assert_eq!(source.as_deref(), Some("list 2024-07-01"));
        assert!(unpriced.is_empty());
        let (usd, ..) = rated("ec2:volume", "us-east-1", vec![gp3(8)], &[]);
        assert_eq!(usd.as_deref(), Some("0.0008767123"));
    }

    /// A meter without a price is listed as unpriced, and the others still count.
    #[test]
    fn lists_what_has_no_price() {
        let usage = vec![instance("x9.huge", 1), usage_of(Item::PublicIpv4, 1.into())];
        let (usd, _, unpriced) = rated("ec2:volume", "us-east-1", usage, &["traffic"]);
        assert_eq!(usd.as_deref(), Some("0.005"));
        assert_eq!(unpriced, ["traffic", "ec2:x9.huge in us-east-1"]);
    }

    /// The price of another region does not count: the rate is unknown, neither zero nor a guess.
    #[test]
    fn prices_of_other_regions_do_not_count() {
        let usage = vec![instance("t3.micro", 1)];
        let (usd, source, unpriced) = rated("ec2:volume", "eu-west-2", usage, &[]);
        assert_eq!((usd, source), (None, None));
        assert_eq!(unpriced, ["ec2:t3.micro in eu-west-2"]);
    }

    /// A rate is zero only if a known type reports that the resource is free. A resource that is
    /// charged by use alone, or of an unknown type, has an unknown rate.
    #[test]
    fn zero_means_known_to_be_free() {
        let rate = |kind, unpriced: &[&str]| rated(kind, "us-east-1", Vec::new(), unpriced);
        assert_eq!(rate("ec2:volume", &[]).0.as_deref(), Some("0.00"));
        assert_eq!(rate("sqs:queue", &["requests"]).0, None);
        let (usd, _, unpriced) = rate("quantum:cat", &[]);
        assert_eq!((usd, unpriced), (None, vec!["quantum:cat".to_owned()]));
    }
}
