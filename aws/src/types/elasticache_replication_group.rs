//! Replication groups of caches. What they cost is counted at their nodes, each of which is a cluster.

use aws_sdk_elasticache::types::ReplicationGroup;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::elasticache::tagged;
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "elasticache:replicationgroup";

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
            let name = short(&resource.id, "replicationgroup");
            let asked = at.elasticache().delete_replication_group();
            let answer = asked.replication_group_id(name).send().await;
            deleted(
                answer.map_err(failed!("elasticache", "DeleteReplicationGroup", name)),
                Deletion::Begun,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Sighting, CloudError> {
    let name = short(id, "replicationgroup");
    let asked = at.elasticache().describe_replication_groups();
    let asked = asked.replication_group_id(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeReplicationGroups", name))?;
    let group = answer.replication_groups().first();
    let group = group.ok_or_else(|| missing("elasticache", "DescribeReplicationGroups", name))?;
    let mut sighting = seen(at, id, group);
    sighting.resource.tags = tags?;
    Ok(sighting)
}

fn seen(at: &Clients, id: &ResourceId, group: &ReplicationGroup) -> Sighting {
    let mut resource = at.resource(id.clone(), NAME);
    resource.state = group.status().map(str::to_owned);
    resource.created_at = timestamp(group.replication_group_create_time());
    resource.standing = Standing::Confirmed;
    let key = group.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(key);
    let members = group.member_clusters().iter();
    let owns = members.map(|name| at.id("elasticache", &format!("cluster:{name}")));
    Sighting {
        resource,
        owns: owns.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group owns its nodes, at which its cost is counted.
    #[test]
    fn a_group_owns_its_nodes() {
        let at = Clients::of_nobody();
        let group = ReplicationGroup::builder()
            .status("available")
            .cache_node_type("cache.t3.micro")
            .member_clusters("r-001")
            .member_clusters("r-002");
        let id = at.id("elasticache", "replicationgroup:r");
        let Sighting { resource, owns } = seen(&at, &id, &group.build());
        let nodes = ["cluster:r-001", "cluster:r-002"].map(|name| at.id("elasticache", name));
        assert_eq!(owns, nodes);
        assert!(resource.usage.is_empty() && resource.unpriced.is_empty());
    }
}
