//! ECS services. ECS describes a deleted one as inactive for a while.

mod not_ready;

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ecs::types::{
    AssignPublicIp, CapacityProviderStrategyItem, LaunchType, SchedulingStrategy, Service,
    ServiceField, TaskDefinition,
};
use futures_util::future::join_all;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::saved_size::number;
use crate::services::ecs::{
    add_fargate_usage, cluster_of, first_failure, in_clusters, network, other_platform, tags_of,
};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct EcsService;

const NAME: &str = "ecs:service";

/// Services in one call.
const BATCH: usize = 10;

/// CPU use in percent. Below it, Compute Optimizer calls a Fargate service idle. Memory shows
/// nothing: a running task uses some in any case.
const QUIET_CPU: f64 = 1.0;

#[async_trait]
impl ResourceType for EcsService {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        in_clusters(ids, "service", BATCH, "DescribeServices", |cluster, ids| {
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
        let (cluster, name) = names(&resource.id);
        let answer = clients
            .ecs()
            .delete_service()
            .set_cluster(cluster)
            .service(name)
            .force(true)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ecs", "DeleteService", name)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        resize(clients, resource, 0).await
    }

    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &Value,
    ) -> Result<(), CloudError> {
        let desired = number(prior, "desired", resource)?;
        resize(clients, resource, desired).await
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let (Some(cluster), name) = names(&resource.id) else {
            return Vec::new();
        };
        if resource.stopped {
            return Vec::new();
        }
        vec![Signal {
            namespace: "AWS/ECS",
            metric: "CPUUtilization",
            statistic: "Maximum",
            dimensions: vec![("ClusterName", cluster), ("ServiceName", name.to_owned())],
            threshold: QUIET_CPU,
            silence_is_zero: false,
        }]
    }
}

/// The names of the cluster and of the service.
fn names(id: &ResourceId) -> (Option<String>, &str) {
    let name = resource_name(id, "service");
    let cluster = cluster_of(id, "service").map(str::to_owned);
    (cluster, name.rsplit('/').next().unwrap_or(name))
}

async fn resize(clients: &Clients, resource: &Resource, desired: i32) -> Result<(), CloudError> {
    let (cluster, name) = names(&resource.id);
    let answer = clients
        .ecs()
        .update_service()
        .set_cluster(cluster)
        .service(name)
        .desired_count(desired)
        .send()
        .await
        .map_err(failed!("ecs", "UpdateService", name));
    answer.map(|_| ())
}

async fn describe(
    clients: &Clients,
    cluster: &str,
    ids: Vec<ResourceId>,
) -> Result<Vec<Description>, CloudError> {
    let arns = ids.into_iter().map(|id| id.0).collect();
    let answer = clients
        .ecs()
        .describe_services()
        .cluster(cluster)
        .set_services(Some(arns))
        .include(ServiceField::Tags)
        .send()
        .await
        .map_err(failed!("ecs", "DescribeServices", cluster))?;
    if let Some(error) = first_failure("DescribeServices", answer.failures()) {
        return Err(error);
    }
    let services = answer.services();
    let definitions = definitions(clients, services).await;
    let found = services.iter().map(async |service| {
        let definition = service
            .task_definition()
            .and_then(|arn| definitions.get(arn));
        let mut resource = to_resource(clients, service, definition)?;
        resource.not_ready = not_ready::cause(clients, cluster, service).await;
        Some(Description::from(resource))
    });
    Ok(join_all(found).await.into_iter().flatten().collect())
}

/// The task definitions of the services that pay for the size of their tasks. If one cannot be
/// read, only the price of its service is unknown.
async fn definitions(clients: &Clients, services: &[Service]) -> BTreeMap<String, TaskDefinition> {
    let mut arns: Vec<_> = services
        .iter()
        .filter(|service| is_on_fargate(service) && service.running_count() > 0)
        .filter_map(Service::task_definition)
        .collect();
    arns.sort_unstable();
    arns.dedup();
    let calls = arns.into_iter().map(async |arn| {
        let call = clients
            .ecs()
            .describe_task_definition()
            .task_definition(arn);
        let definition = call.send().await.ok()?.task_definition?;
        Some((arn.to_owned(), definition))
    });
    join_all(calls).await.into_iter().flatten().collect()
}

fn to_resource(
    clients: &Clients,
    service: &Service,
    definition: Option<&TaskDefinition>,
) -> Option<Resource> {
    if service.status() == Some("INACTIVE") {
        return None;
    }
    let id = ResourceId(service.service_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(service.tags());
    resource.state = service.status().map(str::to_owned);
    resource.created_at = timestamp(service.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.recreates = true;
    let cluster = service.cluster_arn();
    let targets = service
        .load_balancers()
        .iter()
        .filter_map(|balancer| balancer.target_group_arn());
    let definition_arn = service.task_definition();
    let arns = cluster.into_iter().chain(definition_arn).chain(targets);
    resource.uses = arns.map(|arn| ResourceId(arn.to_owned())).collect();
    let network = network(clients, service.network_configuration());
    resource.uses.extend(network);
    // A daemon runs one task on each instance and has no desired count.
    if service.scheduling_strategy() != Some(&SchedulingStrategy::Daemon) {
        resource.size = Some(json!({ "desired": service.desired_count() }));
        resource.stopped = service.desired_count() == 0;
    }
    price(&mut resource, service, definition);
    Some(resource)
}

/// Whether it runs on Fargate at its list price, or at least partly on Fargate.
fn is_on_fargate(service: &Service) -> bool {
    let strategy = service.capacity_provider_strategy().iter();
    let mut names = strategy.map(CapacityProviderStrategyItem::capacity_provider);
    service.launch_type() == Some(&LaunchType::Fargate)
        || names.any(|name| name.starts_with("FARGATE"))
}

fn price(resource: &mut Resource, service: &Service, definition: Option<&TaskDefinition>) {
    if !is_on_fargate(service) {
        // Instances have prices of their own.
        return;
    }
    let strategy = service.capacity_provider_strategy();
    let only_fargate = strategy
        .iter()
        .all(|item| item.capacity_provider() == "FARGATE");
    let platform = definition.and_then(|definition| definition.runtime_platform());
    let other = if only_fargate {
        other_platform(platform)
    } else {
        Some("partly or all Spot".to_owned())
    };
    let (cpu, memory) = (
        definition.and_then(|definition| definition.cpu()),
        definition.and_then(|definition| definition.memory()),
    );
    let running = service.running_count();
    add_fargate_usage(resource, running, cpu, memory, other.as_deref());
    let network = service.network_configuration();
    let network = network.and_then(|network| network.awsvpc_configuration());
    let public = network.and_then(|network| network.assign_public_ip());
    if running > 0 && public == Some(&AssignPublicIp::Enabled) {
        let addresses = Decimal::from(running);
        resource.usage.push(usage_of(Item::PublicIpv4, addresses));
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::{
        AwsVpcConfiguration, LoadBalancer, NetworkConfiguration, builders::ServiceBuilder,
    };

    use super::*;

    fn service() -> ServiceBuilder {
        Service::builder()
            .service_arn("arn:aws:ecs:eu-west-1:123456789012:service/c/web")
            .cluster_arn("arn:aws:ecs:eu-west-1:123456789012:cluster/c")
            .status("ACTIVE")
            .desired_count(2)
            .running_count(2)
    }

    fn resource(service: ServiceBuilder) -> Resource {
        let definition = TaskDefinition::builder().cpu("512").memory("1024").build();
        to_resource(&Clients::for_tests(), &service.build(), Some(&definition)).unwrap()
    }

    fn strategy(name: &str) -> CapacityProviderStrategyItem {
        let item = CapacityProviderStrategyItem::builder();
        item.capacity_provider(name).build().unwrap()
    }

    /// A service is deleted before its cluster, task definition, target groups and network. An
    /// inactive one does not exist.
    #[test]
    fn what_a_service_uses() {
        let clients = Clients::for_tests();
        let network = AwsVpcConfiguration::builder()
            .subnets("subnet-1")
            .security_groups("sg-1");
        let network =
            NetworkConfiguration::builder().awsvpc_configuration(network.build().unwrap());
        let target = LoadBalancer::builder().target_group_arn("arn:target");
        let service = service()
            .task_definition("arn:definition")
            .load_balancers(target.build())
            .network_configuration(network.build());
        let wanted = [
            clients.arn("ecs", "cluster/c"),
            ResourceId("arn:definition".to_owned()),
            ResourceId("arn:target".to_owned()),
            clients.arn("ec2", "subnet/subnet-1"),
            clients.arn("ec2", "security-group/sg-1"),
        ];
        let found = resource(service.clone());
        assert_eq!(found.uses, wanted);
        assert!(found.recreates);
        assert_eq!(
            to_resource(&clients, &service.status("INACTIVE").build(), None),
            None
        );
    }

    /// Fargate tasks cost by number and size. Spot has no list price, and instances have prices of
    /// their own.
    #[test]
    fn what_a_service_costs() {
        let fargate = resource(service().launch_type(LaunchType::Fargate));
        let usage = [
            usage_of(Item::FargateVcpu, Decimal::ONE),
            usage_of(Item::FargateMemory, Decimal::TWO),
        ];
        assert_eq!(fargate.usage, usage);
        let provided = resource(service().capacity_provider_strategy(strategy("FARGATE")));
        assert_eq!(provided.usage, usage);
        let spot = service().capacity_provider_strategy(strategy("FARGATE_SPOT"));
        assert_eq!(
            resource(spot).unpriced,
            ["2 tasks on Fargate (partly or all Spot)"]
        );
        let machines = resource(service().launch_type(LaunchType::Ec2));
        assert!(machines.usage.is_empty() && machines.unpriced.is_empty());
        let unread = service().launch_type(LaunchType::Fargate).build();
        let unread = to_resource(&Clients::for_tests(), &unread, None).unwrap();
        assert_eq!(unread.unpriced, ["2 tasks on Fargate"]);
    }

    /// Each task with a public address is charged for it.
    #[test]
    fn public_addresses_count_by_task() {
        let fargate = |public| {
            let network = AwsVpcConfiguration::builder()
                .subnets("subnet-1")
                .assign_public_ip(public);
            let network =
                NetworkConfiguration::builder().awsvpc_configuration(network.build().unwrap());
            let service = service().launch_type(LaunchType::Fargate);
            resource(service.network_configuration(network.build()))
        };
        let public = fargate(AssignPublicIp::Enabled);
        let expected = usage_of(Item::PublicIpv4, Decimal::TWO);
        assert_eq!(public.usage.last(), Some(&expected));
        assert_eq!(fargate(AssignPublicIp::Disabled).usage.len(), 2);
    }

    /// The size is the desired count, which a daemon does not have.
    #[test]
    fn the_size_of_a_service() {
        let awake = resource(service());
        assert_eq!(
            (awake.size.clone(), awake.stopped),
            (Some(json!({ "desired": 2 })), false)
        );
        let dimensions = [
            ("ClusterName", "c".to_owned()),
            ("ServiceName", "web".to_owned()),
        ];
        assert_eq!(EcsService.signals(&awake)[0].dimensions, dimensions);
        let asleep = resource(service().desired_count(0).running_count(0));
        assert!(asleep.stopped && EcsService.signals(&asleep).is_empty());
        let daemon = service().scheduling_strategy(SchedulingStrategy::Daemon);
        assert_eq!(resource(daemon).size, None);
    }
}
