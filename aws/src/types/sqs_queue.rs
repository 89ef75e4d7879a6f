//! SQS queues.

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::Timestamp;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, gone_is_done};
use crate::governance::set_encrypted;
use crate::resource_type::{Descriptions, ResourceType};

pub(super) struct SqsQueue;

const NAME: &str = "sqs:queue";

#[async_trait]
impl ResourceType for SqsQueue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        arn.service == "sqs"
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
        let url = match url(clients, &resource.id).await {
            Ok(url) => url,
            Err(error) => return gone_is_done(error),
        };
        let answer = clients
            .sqs()
            .delete_queue()
            .queue_url(url)
            .send()
            .await
            .map_err(failed!("sqs", "DeleteQueue", id));
        // The deletion may take up to a minute.
        deleted(answer, Deletion::Started)
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let url = url(clients, id).await?;
    let call = clients
        .sqs()
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::CreatedTimestamp)
        .attribute_names(QueueAttributeName::KmsMasterKeyId)
        .attribute_names(QueueAttributeName::SqsManagedSseEnabled);
    let (attributes, tags) = tokio::join!(
        call.send(),
        clients.sqs().list_queue_tags().queue_url(&url).send()
    );
    let attributes = attributes.map_err(failed!("sqs", "GetQueueAttributes", id.as_str()))?;
    let tags = tags.map_err(failed!("sqs", "ListQueueTags", id.as_str()))?;
    let read = |name| attributes.attributes().and_then(|all| all.get(&name));
    let created = read(QueueAttributeName::CreatedTimestamp);
    let created = created.and_then(|seconds| parse_seconds(seconds));
    let has_key = read(QueueAttributeName::KmsMasterKeyId).is_some_and(|key| !key.is_empty());
    let managed = read(QueueAttributeName::SqsManagedSseEnabled).map(|flag| flag == "true");
    // A queue with a key of KMS does not have the other attribute.
    let is_encrypted = if has_key { Some(true) } else { managed };
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags.tags.unwrap_or_default().into_iter().collect();
    resource.created_at = created;
    resource.confirmation = Confirmation::Confirmed;
    set_encrypted(&mut resource, is_encrypted);
    // AWS charges for requests only.
    resource.unpriced = vec!["requests".to_owned()];
    Ok(resource)
}

async fn url(clients: &Clients, id: &ResourceId) -> Result<String, CloudError> {
    let name = Arn::from_id(id).map_or(id.as_str(), |arn| arn.resource);
    let answer = clients
        .sqs()
        .get_queue_url()
        .queue_name(name)
        .send()
        .await
        .map_err(failed!("sqs", "GetQueueUrl", id.as_str()))?;
    Ok(answer.queue_url.unwrap_or_default())
}

/// The timestamp for seconds since 1970. Drops a fraction.
fn parse_seconds(text: &str) -> Option<Timestamp> {
    let seconds = text.split('.').next()?.parse().ok()?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQS returns the creation in seconds, with or without a fraction.
    #[test]
    fn parses_seconds() {
        let created: Timestamp = "2026-11-21T13:57:15Z".parse().unwrap();
        assert_eq!(parse_seconds("1795269435"), Some(created));
        assert_eq!(parse_seconds("1795269435.273872"), Some(created));
        assert_eq!(parse_seconds("soon"), None);
    }
}
