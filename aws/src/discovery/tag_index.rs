//! The tag indexes: the Resource Groups Tagging API and EC2's `DescribeTags`.
//!
//! The tagging API lags behind and lists deleted resources, so both only ever give candidates.

use aws_sdk_ec2::types::Filter;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use stack::cloud::{CloudError, DiscoveryScope, ResourceId};
use stack::values::tags::STACK;

use crate::arn::{Arn, last_segment};
use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::TagIndex;
use crate::types;

/// The resources that the tagging API lists, with their tags.
pub(super) async fn tagged(
    clients: &Clients,
    scope: &DiscoveryScope,
) -> Result<TagIndex, CloudError> {
    let mut filter = TagFilter::builder().key(STACK);
    if let DiscoveryScope::Stack(name) = scope {
        filter = filter.values(name.as_str());
    }
    let mut mappings = clients
        .tagging()
        .get_resources()
        .tag_filters(filter.build())
        .resources_per_page(100)
        .into_paginator()
        .items()
        .send();
    let mut index = TagIndex::new();
    while let Some(mapping) = mappings.next().await {
        let mapping = mapping.map_err(failed!("tagging", "GetResources"))?;
        let tags = mapping
            .tags()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        if let Some(arn) = mapping.resource_arn() {
            index.insert(canonical_id(clients, arn), tags.collect());
        }
    }
    Ok(index)
}

/// The canonical id of a resource. EC2 writes the ARNs of images and snapshots with and without the
/// account, and names some types in two ways; only the prefix of the id is stable.
fn canonical_id(clients: &Clients, arn: &str) -> ResourceId {
    let is_own = |account: &str| account.is_empty() || account == clients.place.account;
    match Arn::parse(arn) {
        Some(parsed) if parsed.service == "ec2" && is_own(parsed.account) => {
            // Users name some resources, such as placement groups, and a name may look like an id.
            let id = Some(last_segment(parsed.resource))
                .filter(|id| id.split_once('-').is_some_and(|(_, rest)| is_hex(rest)));
            let path = id.and_then(types::ec2_path);
            clients.arn("ec2", path.as_deref().unwrap_or(parsed.resource))
        }
        _ => ResourceId(arn.to_owned()),
    }
}

fn is_hex(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

/// The EC2 resources that carry the tag, from `DescribeTags`: one paged call for all EC2 types. It
/// does not lag behind.
pub(super) async fn ec2_tagged(
    clients: &Clients,
    scope: &DiscoveryScope,
) -> Result<Vec<ResourceId>, CloudError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let mut call = clients.ec2().describe_tags().filters(filter("key", STACK));
    if let DiscoveryScope::Stack(name) = scope {
        call = call.filters(filter("value", name.as_str()));
    }
    let mut tags = call.max_results(1000).into_paginator().items().send();
    let mut ids = Vec::new();
    while let Some(tag) = tags.next().await {
        let tag = tag.map_err(failed!("ec2", "DescribeTags"))?;
        if let (Some(STACK), Some(id)) = (tag.key(), tag.resource_id()) {
            ids.extend(types::ec2_path(id).map(|path| clients.arn("ec2", &path)));
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An EC2 resource has one id, whether an index includes the account in the ARN or not, and
    /// whatever it calls the type. Other services, other accounts and unknown types keep their ARN.
    #[test]
    fn a_snapshot_has_one_id() {
        let clients = Clients::for_tests();
        let ids = ["", "123456789012"].map(|account| {
            let arn = format!("arn:aws:ec2:eu-west-1:{account}:snapshot/snap-1");
            canonical_id(&clients, &arn)
        });
        let snapshot = clients.arn("ec2", "snapshot/snap-1");
        assert_eq!(ids, [snapshot.clone(), snapshot]);
        let log = "arn:aws:ec2:eu-west-1:123456789012:flow-logs/fl-1";
        assert_eq!(
            canonical_id(&clients, log),
            clients.arn("ec2", "vpc-flow-log/fl-1")
        );
        for unchanged in [
            "arn:aws:s3:::assets",
            "arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-1",
            "arn:aws:ec2:eu-west-1:123456789012:quantum-gate/q-1",
            "arn:aws:ec2:eu-west-1:123456789012:placement-group/sg-of-workers",
        ] {
            assert_eq!(canonical_id(&clients, unchanged).as_str(), unchanged);
        }
    }
}
