//! The combined hourly rate of several resources, and what it does not cover.

use std::collections::BTreeSet;

use crate::cloud::{Confirmation, Resource};
use crate::values::money::HourlyRate;

/// The source of a rate when no resource has a price.
const NOTHING_PRICED: &str = "no list prices";

/// The hourly list price of a set of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Dollars per hour of the priced resources; `None` if none has a price.
    pub hourly_usd: Option<HourlyRate>,
    /// The sources of the prices, each named once.
    pub source: String,
    /// What has no price, each named once.
    pub unpriced: Vec<String>,
}

impl Rate {
    /// Sums up the rates. A resource without a known price adds nothing and is named in `unpriced`.
    #[must_use]
    pub fn sum(resources: &[&Resource]) -> Self {
        let mut hourly_usd: Option<HourlyRate> = None;
        let (mut sources, mut unpriced) = (BTreeSet::new(), BTreeSet::new());
        for resource in resources {
            unpriced.extend(resource.unpriced.iter().cloned());
            match (resource.hourly_usd, &resource.confirmation) {
                (Some(rate), _) => {
                    hourly_usd = Some(hourly_usd.unwrap_or_default() + rate);
                    sources.extend(resource.hourly_source.clone());
                }
                (None, Confirmation::Unconfirmed(_)) => {
                    unpriced.insert(format!("{} (not confirmed)", resource.kind));
                }
                (None, Confirmation::UnknownType { .. }) => {
                    unpriced.insert(resource.kind.clone());
                }
                // A resource without priced usage has no price to miss; its other costs are named
                // above.
                (None, Confirmation::Confirmed) => {
                    // The price list lookup has already named this meter as unpriced in this
                    // region.
                    let is_named = |meter: &str| {
                        resource
                            .unpriced
                            .iter()
                            .any(|known| known.starts_with(meter))
                    };
                    let meters = resource.usage.iter().map(|usage| &usage.meter);
                    unpriced.extend(meters.filter(|meter| !is_named(meter)).cloned());
                }
            }
        }
        // A known cost of zero says nothing about the unknown cost of the other resources.
        if hourly_usd == Some(HourlyRate::default())
            && resources
                .iter()
                .any(|resource| resource.hourly_usd.is_none())
        {
            hourly_usd = None;
        }
        let sources: Vec<String> = sources.into_iter().collect();
        Self {
            hourly_usd,
            source: if sources.is_empty() {
                NOTHING_PRICED.to_owned()
            } else {
                sources.join(", ")
            },
            unpriced: unpriced.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Usage;
    use crate::testing::fake_cloud::resource;

    /// A free resource does not turn an unknown total into zero.
    #[test]
    fn a_free_resource_does_not_hide_unknown_costs() {
        let mut free = resource("ec2:subnet", "s", "a");
        free.hourly_usd = Some(HourlyRate::default());
        let mut unknown = resource("ec2:instance", "i", "a");
        unknown.unpriced = vec!["ec2:x9.large in eu-west-1".to_owned()];
        unknown.usage = vec![Usage {
            meter: "ec2:x9.large".to_owned(),
            quantity: 1.into(),
        }];
        let rate = Rate::sum(&[&free, &unknown]);
        assert_eq!(rate.hourly_usd, None);
        assert_eq!(rate.unpriced, ["ec2:x9.large in eu-west-1"]);
        assert_eq!(Rate::sum(&[&free]).hourly_usd, Some(HourlyRate::default()));
    }

    /// Known prices are summed up, and everything without a price is named.
    #[test]
    fn unpriced_usage_is_named() {
        let priced = |usd: &str, source: &str| {
            let mut volume = resource("ec2:volume", "v", "a");
            volume.hourly_usd = Some(usd.parse().expect("a rate"));
            volume.hourly_source = Some(source.to_owned());
            volume
        };
        let mut metered = resource("ec2:instance", "i", "a");
        metered.usage = vec![Usage {
            meter: "ec2:x9.large".to_owned(),
            quantity: 1.into(),
        }];
        metered.unpriced = vec!["traffic".to_owned()];
        let mut unknown = resource("new:thing", "n", "a");
        unknown.confirmation = Confirmation::Unconfirmed("jiti does not know this type".to_owned());
        let free = resource("ec2:subnet", "s", "a");
        let all = [
            priced("0.1", "list 2026-03-20"),
            priced("0.2", "list 2026-03-20"),
            metered.clone(),
            unknown,
            free.clone(),
        ];
        let rate = Rate::sum(&all.iter().collect::<Vec<_>>());
        assert_eq!(rate.hourly_usd, Some("0.3".parse().expect("a rate")));
        assert_eq!(rate.source, "list 2026-03-20");
        assert_eq!(
            rate.unpriced,
            ["ec2:x9.large", "new:thing (not confirmed)", "traffic"]
        );
        assert_eq!(Rate::sum(&[&metered, &free]).hourly_usd, None);
    }
}
