//! ElastiCache replication groups. Their cost counts at their nodes, each of which is a cluster.

use async_trait::async_trait;
use aws_sdk_elasticache::types::ReplicationGroup;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::governance::set_encrypted;
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::elasticache::read_tags;
use crate::time::timestamp;

pub(super) struct ElasticacheReplicationGroup;

const NAME: &str = "elasticache:replicationgroup";

#[async_trait]
impl ResourceType for ElasticacheReplicationGroup {
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
        let name = resource_name(&resource.id, "replicationgroup");
        let answer = clients
            .elasticache()
            .delete_replication_group()
            .replication_group_id(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticache", "DeleteReplicationGroup", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Description, CloudError> {
    let name = resource_name(id, "replicationgroup");
    let call = clients
        .elasticache()
        .describe_replication_groups()
        .replication_group_id(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeReplicationGroups", name))?;
    let group = answer
        .replication_groups()
        .first()
        .ok_or_else(|| missing("elasticache", "DescribeReplicationGroups", name))?;
    let mut description = to_description(clients, id, group);
    description.resource.tags = tags?;
    Ok(description)
}

fn to_description(clients: &Clients, id: &ResourceId, group: &ReplicationGroup) -> Description {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.state = group.status().map(str::to_owned);
    resource.created_at = timestamp(group.replication_group_create_time());
    resource.confirmation = Confirmation::Confirmed;
    let key = group.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(key);
    set_encrypted(&mut resource, group.at_rest_encryption_enabled());
    let members = group.member_clusters().iter();
    let owns = members.map(|name| clients.arn("elasticache", &format!("cluster:{name}")));
    Description {
        resource,
        owns: owns.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group owns its nodes, where its cost counts.
    #[test]
    fn a_group_owns_its_nodes() {
        let clients = Clients::for_tests();
        let group = ReplicationGroup::builder()
            .status("available")
            .cache_node_type("cache.t3.micro")
            .member_clusters("r-001")
            .member_clusters("r-002");
        let id = clients.arn("elasticache", "replicationgroup:r");
        let Description { resource, owns } = to_description(&clients, &id, &group.build());
        let nodes = ["cluster:r-001", "cluster:r-002"].map(|name| clients.arn("elasticache", name));
        assert_eq!(owns, nodes);
        assert!(resource.usage.is_empty() && resource.unpriced.is_empty());
    }
}
