//! Queues.

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::Timestamp;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::{Descriptions, ResourceType};
use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, gone_is_done};

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
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource.id.as_str();
        let url = match url(clients, &resource.id).await {
            Ok(url) => url,
            Err(error) => return gone_is_done(error),
        };
        let answer = clients.sqs().delete_queue().queue_url(url).send().await;
        let answer = answer.map_err(failed!("sqs", "DeleteQueue", id));
        // It may take up to a minute.
        deleted(answer, Deletion::Started)
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let url = url(clients, id).await?;
    let asked = clients
        .sqs()
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::CreatedTimestamp);
    let (attributes, tags) = tokio::join!(
        asked.send(),
        clients.sqs().list_queue_tags().queue_url(&url).send()
    );
    let attributes = attributes.map_err(failed!("sqs", "GetQueueAttributes", id.as_str()))?;
    let tags = tags.map_err(failed!("sqs", "ListQueueTags", id.as_str()))?;
    let created = attributes
        .attributes()
        .and_then(|all| all.get(&QueueAttributeName::CreatedTimestamp))
        .and_then(|seconds| seconds_of(seconds));
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags.tags.unwrap_or_default().into_iter().collect();
    resource.created_at = created;
    resource.confirmation = Confirmation::Confirmed;
    // A queue costs by the request.
    resource.unpriced = vec!["requests".to_owned()];
    Ok(resource)
}

async fn url(clients: &Clients, id: &ResourceId) -> Result<String, CloudError> {
    let name = Arn::from_id(id).map_or(id.as_str(), |arn| arn.resource);
    let answer = clients.sqs().get_queue_url().queue_name(name).send().await;
    let answer = answer.map_err(failed!("sqs", "GetQueueUrl", id.as_str()))?;
    Ok(answer.queue_url.unwrap_or_default())
}

/// The moment of so many seconds since 1970, a fraction left out.
fn seconds_of(text: &str) -> Option<Timestamp> {
    let whole = text.split('.').next()?.parse().ok()?;
    Timestamp::from_second(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue's creation is told in seconds, with or without a fraction.
    #[test]
    fn creation_is_told_in_seconds() {
        let created: Timestamp = "2026-11-21T13:57:15Z".parse().unwrap();
        assert_eq!(seconds_of("1795269435"), Some(created));
        assert_eq!(seconds_of("1795269435.273872"), Some(created));
        assert_eq!(seconds_of("soon"), None);
    }
}
