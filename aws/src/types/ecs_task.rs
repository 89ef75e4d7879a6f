//! ECS tasks. Those of a service are deleted with it, and carry its tags if the service propagates
//! them. ECS describes a stopped task for a while.

use async_trait::async_trait;
use aws_sdk_ecs::types::{LaunchType, Task, TaskField};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ecs::{add_fargate_usage, cluster_of, first_failure, in_clusters, tags_of};
use crate::time::timestamp;

pub(super) struct EcsTask;

const NAME: &str = "ecs:task";

/// Tasks in one call.
const BATCH: usize = 100;

#[async_trait]
impl ResourceType for EcsTask {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        in_clusters(ids, "task", BATCH, "DescribeTasks", |cluster, ids| {
            describe(clients, cluster, ids)
        })
        .await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let arn = resource.id.as_str();
        let cluster = cluster_of(&resource.id, "task").map(str::to_owned);
        let call = clients
            .ecs()
            .stop_task()
            .set_cluster(cluster)
            .task(arn)
            .reason("jiti deletes its stack");
        deleted(
            call.send().await.map_err(failed!("ecs", "StopTask", arn)),
            Deletion::Started,
        )
    }
}

async fn describe(
    clients: &Clients,
    cluster: &str,
    ids: Vec<ResourceId>,
) -> Result<Vec<Description>, CloudError> {
    let arns = ids.into_iter().map(|id| id.0).collect();
    let answer = clients
        .ecs()
        .describe_tasks()
        .cluster(cluster)
        .set_tasks(Some(arns))
        .include(TaskField::Tags)
        .send()
        .await
        .map_err(failed!("ecs", "DescribeTasks", cluster))?;
    if let Some(error) = first_failure("DescribeTasks", answer.failures()) {
        return Err(error);
    }
    let found = answer.tasks().iter();
    Ok(found
        .filter_map(|task| to_resource(clients, task))
        .map(Description::from)
        .collect())
}

fn to_resource(clients: &Clients, task: &Task) -> Option<Resource> {
    if matches!(task.last_status(), Some("STOPPED" | "DELETED")) {
        return None;
    }
    let id = ResourceId(task.task_arn()?.to_owned());
    let cluster = task.cluster_arn().map(|arn| ResourceId(arn.to_owned()));
    let name = cluster
        .as_ref()
        .map(|id| resource_name(id, "cluster").to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(task.tags());
    resource.state = task.last_status().map(str::to_owned);
    resource.created_at = timestamp(task.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses.extend(cluster);
    let definition = task
        .task_definition_arn()
        .map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(definition);
    let service = task
        .group()
        .and_then(|group| group.strip_prefix("service:"));
    match (service, name) {
        // Its cost counts at its service.
        (Some(service), Some(cluster)) => {
            let owner = clients.arn("ecs", &format!("service/{cluster}/{service}"));
            resource.owner = Some(owner);
        }
        _ => price(&mut resource, task),
    }
    Some(resource)
}

fn price(resource: &mut Resource, task: &Task) {
    let fargate_spot = task.capacity_provider_name() == Some("FARGATE_SPOT");
    if task.launch_type() != Some(&LaunchType::Fargate) && !fargate_spot {
        return;
    }
    let cpu = task.attributes().iter();
    let cpu = cpu.filter(|detail| detail.name() == "ecs.cpu-architecture");
    let arm = cpu
        .filter_map(|detail| detail.value())
        .any(|cpu| cpu == "arm64");
    let windows = task
        .platform_family()
        .filter(|family| !family.eq_ignore_ascii_case("linux"));
    let other = if fargate_spot {
        Some("Spot")
    } else if arm {
        Some("ARM64")
    } else {
        windows
    };
    add_fargate_usage(resource, 1, task.cpu(), task.memory(), other);
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::builders::TaskBuilder;
    use rust_decimal::Decimal;

    use super::*;
    use crate::pricing::{Item, usage_of};

    fn task(group: &str) -> TaskBuilder {
        Task::builder()
            .task_arn("arn:aws:ecs:eu-west-1:123456789012:task/c/1")
            .cluster_arn("arn:aws:ecs:eu-west-1:123456789012:cluster/c")
            .group(group)
            .last_status("RUNNING")
            .launch_type(LaunchType::Fargate)
            .cpu("1024")
            .memory("2048")
    }

    /// A task of a service belongs to the service and counts there. Another task counts on its own.
    /// A stopped one does not exist.
    #[test]
    fn who_owns_a_task() {
        let clients = Clients::for_tests();
        let of_service = to_resource(&clients, &task("service:web").build()).unwrap();
        assert_eq!(of_service.owner, Some(clients.arn("ecs", "service/c/web")));
        assert!(of_service.usage.is_empty());
        let alone = to_resource(&clients, &task("family:job").build()).unwrap();
        assert_eq!(
            (alone.owner, alone.uses),
            (None, vec![clients.arn("ecs", "cluster/c")])
        );
        let usage = [
            usage_of(Item::FargateVcpu, Decimal::ONE),
            usage_of(Item::FargateMemory, Decimal::TWO),
        ];
        assert_eq!(alone.usage, usage);
        let spot = task("family:job").capacity_provider_name("FARGATE_SPOT");
        assert_eq!(
            to_resource(&clients, &spot.build()).unwrap().unpriced,
            ["1 task on Fargate (Spot)"]
        );
        assert_eq!(
            to_resource(&clients, &task("family:job").last_status("STOPPED").build()),
            None
        );
    }
}
