//! ElastiCache clusters: standalone caches, and the nodes of a replication group.

use async_trait::async_trait;
use aws_sdk_elasticache::types::CacheCluster;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::pricing::{CacheEngine, Meter, usage_of};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::elasticache::read_tags;
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct ElasticacheCluster;

const NAME: &str = "elasticache:cluster";

/// CPU use of the engine in percent. Below it, Compute Optimizer calls a cache idle.
const QUIET_CPU: f64 = 1.0;

/// The detail with the engine, which decides the metrics.
const ENGINE: &str = "engine";

#[async_trait]
impl ResourceType for ElasticacheCluster {
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
        let name = resource_name(&resource.id, "cluster");
        let answer = clients
            .elasticache()
            .delete_cache_cluster()
            .cache_cluster_id(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticache", "DeleteCacheCluster", name)),
            Deletion::Started,
        )
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let name = resource_name(&resource.id, "cluster");
        let signal = |metric, statistic, threshold| Signal {
            namespace: "AWS/ElastiCache",
            metric,
            statistic,
            dimensions: vec![("CacheClusterId", name.to_owned())],
            threshold,
            silence_is_zero: false,
        };
        // The connections show nothing: the service keeps some of its own.
        match resource.details.get(ENGINE).map(String::as_str) {
            Some("memcached") => vec![signal("CmdGet", "Sum", 1.0), signal("CmdSet", "Sum", 1.0)],
            Some("redis" | "valkey") => vec![
                signal("GetTypeCmds", "Sum", 1.0),
                signal("SetTypeCmds", "Sum", 1.0),
                signal("EngineCPUUtilization", "Maximum", QUIET_CPU),
            ],
            _ => Vec::new(),
        }
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "cluster");
    let call = clients
        .elasticache()
        .describe_cache_clusters()
        .cache_cluster_id(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheClusters", name))?;
    let cluster = answer
        .cache_clusters()
        .first()
        .ok_or_else(|| missing("elasticache", "DescribeCacheClusters", name))?;
    let mut resource = to_resource(clients, id, cluster);
    resource.tags = tags?;
    Ok(resource)
}

fn to_resource(clients: &Clients, id: &ResourceId, cluster: &CacheCluster) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.state = cluster.cache_cluster_status().map(str::to_owned);
    resource.created_at = timestamp(cluster.cache_cluster_create_time());
    resource.confirmation = Confirmation::Confirmed;
    let group = cluster.replication_group_id();
    resource.owner =
        group.map(|name| clients.arn("elasticache", &format!("replicationgroup:{name}")));
    let subnets = cluster
        .cache_subnet_group_name()
        .map(|name| clients.arn("elasticache", &format!("subnetgroup:{name}")));
    let parameters = cluster
        .cache_parameter_group()
        .and_then(|group| group.cache_parameter_group_name());
    let parameters =
        parameters.map(|name| clients.arn("elasticache", &format!("parametergroup:{name}")));
    let groups = cluster
        .security_groups()
        .iter()
        .filter_map(|group| group.security_group_id())
        .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    resource.uses = groups.chain(subnets).chain(parameters).collect();
    if let Some(engine) = cluster.engine() {
        let engine = engine.to_lowercase();
        resource.details.insert(ENGINE.to_owned(), engine);
    }
    price(&mut resource, cluster);
    resource
}

fn price(resource: &mut Resource, cluster: &CacheCluster) {
    let state = cluster.cache_cluster_status();
    if matches!(
        state,
        Some("creating" | "deleting" | "deleted" | "create-failed")
    ) {
        return;
    }
    let engine = resource.details.get(ENGINE);
    let engine = engine.and_then(|engine| CacheEngine::from_name(engine));
    match (cluster.cache_node_type(), engine, cluster.num_cache_nodes()) {
        (Some(node_type), Some(engine), Some(nodes)) => {
            let node_type = node_type.to_owned();
            let meter = Meter::CacheNode { node_type, engine };
            resource.usage.push(usage_of(meter, Decimal::from(nodes)));
        }
        _ => resource.unpriced.push("its nodes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticache::types::{SecurityGroupMembership, builders::CacheClusterBuilder};

    use super::*;

    fn cluster(engine: &str) -> CacheClusterBuilder {
        CacheCluster::builder()
            .cache_cluster_status("available")
            .cache_node_type("cache.t3.micro")
            .engine(engine)
            .num_cache_nodes(3)
    }

    fn resource(cluster: CacheClusterBuilder) -> Resource {
        let clients = Clients::for_tests();
        to_resource(
            &clients,
            &clients.arn("elasticache", "cluster:c"),
            &cluster.build(),
        )
    }

    /// Every node costs, unless ElastiCache is creating it.
    #[test]
    fn what_a_cache_costs() {
        let meter = Meter::CacheNode {
            node_type: "cache.t3.micro".to_owned(),
            engine: CacheEngine::Memcached,
        };
        let usage = [usage_of(meter, Decimal::from(3))];
        assert_eq!(resource(cluster("memcached")).usage, usage);
        assert!(
            resource(cluster("memcached").cache_cluster_status("creating"))
                .usage
                .is_empty()
        );
        let unknown = CacheCluster::builder().cache_cluster_status("available");
        assert_eq!(resource(unknown).unpriced, ["its nodes"]);
    }

    /// A node belongs to its replication group and is deleted before its subnet group.
    #[test]
    fn what_a_cache_uses() {
        let clients = Clients::for_tests();
        let group = SecurityGroupMembership::builder().security_group_id("sg-1");
        let node = cluster("redis")
            .replication_group_id("r")
            .cache_subnet_group_name("nets")
            .security_groups(group.build());
        let node = resource(node);
        assert_eq!(
            node.owner,
            Some(clients.arn("elasticache", "replicationgroup:r"))
        );
        let wanted = [
            clients.arn("ec2", "security-group/sg-1"),
            clients.arn("elasticache", "subnetgroup:nets"),
        ];
        assert_eq!(node.uses, wanted);
        assert_eq!(ElasticacheCluster.signals(&node).len(), 3);
    }
}
