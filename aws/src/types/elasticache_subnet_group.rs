//! Subnet groups of caches.

use aws_sdk_elasticache::types::CacheSubnetGroup;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::elasticache::tagged;

pub(super) struct This;

const NAME: &str = "elasticache:subnetgroup";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(each(ids, |id| describe(at, id)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let name = short(&resource.id, "subnetgroup");
            let asked = at.elasticache().delete_cache_subnet_group();
            let answer = asked.cache_subnet_group_name(name).send().await;
            deleted(
                answer.map_err(failed!("elasticache", "DeleteCacheSubnetGroup", name)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = short(id, "subnetgroup");
    let asked = at.elasticache().describe_cache_subnet_groups();
    let asked = asked.cache_subnet_group_name(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheSubnetGroups", name))?;
    let group = answer.cache_subnet_groups().first();
    let group = group.ok_or_else(|| missing("elasticache", "DescribeCacheSubnetGroups", name))?;
    let mut resource = seen(at, id, group);
    resource.tags = tags?;
    Ok(resource)
}

fn seen(at: &Clients, id: &ResourceId, group: &CacheSubnetGroup) -> Resource {
    let mut resource = at.resource(id.clone(), NAME);
    resource.standing = Standing::Confirmed;
    let subnets = group.subnets().iter();
    let subnets = subnets.filter_map(|subnet| subnet.subnet_identifier());
    let subnets = subnets.map(|id| at.id("ec2", &format!("subnet/{id}")));
    resource.uses = subnets.collect();
    resource
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticache::types::Subnet;

    use super::*;

    /// A subnet group goes before its subnets.
    #[test]
    fn a_group_uses_its_subnets() {
        let at = Clients::of_nobody();
        let subnet = Subnet::builder().subnet_identifier("subnet-1");
        let group = CacheSubnetGroup::builder().subnets(subnet.build());
        let resource = seen(
            &at,
            &at.id("elasticache", "subnetgroup:nets"),
            &group.build(),
        );
        assert_eq!(resource.uses, [at.id("ec2", "subnet/subnet-1")]);
    }
}
