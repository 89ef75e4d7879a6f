//! RDS parameter groups.

use async_trait::async_trait;
use stack::cloud::{CloudError, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::rds::{group, read_tags};

pub(super) struct RdsParameterGroup;

const NAME: &str = "rds:pg";

#[async_trait]
impl ResourceType for RdsParameterGroup {
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
        let name = resource_name(&resource.id, "pg");
        let answer = clients
            .rds()
            .delete_db_parameter_group()
            .db_parameter_group_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBParameterGroup", name)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = resource_name(id, "pg");
    let call = clients
        .rds()
        .describe_db_parameter_groups()
        .db_parameter_group_name(name);
    let (answer, tags) = tokio::join!(call.send(), read_tags(clients, id));
    let answer = answer.map_err(failed!("rds", "DescribeDBParameterGroups", name))?;
    if answer.db_parameter_groups().is_empty() {
        return Err(missing("rds", "DescribeDBParameterGroups", name));
    }
    let is_default = name.starts_with("default.");
    Ok(group(clients, id, NAME, is_default, tags?))
}
