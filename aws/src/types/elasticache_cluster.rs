//! Caches: those that stand alone, and the nodes of a replication group, each of which is a cluster.

use aws_sdk_elasticache::types::CacheCluster;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::metrics::Signal;
use crate::pricing::hourly;
use crate::services::elasticache::tagged;
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "elasticache:cluster";

/// Percent of an engine's CPU below which nobody uses it, as Compute Optimizer has it.
const QUIET_CPU: f64 = 1.0;

/// The detail with its engine, by which its metrics are called.
const ENGINE: &str = "engine";

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
            let name = short(&resource.id, "cluster");
            let asked = at.elasticache().delete_cache_cluster();
            let answer = asked.cache_cluster_id(name).send().await;
            deleted(
                answer.map_err(failed!("elasticache", "DeleteCacheCluster", name)),
                Deletion::Begun,
            )
        })
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let name = short(&resource.id, "cluster");
        let signal = |metric, statistic, threshold| Signal {
            namespace: "AWS/ElastiCache",
            metric,
            statistic,
            dimensions: vec![("CacheClusterId", name.to_owned())],
            threshold,
            silence_is_zero: false,
        };
        // Connections tell nothing: the service keeps some of its own.
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

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = short(id, "cluster");
    let asked = at.elasticache().describe_cache_clusters();
    let asked = asked.cache_cluster_id(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheClusters", name))?;
    let cluster = answer.cache_clusters().first();
    let cluster = cluster.ok_or_else(|| missing("elasticache", "DescribeCacheClusters", name))?;
    let mut resource = seen(at, id, cluster);
    resource.tags = tags?;
    Ok(resource)
}

fn seen(at: &Clients, id: &ResourceId, cluster: &CacheCluster) -> Resource {
    let mut resource = at.resource(id.clone(), NAME);
    resource.state = cluster.cache_cluster_status().map(str::to_owned);
    resource.created_at = timestamp(cluster.cache_cluster_create_time());
    resource.standing = Standing::Confirmed;
    let group = cluster.replication_group_id();
    resource.owner = group.map(|name| at.id("elasticache", &format!("replicationgroup:{name}")));
    let subnets = cluster.cache_subnet_group_name();
    let subnets = subnets.map(|name| at.id("elasticache", &format!("subnetgroup:{name}")));
    let parameters = cluster.cache_parameter_group();
    let parameters = parameters.and_then(|group| group.cache_parameter_group_name());
    let parameters = parameters.map(|name| at.id("elasticache", &format!("parametergroup:{name}")));
    let groups = cluster.security_groups().iter();
    let groups = groups.filter_map(|group| group.security_group_id());
    let groups = groups.map(|id| at.id("ec2", &format!("security-group/{id}")));
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
    match (cluster.cache_node_type(), engine, cluster.num_cache_nodes()) {
        (Some(node), Some(engine), Some(nodes)) => {
            let meter = format!("elasticache:{node}:{engine}");
            resource.usage.push(hourly(&meter, Decimal::from(nodes)));
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
        let at = Clients::of_nobody();
        seen(&at, &at.id("elasticache", "cluster:c"), &cluster.build())
    }

    /// Every node costs, unless it is being made.
    #[test]
    fn what_a_cache_costs() {
        let usage = [hourly(
            "elasticache:cache.t3.micro:memcached",
            Decimal::from(3),
        )];
        assert_eq!(resource(cluster("memcached")).usage, usage);
        assert!(
            resource(cluster("memcached").cache_cluster_status("creating"))
                .usage
                .is_empty()
        );
        let unknown = CacheCluster::builder().cache_cluster_status("available");
        assert_eq!(resource(unknown).unpriced, ["its nodes"]);
    }

    /// A node goes with its replication group, and before its subnet group.
    #[test]
    fn what_a_cache_hangs_on() {
        let at = Clients::of_nobody();
        let group = SecurityGroupMembership::builder().security_group_id("sg-1");
        let node = cluster("redis")
            .replication_group_id("r")
            .cache_subnet_group_name("nets")
            .security_groups(group.build());
        let node = resource(node);
        assert_eq!(node.owner, Some(at.id("elasticache", "replicationgroup:r")));
        let wanted = [
            at.id("ec2", "security-group/sg-1"),
            at.id("elasticache", "subnetgroup:nets"),
        ];
        assert_eq!(node.uses, wanted);
        assert_eq!(This.signals(&node).len(), 3);
    }
}
