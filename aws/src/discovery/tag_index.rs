//! The indexes of tags: that of all services, which lags and keeps ghosts, and that of EC2. They only ever give candidates.

use aws_sdk_ec2::types::Filter;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use stack::cloud::{CloudError, ResourceId, Which};
use stack::values::tags::STACK;

use crate::arn::Arn;
use crate::client::Clients;
use crate::client::error::failed;
use crate::services::ec2;
use crate::types::Index;

/// What the index of tags lists.
pub(crate) async fn tagged(at: &Clients, which: &Which) -> Result<Index, CloudError> {
    let mut filter = TagFilter::builder().key(STACK);
    if let Which::Stack(name) = which {
        filter = filter.values(name.as_str());
    }
    let pages = at
        .tagging()
        .get_resources()
        .tag_filters(filter.build())
        .resources_per_page(100);
    let mut pages = pages.into_paginator().items().send();
    let mut index = Index::new();
    while let Some(mapping) = pages.next().await {
        let mapping = mapping.map_err(failed!("tagging", "GetResources"))?;
        let tags = mapping.tags().iter();
        let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        if let Some(arn) = mapping.resource_arn() {
            index.insert(one_name(at, arn), tags.collect());
        }
    }
    Ok(index)
}

/// The one name of a resource of EC2 that has two: images and snapshots are named with the account in some places and
/// without it in others, and what a type is called differs as well; what its id begins with does not.
fn one_name(at: &Clients, arn: &str) -> ResourceId {
    let own = |account: &str| account.is_empty() || account == at.place.account;
    match Arn::parse(arn) {
        Some(found) if found.service == "ec2" && own(found.account) => {
            let id = found.resource.rsplit('/').next();
            // Some things are named by people, after what they are for.
            let id = id.filter(|id| id.split_once('-').is_some_and(|(_, rest)| is_number(rest)));
            let path = id.and_then(ec2::path);
            at.id("ec2", path.as_deref().unwrap_or(found.resource))
        }
        _ => ResourceId(arn.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

/// What EC2 itself says carries the tag, page by page of a thousand: one question instead of one for each of its types,
/// and it does not lag.
pub(crate) async fn ec2_tagged(at: &Clients, which: &Which) -> Result<Vec<ResourceId>, CloudError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let mut pages = at.ec2().describe_tags().filters(filter("key", STACK));
    if let Which::Stack(name) = which {
        pages = pages.filters(filter("value", name.as_str()));
    }
    let mut pages = pages.max_results(1000).into_paginator().items().send();
    let mut ids = Vec::new();
    while let Some(tag) = pages.next().await {
        let tag = tag.map_err(failed!("ec2", "DescribeTags"))?;
        if let (Some(STACK), Some(id)) = (tag.key(), tag.resource_id()) {
            ids.extend(ec2::path(id).map(|path| at.id("ec2", &path)));
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ec2::testing::here;

    /// What is in EC2 has one name, whether an index puts the account into it or not, and whatever it calls the type;
    /// what is not, or is another account's, or not known, keeps its own.
    #[test]
    fn a_snapshot_has_one_name() {
        let at = here();
        let names = ["", "123456789012"].map(|account| {
            one_name(
                &at,
                &format!("arn:aws:ec2:eu-west-1:{account}:snapshot/snap-1"),
            )
        });
        assert_eq!(
            names,
            [
                at.id("ec2", "snapshot/snap-1"),
                at.id("ec2", "snapshot/snap-1")
            ]
        );
        let log = "arn:aws:ec2:eu-west-1:123456789012:flow-logs/fl-1";
        assert_eq!(one_name(&at, log), at.id("ec2", "vpc-flow-log/fl-1"));
        for kept in [
            "arn:aws:s3:::assets",
            "arn:aws:ec2:eu-west-1:210987654321:subnet/subnet-1",
            "arn:aws:ec2:eu-west-1:123456789012:quantum-gate/q-1",
            "arn:aws:ec2:eu-west-1:123456789012:placement-group/sg-of-workers",
        ] {
            assert_eq!(one_name(&at, kept).as_str(), kept);
        }
    }
}
