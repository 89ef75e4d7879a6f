//! CloudFormation stacks. Deleting one deletes all its resources.

use async_trait::async_trait;
use aws_sdk_cloudformation::types::{Stack, StackStatus};
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, deleted, failed};
use crate::resource_type::{Descriptions, ResourceType};
use crate::tags;
use crate::time::timestamp;

pub(super) struct CloudformationStack;

const NAME: &str = "cloudformation:stack";

#[async_trait]
impl ResourceType for CloudformationStack {
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
        let id = resource.id.as_str();
        let answer = clients
            .cloudformation()
            .delete_stack()
            .stack_name(id)
            .send()
            .await;
        deleted(
            answer
                .map_err(failed!("cloudformation", "DeleteStack", id))
                .map_err(missing_as_gone),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let answer = clients
        .cloudformation()
        .describe_stacks()
        .stack_name(id.as_str())
        .send()
        .await
        .map_err(failed!("cloudformation", "DescribeStacks", id.as_str()))
        .map_err(missing_as_gone)?;
    let stack = answer.stacks().first();
    stack
        .and_then(|stack| to_resource(clients, id, stack))
        .ok_or_else(|| {
            absent(
                "cloudformation",
                "DescribeStacks",
                id.as_str(),
                "it is deleted",
            )
        })
}

/// CloudFormation describes a deleted stack by its ARN for another 90 days.
fn to_resource(clients: &Clients, id: &ResourceId, stack: &Stack) -> Option<Resource> {
    if stack.stack_status() == Some(&StackStatus::DeleteComplete) {
        return None;
    }
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags::map(stack.tags().iter().map(|tag| (tag.key(), tag.value())));
    resource.state = stack
        .stack_status()
        .map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(stack.creation_time());
    resource.confirmation = Confirmation::Confirmed;
    // CloudFormation deletes with this role, so the role must outlive the stack.
    let role = stack.role_arn().map(|role| ResourceId(role.to_owned()));
    resource.uses = role.into_iter().collect();
    // A nested stack has the tags of its parent and is only deleted with it.
    resource.part_of = stack
        .parent_id()
        .map(|parent| ResourceId(parent.to_owned()));
    if stack.enable_termination_protection() == Some(true) {
        resource.protection = Some("EnableTerminationProtection".to_owned());
    }
    if let Some(reason) = stack.stack_status_reason() {
        let reason = reason.to_owned();
        resource.details.insert("reason".to_owned(), reason);
    }
    Some(resource)
}

/// CloudFormation has no error code for a stack that does not exist.
fn missing_as_gone(mut error: CloudError) -> CloudError {
    if error.code.as_deref() == Some("ValidationError")
        && error.message.starts_with("Stack ")
        && error.message.ends_with("does not exist")
    {
        error.kind = CloudErrorKind::Gone;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(stack: &Stack) -> Option<Resource> {
        let clients = Clients::for_tests();
        to_resource(
            &clients,
            &clients.arn("cloudformation", "stack/web/1"),
            stack,
        )
    }

    fn stack(status: StackStatus) -> aws_sdk_cloudformation::types::builders::StackBuilder {
        let created = aws_smithy_types::DateTime::from_secs(1_795_000_000);
        let stack = Stack::builder().stack_name("web").creation_time(created);
        stack.stack_status(status)
    }

    /// A deleted stack, although still described, is gone; one whose deletion failed is not.
    #[test]
    fn a_deleted_stack_is_gone() {
        assert_eq!(described(&stack(StackStatus::DeleteComplete).build()), None);
        let failed_stack =
            stack(StackStatus::DeleteFailed).stack_status_reason("the bucket is not empty");
        let failed = described(&failed_stack.build()).unwrap();
        assert_eq!(failed.state.as_deref(), Some("DELETE_FAILED"));
        let reason = failed.details.get("reason").map(String::as_str);
        assert_eq!(reason, Some("the bucket is not empty"));
    }

    /// A nested stack is part of its parent, and protection is reported.
    #[test]
    fn a_nested_stack_is_part_of_its_parent() {
        let parent = "arn:aws:cloudformation:eu-west-1:123456789012:stack/all/1";
        let nested = stack(StackStatus::CreateComplete).parent_id(parent);
        let nested = described(&nested.enable_termination_protection(true).build()).unwrap();
        assert_eq!(nested.part_of, Some(ResourceId(parent.to_owned())));
        assert_eq!(
            nested.protection.as_deref(),
            Some("EnableTerminationProtection")
        );
    }

    /// Only the message about the stack itself means that it does not exist.
    #[test]
    fn a_failed_validation_is_not_absence() {
        let error = |message: &str| CloudError {
            service: "cloudformation".to_owned(),
            call: "DescribeStacks".to_owned(),
            resource: None,
            code: Some("ValidationError".to_owned()),
            message: message.to_owned(),
            kind: CloudErrorKind::Other,
        };
        let gone = missing_as_gone(error("Stack with id web does not exist"));
        assert_eq!(gone.kind, CloudErrorKind::Gone);
        let gone = missing_as_gone(error("Role arn:aws:iam::1:role/x does not exist"));
        assert_eq!(gone.kind, CloudErrorKind::Other);
        let gone = missing_as_gone(error("1 validation error detected"));
        assert_eq!(gone.kind, CloudErrorKind::Other);
    }
}
