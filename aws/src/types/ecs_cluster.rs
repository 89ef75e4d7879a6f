//! ECS clusters. ECS describes a deleted one as inactive for a while.

use async_trait::async_trait;
use aws_sdk_ecs::types::{Cluster, ClusterField};
use futures_util::future::try_join_all;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ecs::{first_failure, tags_of};

pub(super) struct EcsCluster;

const NAME: &str = "ecs:cluster";

/// Clusters, or tasks, in one call.
const BATCH: usize = 100;

/// The capacity provider that AWS provides.
const FARGATE: &str = "FARGATE";

#[async_trait]
impl ResourceType for EcsCluster {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "cluster");
        let answer = clients.ecs().delete_cluster().cluster(name).send().await;
        deleted(
            answer.map_err(failed!("ecs", "DeleteCluster", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let arns = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let answer = clients
        .ecs()
        .describe_clusters()
        .set_clusters(Some(arns))
        .include(ClusterField::Tags)
        .send()
        .await
        .map_err(failed!("ecs", "DescribeClusters"))?;
    if let Some(error) = first_failure("DescribeClusters", answer.failures()) {
        return Err(error);
    }
    let clusters = answer
        .clusters()
        .iter()
        .filter_map(|cluster| Some((to_resource(clients, cluster)?, cluster)));
    let owned = clusters.map(async |(resource, cluster)| {
        let owns = owned(clients, cluster.cluster_arn().unwrap_or_default()).await?;
        Ok::<_, CloudError>(Description { resource, owns })
    });
    try_join_all(owned).await
}

fn to_resource(clients: &Clients, cluster: &Cluster) -> Option<Resource> {
    if cluster.status() == Some("INACTIVE") {
        return None;
    }
    let id = ResourceId(cluster.cluster_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(cluster.tags());
    resource.state = cluster.status().map(str::to_owned);
    resource.confirmation = Confirmation::Confirmed;
    let providers = cluster
        .capacity_providers()
        .iter()
        .filter(|name| !name.starts_with(FARGATE))
        .map(|name| clients.arn("ecs", &format!("capacity-provider/{name}")));
    resource.uses = providers.collect();
    Some(resource)
}

/// A cluster owns its services and the tasks that no service started. The counts in its description
/// are not reliable, because ECS does not count a service that drains.
async fn owned(clients: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let (services, tasks) = tokio::join!(services(clients, cluster), tasks(clients, cluster));
    // It may be gone by now.
    let empty_if_gone = |answer: Result<Vec<ResourceId>, CloudError>| match answer {
        Err(error) if error.kind == CloudErrorKind::Gone => Ok(Vec::new()),
        answer => answer,
    };
    let mut owned = empty_if_gone(services)?;
    owned.extend(empty_if_gone(tasks)?);
    Ok(owned)
}

async fn services(clients: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .ecs()
        .list_services()
        .cluster(cluster)
        .max_results(100)
        .into_paginator()
        .items()
        .send();
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

/// The tasks that no service started. A service owns its tasks.
async fn tasks(clients: &Clients, cluster: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut pages = clients
        .ecs()
        .list_tasks()
        .cluster(cluster)
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(arn) = pages.next().await {
        all.push(arn.map_err(failed!("ecs", "ListTasks", cluster))?);
    }
    let mut found = Vec::new();
    for arns in all.chunks(BATCH) {
        let answer = clients
            .ecs()
            .describe_tasks()
            .cluster(cluster)
            .set_tasks(Some(arns.to_vec()))
            .send()
            .await
            .map_err(failed!("ecs", "DescribeTasks", cluster))?;
        let standalone = answer
            .tasks()
            .iter()
            .filter(|task| {
                let group = task.group().unwrap_or_default();
                !group.starts_with("service:")
            })
            .filter_map(|task| task.task_arn());
        found.extend(standalone.map(|arn| ResourceId(arn.to_owned())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster is deleted before its capacity providers. An inactive one does not exist.
    #[test]
    fn what_a_cluster_is() {
        let clients = Clients::for_tests();
        let cluster = Cluster::builder()
            .cluster_arn("arn:aws:ecs:eu-west-1:123456789012:cluster/c")
            .capacity_providers("FARGATE")
            .capacity_providers("FARGATE_SPOT")
            .capacity_providers("ours")
            .status("ACTIVE");
        let resource = to_resource(&clients, &cluster.clone().build()).unwrap();
        assert_eq!(
            resource.uses,
            [clients.arn("ecs", "capacity-provider/ours")]
        );
        assert_eq!(
            to_resource(&clients, &cluster.status("INACTIVE").build()),
            None
        );
    }
}
