//! RDS subnet groups.

use async_trait::async_trait;
use aws_sdk_rds::types::DbSubnetGroup;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::rds::read_tags;

pub(super) struct RdsSubnetGroup;

const NAME: &str = "rds:subgrp";

#[async_trait]
impl ResourceType for RdsSubnetGroup {
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
        let name = resource_name(&resource.id, "subgrp");
        let answer = clients
            .rds()
            .delete_db_subnet_group()
            .db_subnet_group_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBSubnetGroup", name)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "subgrp");
    let call = clients
        .rds()
        .describe_db_subnet_groups()
        .db_subnet_group_name(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("rds", "DescribeDBSubnetGroups", name))?;
    let group = answer
        .db_subnet_groups()
        .first()
        .ok_or_else(|| missing("rds", "DescribeDBSubnetGroups", name))?;
    let mut resource = to_resource(clients, id, group);
    resource.tags = tags?;
    Ok(resource)
}

fn to_resource(clients: &Clients, id: &ResourceId, group: &DbSubnetGroup) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.state = group.subnet_group_status().map(str::to_owned);
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
    use aws_sdk_rds::types::Subnet;

    use super::*;

    /// A subnet group is deleted before its subnets.
    #[test]
    fn a_group_uses_its_subnets() {
        let clients = Clients::for_tests();
        let subnet = |id: &str| Subnet::builder().subnet_identifier(id).build();
        let group = DbSubnetGroup::builder()
            .subnets(subnet("subnet-1"))
            .subnets(subnet("subnet-2"));
        let resource = to_resource(&clients, &clients.arn("rds", "subgrp:nets"), &group.build());
        let wanted = [
            clients.arn("ec2", "subnet/subnet-1"),
            clients.arn("ec2", "subnet/subnet-2"),
        ];
        assert_eq!(resource.uses, wanted);
    }
}
