//! Clusters of containers. A deleted one is described as inactive for a while.

use aws_sdk_ecs::types::{Cluster, ClusterField};
use futures_util::future::try_join_all;
use stack::cloud::{
    CloudError, CloudErrorKind, Deleting, Deletion, Resource, ResourceId, Soon, Standing,
};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ecs::{refusal, tags_of};

pub(super) struct This;

const NAME: &str = "ecs:cluster";

/// Clusters, or tasks, in one question.
const BATCH: usize = 100;

/// The provider of capacity that needs no machines, and belongs to nobody.
const FARGATE: &str = "FARGATE";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let name = short(&resource.id, "cluster");
            let answer = at.ecs().delete_cluster().cluster(name).send().await;
            deleted(
                answer.map_err(failed!("ecs", "DeleteCluster", name)),
                Deletion::Begun,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let arns = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let asked = at
        .ecs()
        .describe_clusters()
        .set_clusters(Some(arns))
        .include(ClusterField::Tags);
    let answer = asked.send().await;
    let answer = answer.map_err(failed!("ecs", "DescribeClusters"))?;
    if let Some(error) = refusal("DescribeClusters", answer.failures()) {
        return Err(error);
    }
    let clusters = answer.clusters().iter();
    let clusters = clusters.filter_map(|cluster| Some((seen(at, cluster)?, cluster)));
    let owned = clusters.map(async |(resource, cluster)| {
        let owns = owned(at, cluster.cluster_arn().unwrap_or_default()).await?;
        Ok::<_, CloudError>(Sighting { resource, owns })
    });
    try_join_all(owned).await
}

fn seen(at: &Clients, cluster: &Cluster) -> Option<Resource> {
    if cluster.status() == Some("INACTIVE") {
        return None;
    }
    let id = ResourceId(cluster.cluster_arn()?.to_owned());
    let mut resource = at.resource(id, NAME);
    resource.tags = tags_of(cluster.tags());
    resource.state = cluster.status().map(str::to_owned);
    resource.standing = Standing::Confirmed;
    let providers = cluster.capacity_providers().iter();
    let providers = providers.filter(|name| !name.starts_with(FARGATE));
    let providers = providers.map(|name| at.id("ecs", &format!("capacity-provider/{name}")));
    resource.uses = providers.collect();
    Some(resource)
}

/// What runs in a cluster is its own: its services, and the tasks that no service made. How many there are of each is not
/// relied on, since a service that drains is no longer counted.
async fn owned(at: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let (services, tasks) = tokio::join!(services(at, cluster), tasks(at, cluster));
    // It may have gone meanwhile.
    let unless_gone = |answer: Result<Vec<ResourceId>, CloudError>| match answer {
        Err(error) if error.kind == CloudErrorKind::Gone => Ok(Vec::new()),
        answer => answer,
    };
    let mut owned = unless_gone(services)?;
    owned.extend(unless_gone(tasks)?);
    Ok(owned)
}

async fn services(at: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let asked = at.ecs().list_services().cluster(cluster).max_results(100);
    let mut pages = asked.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(arn) = pages.next().await {
        found.push(ResourceId(arn.map_err(failed!(
            "ecs",
            "ListServices",
            cluster
        ))?));
    }
    Ok(found)
}

/// The tasks that were started by themselves; those of a service go with it.
async fn tasks(at: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let asked = at.ecs().list_tasks().cluster(cluster);
    let mut pages = asked.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(arn) = pages.next().await {
        all.push(arn.map_err(failed!("ecs", "ListTasks", cluster))?);
    }
    let mut found = Vec::new();
    for arns in all.chunks(BATCH) {
        let asked = at.ecs().describe_tasks().cluster(cluster);
        let answer = asked.set_tasks(Some(arns.to_vec())).send().await;
        let answer = answer.map_err(failed!("ecs", "DescribeTasks", cluster))?;
        let alone = answer.tasks().iter().filter(|task| {
            let group = task.group().unwrap_or_default();
            !group.starts_with("service:")
        });
        let alone = alone.filter_map(|task| task.task_arn());
        found.extend(alone.map(|arn| ResourceId(arn.to_owned())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster goes before the capacity of its own; one that is inactive does not exist.
    #[test]
    fn what_a_cluster_is() {
        let at = Clients::of_nobody();
        let cluster = Cluster::builder()
            .cluster_arn("arn:aws:ecs:eu-west-1:123456789012:cluster/c")
            .capacity_providers("FARGATE")
            .capacity_providers("FARGATE_SPOT")
            .capacity_providers("ours")
            .status("ACTIVE");
        let resource = seen(&at, &cluster.clone().build()).unwrap();
        assert_eq!(resource.uses, [at.id("ecs", "capacity-provider/ours")]);
        assert_eq!(seen(&at, &cluster.status("INACTIVE").build()), None);
    }
}
