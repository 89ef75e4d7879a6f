//! ElastiCache parameter groups.

use async_trait::async_trait;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::elasticache::read_tags;

pub(super) struct ElasticacheParameterGroup;

const NAME: &str = "elasticache:parametergroup";

#[async_trait]
impl ResourceType for ElasticacheParameterGroup {
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
        let name = resource_name(&resource.id, "parametergroup");
        let answer = clients
            .elasticache()
            .delete_cache_parameter_group()
            .cache_parameter_group_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticache", "DeleteCacheParameterGroup", name)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "parametergroup");
    let call = clients
        .elasticache()
        .describe_cache_parameter_groups()
        .cache_parameter_group_name(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("elasticache", "DescribeCacheParameterGroups", name))?;
    if answer.cache_parameter_groups().is_empty() {
        return Err(missing("elasticache", "DescribeCacheParameterGroups", name));
    }
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags?;
    resource.confirmation = Confirmation::Confirmed;
    if name.starts_with("default.") {
        resource.untouchable = Some("it is a default group of the service".to_owned());
    }
    Ok(resource)
}
