//! Topics, with their subscriptions, which go with them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_sns::operation::delete_topic::DeleteTopicError;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::{Descriptions, ResourceType, TagIndex};
use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::failed;

pub(super) struct SnsTopic;

const NAME: &str = "sns:topic";

/// So many topics are worth a page of the list of all topics of the account, which may have many others.
const WORTH_A_PAGE: usize = 4;

#[async_trait]
impl ResourceType for SnsTopic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // With a colon it is a subscription, with a `/` an application for pushes.
        arn.service == "sns" && !arn.resource.contains([':', '/'])
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn confirm(
        &self,
        clients: &Clients,
        ids: &[ResourceId],
        index: &TagIndex,
    ) -> Descriptions {
        // Whatever the list does not name is asked about by itself, and says what is wrong.
        let listed = listed(clients, ids.len() / WORTH_A_PAGE)
            .await
            .unwrap_or_default();
        let mut descriptions = Descriptions::default();
        let mut others = Vec::new();
        for id in ids {
            match index.get(id).filter(|_| listed.contains(id.as_str())) {
                Some(tags) => descriptions
                    .found
                    .push(topic(clients, id, tags.clone()).into()),
                None => others.push(id.clone()),
            }
        }
        let others = each(&others, |id| describe(clients, id)).await;
        descriptions.found.extend(others.found);
        descriptions.failed.extend(others.failed);
        descriptions
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource.id.as_str();
        let answer = clients.sns().delete_topic().topic_arn(id).send().await;
        let absent = |error: &DeleteTopicError| error.is_not_found_exception();
        match answer {
            // The code of this is `NotFound`, which proves something only where the service models it.
            Err(error) if error.as_service_error().is_some_and(absent) => Ok(Deletion::Gone),
            answer => answer
                .map(|_| Deletion::Gone)
                .map_err(failed!("sns", "DeleteTopic", id)),
        }
    }
}

/// A topic's tags, which tell whether it exists as well: one question a topic. No question tells when it was created.
async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let tags = clients
        .sns()
        .list_tags_for_resource()
        .resource_arn(id.as_str());
    let answer = tags.send().await;
    let answer = answer.map_err(failed!("sns", "ListTagsForResource", id.as_str()))?;
    let tags = answer.tags.unwrap_or_default().into_iter();
    Ok(topic(
        clients,
        id,
        tags.map(|tag| (tag.key, tag.value)).collect(),
    ))
}

/// The topics that exist, as far as so many pages tell.
async fn listed(clients: &Clients, pages: usize) -> Result<BTreeSet<String>, CloudError> {
    let mut listed = BTreeSet::new();
    let mut answers = clients.sns().list_topics().into_paginator().send();
    for _ in 0..pages {
        let Some(answer) = answers.next().await else {
            break;
        };
        let answer = answer.map_err(failed!("sns", "ListTopics"))?;
        let topics = answer.topics.unwrap_or_default().into_iter();
        listed.extend(topics.filter_map(|topic| topic.topic_arn));
    }
    Ok(listed)
}

fn topic(clients: &Clients, id: &ResourceId, tags: BTreeMap<String, String>) -> Resource {
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags;
    resource.confirmation = Confirmation::Confirmed;
    resource.unpriced = vec!["requests".to_owned()];
    resource
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::loopback::Loopback;

    /// Of many that the index names a page of the list tells that they exist; of what it does not name, or names too
    /// late, each is asked. Of a few each is.
    #[tokio::test]
    async fn many_are_confirmed_by_the_page() {
        let service = Loopback::new(|body| {
            let said = if body.starts_with("Action=ListTopics") {
                let member = |n: usize| {
                    format!(
                        "<member><TopicArn>arn:aws:sns:us-east-1:123456789012:t{n}</TopicArn></member>"
                    )
                };
                let next = body.len();
                let members: String = (0..9).map(member).collect();
                format!(
                    "<ListTopicsResponse><ListTopicsResult><Topics>{members}</Topics>\
                    <NextToken>{next}</NextToken></ListTopicsResult></ListTopicsResponse>"
                )
            } else {
                "<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>k</Key>\
                <Value>own</Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>"
                    .to_owned()
            };
            (200, "text/xml", said)
        });
        let service = service.await;
        let clients = &service.clients;
        let ids: Vec<_> = (0..11)
            .map(|n| clients.arn("sns", &format!("t{n}")))
            .collect();
        let tags = BTreeMap::from([("k".to_owned(), "index".to_owned())]);
        let index: TagIndex = ids[1..]
            .iter()
            .map(|id| (id.clone(), tags.clone()))
            .collect();
        let whose = |descriptions: Descriptions| -> Vec<String> {
            let mut found: Vec<_> = descriptions
                .found
                .into_iter()
                .map(|one| one.resource)
                .collect();
            found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
            found
                .iter()
                .map(|one| one.tag("k").unwrap().to_owned())
                .collect()
        };
        let mut expected = vec!["index"; 11];
        for asked in [0, 9, 10] {
            expected[asked] = "own";
        }
        assert_eq!(
            whose(SnsTopic.confirm(clients, &ids, &index).await),
            expected
        );
        // Two pages, and those that they did not name.
        assert_eq!(service.requests().len(), 2 + 3);
        assert_eq!(
            whose(SnsTopic.confirm(clients, &ids[..3], &index).await),
            ["own"; 3]
        );
        assert_eq!(service.requests().len(), 5 + 3);
    }

    /// Subscriptions go with their topic and are none.
    #[test]
    fn subscriptions_are_not_topics() {
        let matches = |text| SnsTopic.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:sns:eu-west-1:1:jobs.fifo"));
        assert!(!matches("arn:aws:sns:eu-west-1:1:jobs:6a1f2c4e"));
        assert!(!matches("arn:aws:sns:eu-west-1:1:app/GCM/web"));
    }
}
