//! ECS task definitions. A deregistered one is free, runs nothing and can no longer be found by
//! name, so it does not exist.

use async_trait::async_trait;
use aws_sdk_ecs::types::{TaskDefinition, TaskDefinitionField, TaskDefinitionStatus};
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::ecs::{first_failure, tags_of};
use crate::time::timestamp;

pub(super) struct EcsTaskDefinition;

const NAME: &str = "ecs:task-definition";

#[async_trait]
impl ResourceType for EcsTaskDefinition {
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
        deleted(
            delete(clients, resource.id.as_str())
                .await
                .map_err(missing_as_gone),
            Deletion::Gone,
        )
    }
}

/// Deregisters the definition, then deletes it. Running tasks are not affected.
async fn delete(clients: &Clients, arn: &str) -> Result<(), CloudError> {
    let answer = clients
        .ecs()
        .deregister_task_definition()
        .task_definition(arn)
        .send()
        .await;
    answer.map_err(failed!("ecs", "DeregisterTaskDefinition", arn))?;
    let answer = clients
        .ecs()
        .delete_task_definitions()
        .task_definitions(arn)
        .send()
        .await
        .map_err(failed!("ecs", "DeleteTaskDefinitions", arn))?;
    match first_failure("DeleteTaskDefinitions", answer.failures()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let arn = id.as_str();
    let answer = clients
        .ecs()
        .describe_task_definition()
        .task_definition(arn)
        .include(TaskDefinitionField::Tags)
        .send()
        .await
        .map_err(failed!("ecs", "DescribeTaskDefinition", arn))
        .map_err(missing_as_gone)?;
    let definition = answer.task_definition();
    let found = definition.and_then(|definition| to_resource(clients, definition));
    let mut resource = found.ok_or_else(|| missing("ecs", "DescribeTaskDefinition", arn))?;
    resource.tags = tags_of(answer.tags());
    Ok(resource)
}

fn to_resource(clients: &Clients, definition: &TaskDefinition) -> Option<Resource> {
    match definition.status() {
        Some(TaskDefinitionStatus::Inactive | TaskDefinitionStatus::DeleteInProgress) => None,
        status => {
            let id = ResourceId(definition.task_definition_arn()?.to_owned());
            let mut resource = clients.resource(id, NAME);
            resource.state = status.map(|status| status.as_str().to_owned());
            resource.created_at = timestamp(definition.registered_at());
            resource.confirmation = Confirmation::Confirmed;
            let roles = [definition.task_role_arn(), definition.execution_role_arn()];
            let mut roles: Vec<_> = roles.into_iter().flatten().collect();
            roles.dedup();
            let roles = roles.into_iter().map(|arn| ResourceId(arn.to_owned()));
            resource.uses = roles.collect();
            Some(resource)
        }
    }
}

/// ECS reports a missing definition with the code of any invalid request.
fn missing_as_gone(error: CloudError) -> CloudError {
    let missing = error.code.as_deref() == Some("ClientException")
        && error.message.contains("Unable to describe task definition");
    let kind = if missing {
        CloudErrorKind::Gone
    } else {
        error.kind
    };
    CloudError { kind, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A definition is deleted before the roles of its tasks. A deregistered one does not exist.
    #[test]
    fn what_a_definition_is() {
        let clients = Clients::for_tests();
        let definition = TaskDefinition::builder()
            .task_definition_arn("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3")
            .task_role_arn("arn:role")
            .execution_role_arn("arn:role")
            .status(TaskDefinitionStatus::Active);
        let resource = to_resource(&clients, &definition.clone().build()).unwrap();
        assert_eq!(resource.uses, [ResourceId("arn:role".to_owned())]);
        let gone = [
            TaskDefinitionStatus::Inactive,
            TaskDefinitionStatus::DeleteInProgress,
        ];
        for status in gone {
            assert_eq!(
                to_resource(&clients, &definition.clone().status(status).build()),
                None
            );
        }
    }

    /// The message, not the code alone, means that it does not exist.
    #[test]
    fn recognises_a_missing_definition() {
        let kind = |message: &str| {
            let error = CloudError {
                code: Some("ClientException".to_owned()),
                message: message.to_owned(),
                kind: CloudErrorKind::Other,
                ..missing("ecs", "DescribeTaskDefinition", "arn")
            };
            missing_as_gone(error).kind
        };
        assert_eq!(
            kind("Unable to describe task definition."),
            CloudErrorKind::Gone
        );
        assert_eq!(kind("Revision is missing."), CloudErrorKind::Other);
    }
}
