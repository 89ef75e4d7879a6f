//! Lambda event source mappings, which feed a function from a queue or a stream.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Descriptions, ResourceType};

pub(super) struct LambdaEventSourceMapping;

const NAME: &str = "lambda:event-source-mapping";

#[async_trait]
impl ResourceType for LambdaEventSourceMapping {
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
        let uuid = resource_name(&resource.id, "event-source-mapping");
        let answer = clients
            .lambda()
            .delete_event_source_mapping()
            .uuid(uuid)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("lambda", "DeleteEventSourceMapping", uuid)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let uuid = resource_name(id, "event-source-mapping");
    let answer = clients
        .lambda()
        .get_event_source_mapping()
        .uuid(uuid)
        .send()
        .await
        .map_err(failed!("lambda", "GetEventSourceMapping", uuid))?;
    let tags = clients
        .lambda()
        .list_tags()
        .resource(id.as_str())
        .send()
        .await;
    let tags = match tags.map_err(failed!("lambda", "ListTags", uuid)) {
        Ok(tags) => tags.tags.unwrap_or_default().into_iter().collect(),
        // The mapping was described before, so this does not mean that it is gone: it has no tags
        // to read.
        Err(error) if error.kind == CloudErrorKind::Gone => BTreeMap::new(),
        Err(error) => return Err(error),
    };
    Ok(to_resource(clients, id, &answer, tags))
}

fn to_resource(
    clients: &Clients,
    id: &ResourceId,
    mapping: &GetEventSourceMappingOutput,
    tags: BTreeMap<String, String>,
) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags;
    resource.state = mapping.state().map(str::to_owned);
    resource.confirmation = Confirmation::Confirmed;
    let function = mapping.function_arn().map(unqualified);
    let source = mapping.event_source_arn().map(str::to_owned);
    let uses = function.into_iter().chain(source);
    resource.uses = uses.map(ResourceId).collect();
    resource
}

/// The function of a version or an alias: its ARN without the qualifier.
fn unqualified(function: &str) -> String {
    let parts: Vec<_> = function.splitn(8, ':').take(7).collect();
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mapping is deleted before its function and its event source, whatever version of the
    /// function it feeds.
    #[test]
    fn a_mapping_uses_function_and_source() {
        let clients = Clients::for_tests();
        let mapping = GetEventSourceMappingOutput::builder()
            .function_arn("arn:aws:lambda:eu-west-1:123456789012:function:web:live")
            .event_source_arn("arn:aws:sqs:eu-west-1:123456789012:jobs")
            .state("Enabled");
        let id = clients.arn("lambda", "event-source-mapping:1");
        let resource = to_resource(&clients, &id, &mapping.build(), BTreeMap::new());
        let uses: Vec<_> = resource.uses.iter().map(ResourceId::as_str).collect();
        assert_eq!(
            uses,
            [
                "arn:aws:lambda:eu-west-1:123456789012:function:web",
                "arn:aws:sqs:eu-west-1:123456789012:jobs",
            ]
        );
    }
}
