//! ECS capacity providers that are backed by an Auto Scaling group.

use async_trait::async_trait;
use aws_sdk_ecs::types::{CapacityProvider, CapacityProviderField, CapacityProviderStatus};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ecs::{first_failure, tags_of};

pub(super) struct EcsCapacityProvider;

const NAME: &str = "ecs:capacity-provider";

/// Providers in one call.
const BATCH: usize = 10;

#[async_trait]
impl ResourceType for EcsCapacityProvider {
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
        let name = resource_name(&resource.id, "capacity-provider");
        let answer = clients
            .ecs()
            .delete_capacity_provider()
            .capacity_provider(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ecs", "DeleteCapacityProvider", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let names = ids
        .iter()
        .map(|id| resource_name(id, "capacity-provider").to_owned());
    let answer = clients
        .ecs()
        .describe_capacity_providers()
        .set_capacity_providers(Some(names.collect()))
        .include(CapacityProviderField::Tags)
        .send()
        .await
        .map_err(failed!("ecs", "DescribeCapacityProviders"))?;
    if let Some(error) = first_failure("DescribeCapacityProviders", answer.failures()) {
        return Err(error);
    }
    let found = answer.capacity_providers().iter();
    Ok(found
        .filter_map(|provider| to_resource(clients, provider))
        .map(Description::from)
        .collect())
}

fn to_resource(clients: &Clients, provider: &CapacityProvider) -> Option<Resource> {
    let status = provider.status().map(CapacityProviderStatus::as_str);
    if status == Some("INACTIVE") {
        return None;
    }
    let id = ResourceId(provider.capacity_provider_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(provider.tags());
    resource.state = status.map(str::to_owned);
    resource.confirmation = Confirmation::Confirmed;
    // The provider does not use its group in terms of deletion: the group is deleted before the
    // cluster, and the cluster before the provider.
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::AutoScalingGroupProvider;

    use super::*;

    /// A provider does not make its group wait: the group is deleted before the cluster, and the
    /// cluster before the provider.
    #[test]
    fn what_a_provider_is() {
        let clients = Clients::for_tests();
        let group = AutoScalingGroupProvider::builder().auto_scaling_group_arn("arn:group");
        let provider = CapacityProvider::builder()
            .capacity_provider_arn("arn:aws:ecs:eu-west-1:123456789012:capacity-provider/p")
            .auto_scaling_group_provider(group.build().unwrap())
            .status(CapacityProviderStatus::Active);
        let resource = to_resource(&clients, &provider.clone().build()).unwrap();
        assert!(resource.uses.is_empty());
        let inactive = provider.status(CapacityProviderStatus::Inactive);
        assert_eq!(to_resource(&clients, &inactive.build()), None);
    }
}
