//! What one resource costs an hour by list price, as far as there is one.

use jiff::civil::Date;
use rust_decimal::Decimal;
use stack::HourlyRate;
use stack::cloud::Resource;

use super::PriceTable;
use crate::types;

/// Decimals of a rate; a share of a month has more.
const DECIMALS: u32 = 10;

/// Sets the rate of a resource from what it uses, and names what has no price.
///
/// What a confirmed resource of a known type uses is told by its type, in [`Resource::usage`] and [`Resource::unpriced`]:
/// where both are empty it costs nothing as it is (a subnet, an instance that is stopped), and the rate is zero. In every
/// other case without a price the rate is unknown, and `unpriced` says what it does not cover.
pub(crate) fn rate(resource: &mut Resource, table: &PriceTable) {
    let mut sum = Decimal::ZERO;
    let mut oldest: Option<Date> = None;
    for usage in &resource.usage {
        match table.get(&usage.meter, &resource.place.region) {
            Some(listed) => {
                sum = sum.saturating_add(listed.usd.saturating_mul(usage.quantity));
                oldest = Some(oldest.map_or(listed.on, |oldest| oldest.min(listed.on)));
            }
            None => {
                let what = format!("{} in {}", usage.meter, resource.place.region);
                if !resource.unpriced.contains(&what) {
                    resource.unpriced.push(what);
                }
            }
        }
    }
    let nothing_told = resource.usage.is_empty() && resource.unpriced.is_empty();
    let is_known = resource.is_confirmed() && types::by_name(&resource.kind).is_some();
    if nothing_told && !is_known {
        resource.unpriced.push(resource.kind.clone());
    }
    resource.hourly_usd = match oldest {
        Some(_) => HourlyRate::new(sum.round_dp(DECIMALS)).ok(),
        None if nothing_told && is_known => Some(HourlyRate::ZERO),
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
    use crate::pricing::{hourly, monthly};

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
        rate(&mut resource, &PriceTable::built_in());
        let usd = resource.hourly_usd.map(|rate| rate.to_string());
        (usd, resource.hourly_source, resource.unpriced)
    }

    /// Parts add up, by the hour and by the month, and the date is that of the oldest price.
    #[test]
    fn parts_add_up() {
        let usage = vec![
            hourly("ec2:t3.micro", 2.into()),
            monthly("ebs:gp3", 73.into()),
        ];
        let (usd, source, unpriced) = rated("ec2:volume", "us-east-1", usage, &[]);
        assert_eq!(usd.as_deref(), Some("0.0288"));
        assert_eq!(source.as_deref(), Some("list 2024-07-01"));
        assert!(unpriced.is_empty());
        let (usd, ..) = rated(
            "ec2:volume",
            "us-east-1",
            vec![monthly("ebs:gp3", 8.into())],
            &[],
        );
        assert_eq!(usd.as_deref(), Some("0.0008767123"));
    }

    /// What has no price is named, and the rest is still counted.
    #[test]
    fn what_has_no_price_is_named() {
        let usage = vec![
            hourly("ec2:x9.huge", 1.into()),
            hourly("vpc:public-ipv4", 1.into()),
        ];
        let (usd, _, unpriced) = rated("ec2:volume", "us-east-1", usage, &["traffic"]);
        assert_eq!(usd.as_deref(), Some("0.005"));
        assert_eq!(unpriced, ["traffic", "ec2:x9.huge in us-east-1"]);
    }

    /// Another region's price is no price: the rate is unknown, not nothing and not a guess.
    #[test]
    fn another_region_has_no_price() {
        let usage = vec![hourly("ec2:t3.micro", 1.into())];
        let (usd, source, unpriced) = rated("ec2:volume", "eu-west-1", usage, &[]);
        assert_eq!((usd, source), (None, None));
        assert_eq!(unpriced, ["ec2:t3.micro in eu-west-1"]);
    }

    /// Zero is only for what a known type says costs nothing; what costs by use alone, and what is not known, is unknown.
    #[test]
    fn zero_is_only_for_what_is_known() {
        let rate = |kind, unpriced: &[&str]| rated(kind, "us-east-1", Vec::new(), unpriced);
        assert_eq!(rate("ec2:volume", &[]).0.as_deref(), Some("0.00"));
        assert_eq!(rate("sqs:queue", &["requests"]).0, None);
        let (usd, _, unpriced) = rate("quantum:cat", &[]);
        assert_eq!((usd, unpriced), (None, vec!["quantum:cat".to_owned()]));
    }
}
