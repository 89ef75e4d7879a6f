//! Queues.

use aws_sdk_sqs::types::QueueAttributeName;
use jiff::Timestamp;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, gone_is_done};

pub(super) struct This;

const NAME: &str = "sqs:queue";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        arn.service == "sqs"
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(each(ids, |id| describe(at, id)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = resource.id.as_str();
            let url = match url(at, &resource.id).await {
                Ok(url) => url,
                Err(error) => return gone_is_done(error),
            };
            let answer = at.sqs().delete_queue().queue_url(url).send().await;
            let answer = answer.map_err(failed!("sqs", "DeleteQueue", id));
            // It may take up to a minute.
            deleted(answer, Deletion::Begun)
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let url = url(at, id).await?;
    let asked = at
        .sqs()
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::CreatedTimestamp);
    let (attributes, tags) = tokio::join!(
        asked.send(),
        at.sqs().list_queue_tags().queue_url(&url).send()
    );
    let attributes = attributes.map_err(failed!("sqs", "GetQueueAttributes", id.as_str()))?;
    let tags = tags.map_err(failed!("sqs", "ListQueueTags", id.as_str()))?;
    let created = attributes
        .attributes()
        .and_then(|all| all.get(&QueueAttributeName::CreatedTimestamp))
        .and_then(|seconds| seconds_of(seconds));
    let mut resource = at.resource(id.clone(), NAME);
    resource.tags = tags.tags.unwrap_or_default().into_iter().collect();
    resource.created_at = created;
    resource.standing = Standing::Confirmed;
    // A queue costs by the request.
    resource.unpriced = vec!["requests".to_owned()];
    Ok(resource)
}

async fn url(at: &Clients, id: &ResourceId) -> Result<String, CloudError> {
    let name = Arn::of(id).map_or(id.as_str(), |arn| arn.resource);
    let answer = at.sqs().get_queue_url().queue_name(name).send().await;
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
        let at: Timestamp = "2026-11-21T13:57:15Z".parse().unwrap();
        assert_eq!(seconds_of("1795269435"), Some(at));
        assert_eq!(seconds_of("1795269435.273872"), Some(at));
        assert_eq!(seconds_of("soon"), None);
    }
}
