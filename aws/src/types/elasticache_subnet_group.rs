//! ElastiCache subnet groups.

use async_trait::async_trait;
use aws_sdk_elasticache::types::CacheSubnetGroup;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::elasticache::read_tags;

pub(super) struct ElasticacheSubnetGroup;

const NAME: &str = "elasticache:subnetgroup";

#[async_trait]
impl ResourceType for ElasticacheSubnetGroup {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "subnetgroup");
        let answer = clients
            .elasticache()
            .delete_cache_subnet_group()
            .cache_subnet_group_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticache", "DeleteCacheSubnetGroup", name)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "subnetgroup");
    let call = clients
        .elasticache()
        .describe_cache_subnet_groups()
        .cache_subnet_group_name(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheSubnetGroups", name))?;
    let group = answer
        .cache_subnet_groups()
        .first()
        .ok_or_else(|| missing("elasticache", "DescribeCacheSubnetGroups", name))?;
    let mut resource = to_resource(clients, id, group);
    resource.tags = tags?;
    Ok(resource)
}

fn to_resource(clients: &Clients, id: &ResourceId, group: &CacheSubnetGroup) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.confirmation = Confirmation::Confirmed;
    let subnets = group
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_identifier())
        .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    resource.uses = subnets.collect();
    resource
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticache::types::Subnet;

    use super::*;

    /// A subnet group is deleted before its subnets.
    #[test]
    fn a_group_uses_its_subnets() {
        let clients = Clients::for_tests();
        let subnet = Subnet::builder().subnet_identifier("subnet-1");
        let group = CacheSubnetGroup::builder().subnets(subnet.build());
        let resource = to_resource(
            &clients,
            &clients.arn("elasticache", "subnetgroup:nets"),
            &group.build(),
        );
        assert_eq!(resource.uses, [clients.arn("ec2", "subnet/subnet-1")]);
    }
}
