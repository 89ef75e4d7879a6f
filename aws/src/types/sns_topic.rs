//! Topics, with their subscriptions, which go with them.

use aws_sdk_sns::operation::delete_topic::DeleteTopicError;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::Arn;
use crate::batch::each;
use crate::clients::Clients;
use crate::error::failed;

pub(super) struct This;

const NAME: &str = "sns:topic";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        // With a colon it is a subscription, with a `/` an application for pushes.
        arn.service == "sns" && !arn.resource.contains([':', '/'])
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
            let answer = at.sns().delete_topic().topic_arn(id).send().await;
            let absent = |error: &DeleteTopicError| error.is_not_found_exception();
            match answer {
                // The code of this is `NotFound`, which proves something only where the service models it.
                Err(error) if error.as_service_error().is_some_and(absent) => Ok(Deletion::Gone),
                answer => answer
                    .map(|_| Deletion::Gone)
                    .map_err(failed!("sns", "DeleteTopic", id)),
            }
        })
    }
}

/// A topic's tags, which tell whether it exists as well: one question a topic. No question tells when it was created.
async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let tags = at.sns().list_tags_for_resource().resource_arn(id.as_str());
    let answer = tags.send().await;
    let answer = answer.map_err(failed!("sns", "ListTagsForResource", id.as_str()))?;
    let mut resource = at.resource(id.clone(), NAME);
    let tags = answer.tags.unwrap_or_default().into_iter();
    resource.tags = tags.map(|tag| (tag.key, tag.value)).collect();
    resource.standing = Standing::Confirmed;
    resource.unpriced = vec!["requests".to_owned()];
    Ok(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Subscriptions go with their topic and are none.
    #[test]
    fn subscriptions_are_not_topics() {
        let covers = |text| This.covers(&Arn::parse(text).unwrap());
        assert!(covers("arn:aws:sns:eu-west-1:1:jobs.fifo"));
        assert!(!covers("arn:aws:sns:eu-west-1:1:jobs:6a1f2c4e"));
        assert!(!covers("arn:aws:sns:eu-west-1:1:app/GCM/web"));
    }
}
