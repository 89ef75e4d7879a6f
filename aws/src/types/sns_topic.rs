//! SNS topics, with their subscriptions, which are deleted with them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_sns::operation::delete_topic::DeleteTopicError;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::{Descriptions, ResourceType, TagIndex};

pub(super) struct SnsTopic;

const NAME: &str = "sns:topic";

/// The number of topics that are worth a page of the list of all topics in the account, which may
/// have many others.
const WORTH_A_PAGE: usize = 4;

#[async_trait]
impl ResourceType for SnsTopic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn matches(&self, arn: &Arn<'_>) -> bool {
        // With a colon it is a subscription, with a `/` a platform application.
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
        // Describes each topic that the list does not name, which also gives its error.
        let listed = list_topic_arns(clients, ids.len() / WORTH_A_PAGE)
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
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource.id.as_str();
        let answer = clients.sns().delete_topic().topic_arn(id).send().await;
        let absent = |error: &DeleteTopicError| error.is_not_found_exception();
        match answer {
            // The code is `NotFound`, which means "gone" only where the service models it.
            Err(error) if error.as_service_error().is_some_and(absent) => Ok(Deletion::Gone),
            answer => answer
                .map(|_| Deletion::Gone)
                .map_err(failed!("sns", "DeleteTopic", id)),
        }
    }
}

/// Describes a topic by its tags, which also shows whether it exists, in one call for each. No call
/// returns when it was created.
async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let tags = clients
        .sns()
        .list_tags_for_resource()
        .resource_arn(id.as_str());
    let answer = tags
        .send()
        .await
        .map_err(failed!("sns", "ListTagsForResource", id.as_str()))?;
    let tags = answer.tags.unwrap_or_default().into_iter();
    Ok(topic(
        clients,
        id,
        tags.map(|tag| (tag.key, tag.value)).collect(),
    ))
}

/// The topics on the first `pages` pages of the list.
async fn list_topic_arns(clients: &Clients, pages: usize) -> Result<BTreeSet<String>, CloudError> {
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

    /// With many topics, `confirm` takes those of the index from pages of the list and describes
    /// the rest. With a few topics, it describes each.
    #[tokio::test]
    async fn confirms_many_topics_with_the_list() {
        let service = Loopback::new(|body| {
            let answer = if body.starts_with("Action=ListTopics") {
                let member = |n: usize| {
                    let arn = format!("arn:aws:sns:us-east-1:123456789012:t{n}");
                    format!("<member><TopicArn>{arn}</TopicArn></member>")
                };
                let next = body.len();
                let members: String = (0..9).map(member).collect();
                format!(
                    "<ListTopicsResponse><ListTopicsResult><Topics>{members}</Topics>\
                    <NextToken>{next}</NextToken></ListTopicsResult></ListTopicsResponse>"
                )
            } else {
                "<ListTagsForResourceResponse><ListTagsForResourceResult><Tags>\
                <member><Key>k</Key><Value>own</Value></member>\
                </Tags></ListTagsForResourceResult></ListTagsForResourceResponse>"
                    .to_owned()
            };
            (200, "text/xml", answer)
        })
        .await;
        let clients = &service.clients;
        let ids: Vec<_> = (0..11)
            .map(|n| clients.arn("sns", &format!("t{n}")))
            .collect();
        let tags = BTreeMap::from([("k".to_owned(), "index".to_owned())]);
        let index: TagIndex = ids[1..]
            .iter()
            .map(|id| (id.clone(), tags.clone()))
            .collect();
        let tag_sources = |descriptions: Descriptions| -> Vec<String> {
            let mut found: Vec<_> = descriptions
                .found
                .into_iter()
                .map(|description| description.resource)
                .collect();
            found.sort_by_key(|topic| ids.iter().position(|id| *id == topic.id));
            found
                .iter()
                .map(|topic| topic.tag("k").unwrap().to_owned())
                .collect()
        };
        let mut expected = vec!["index"; 11];
        for described in [0, 9, 10] {
            expected[described] = "own";
        }
        assert_eq!(
            tag_sources(SnsTopic.confirm(clients, &ids, &index).await),
            expected
        );
        // Two pages, and the topics that they did not name.
        assert_eq!(service.requests().len(), 2 + 3);
        assert_eq!(
            tag_sources(SnsTopic.confirm(clients, &ids[..3], &index).await),
            ["own"; 3]
        );
        assert_eq!(service.requests().len(), 5 + 3);
    }

    /// Subscriptions are not topics.
    #[test]
    fn subscriptions_are_not_topics() {
        let matches = |text| SnsTopic.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:sns:eu-west-1:1:jobs.fifo"));
        assert!(!matches("arn:aws:sns:eu-west-1:1:jobs:6a1f2c4e"));
        assert!(!matches("arn:aws:sns:eu-west-1:1:app/GCM/web"));
    }
}
