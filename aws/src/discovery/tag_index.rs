//! The tag indexes: the Resource Groups Tagging API and EC2's `DescribeTags`.
//!
//! The tagging API lags behind and lists deleted resources, so both only ever give candidates.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, TagDescription};
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use stack::cloud::{CloudError, DiscoveryScope, ResourceId};
use stack::values::tags::STACK;

use super::home_index::HomeIndexes;
use crate::arn::{Arn, last_segment};
use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::TagIndex;
use crate::services::ec2::BATCH;
use crate::types;

/// An ARN and the tags of its resource.
pub(super) type Listed = (String, BTreeMap<String, String>);

/// The resources that the tagging API lists, with their tags.
pub(super) async fn tagged(
    clients: &Clients,
    scope: &DiscoveryScope,
    home: &HomeIndexes,
) -> Result<TagIndex, CloudError> {
    let listed = home.listed(clients, scope).await?.into_iter();
    Ok(listed
        .map(|(arn, tags)| (canonical_id(clients, &arn), tags))
        .collect())
}

/// What the tagging API lists.
pub(super) async fn listed(
    clients: &Clients,
    scope: &DiscoveryScope,
) -> Result<Vec<Listed>, CloudError> {
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
    let mut found = Vec::new();
    while let Some(mapping) = mappings.next().await {
        let mapping = mapping.map_err(failed!("tagging", "GetResources"))?;
        if let Some(arn) = mapping.resource_arn() {
            found.push((arn.to_owned(), tags_of(&mapping)));
        }
    }
    Ok(found)
}

/// The canonical id of a resource. EC2 writes the ARNs of images and snapshots with and without the
/// account, and names some types in two ways; only the prefix of the id is stable.
///
/// The index for the resources without a region is that of a region, with its EC2 resources.
fn canonical_id(clients: &Clients, arn: &str) -> ResourceId {
    let is_own = |arn: &Arn<'_>| {
        let place = &clients.place;
        arn.region == place.region && (arn.account.is_empty() || arn.account == place.account)
    };
    match Arn::parse(arn) {
        Some(parsed) if parsed.service == "ec2" && is_own(&parsed) => {
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
/// does not lag behind. Resources of types that jiti does not know come with all their tags,
/// because no other call reads them.
pub(super) async fn ec2_tagged(
    clients: &Clients,
    scope: &DiscoveryScope,
) -> Result<TagIndex, CloudError> {
    let mut filters = vec![filter("key", vec![STACK.to_owned()])];
    if let DiscoveryScope::Stack(name) = scope {
        filters.push(filter("value", vec![name.to_string()]));
    }
    let mut index = TagIndex::new();
    let mut unknown = Vec::new();
    for tag in describe_tags(clients, filters).await? {
        let (Some(STACK), Some(id)) = (tag.key(), tag.resource_id()) else {
            continue;
        };
        match types::ec2_path(id) {
            Some(path) => {
                index.entry(clients.arn("ec2", &path)).or_default();
            }
            None => unknown.push(id.to_owned()),
        }
    }
    index.extend(ec2_tags_of(clients, &unknown).await?);
    Ok(index)
}

/// The tags of EC2 resources of unknown types, by id. Leaves out those that no longer exist.
pub(super) async fn ec2_tags_of(clients: &Clients, ids: &[String]) -> Result<TagIndex, CloudError> {
    let mut index = TagIndex::new();
    for ids in ids.chunks(BATCH) {
        let filters = vec![filter("resource-id", ids.to_vec())];
        for tag in describe_tags(clients, filters).await? {
            let (Some(kind), Some(id)) = (tag.resource_type(), tag.resource_id()) else {
                continue;
            };
            let id = clients.arn("ec2", &format!("{}/{id}", kind.as_str()));
            let tags = index.entry(id).or_default();
            if let (Some(key), Some(value)) = (tag.key(), tag.value()) {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    Ok(index)
}

async fn describe_tags(
    clients: &Clients,
    filters: Vec<Filter>,
) -> Result<Vec<TagDescription>, CloudError> {
    let call = clients.ec2().describe_tags().set_filters(Some(filters));
    let mut tags = call.max_results(1000).into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(tag) = tags.next().await {
        all.push(tag.map_err(failed!("ec2", "DescribeTags"))?);
    }
    Ok(all)
}

fn filter(name: &str, values: Vec<String>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values))
        .build()
}

/// What the tagging API lists of these ARNs, with their tags. It leaves out those that it does not
/// know.
pub(crate) async fn tagged_among(
    clients: &Clients,
    arns: &[String],
) -> Result<TagIndex, CloudError> {
    let mut index = TagIndex::new();
    for arns in arns.chunks(100) {
        let call = clients.tagging().get_resources();
        let answer = call
            .set_resource_arn_list(Some(arns.to_vec()))
            .send()
            .await
            .map_err(failed!("tagging", "GetResources"))?;
        for mapping in answer.resource_tag_mapping_list() {
            if let Some(arn) = mapping.resource_arn() {
                index.insert(ResourceId(arn.to_owned()), tags_of(mapping));
            }
        }
    }
    Ok(index)
}

fn tags_of(mapping: &ResourceTagMapping) -> BTreeMap<String, String> {
    let tags = mapping.tags().iter();
    tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An EC2 resource has one id, whether an index includes the account in the ARN or not, and
    /// whatever it calls the type. Other services, accounts, regions and unknown types keep their
    /// ARN.
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
            "arn:aws:ec2:us-east-1:123456789012:vpn-gateway/vgw-1",
            "arn:aws:ec2:eu-west-1:123456789012:quantum-gate/q-1",
            "arn:aws:ec2:eu-west-1:123456789012:placement-group/sg-of-workers",
        ] {
            assert_eq!(canonical_id(&clients, unchanged).as_str(), unchanged);
        }
    }
}
