//! CloudWatch alarms.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::AlarmType;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, deleted, failed};
use crate::resource_type::{Descriptions, ResourceType};
use crate::tags;

pub(super) struct CloudwatchAlarm;

const NAME: &str = "cloudwatch:alarm";

/// Alarms in one call: the most that CloudWatch accepts.
const BATCH: usize = 100;

#[async_trait]
impl ResourceType for CloudwatchAlarm {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        let mut all = Descriptions::default();
        for ids in ids.chunks(BATCH) {
            match states(clients, ids).await {
                Ok(states) => {
                    let descriptions = each(ids, |id| describe(clients, id, &states)).await;
                    all.found.extend(descriptions.found);
                    all.failed.extend(descriptions.failed);
                }
                Err(error) => all.fail(ids, &error),
            }
        }
        all
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "alarm");
        let answer = clients
            .cloudwatch()
            .delete_alarms()
            .alarm_names(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("cloudwatch", "DeleteAlarms", name)),
            Deletion::Gone,
        )
    }
}

/// The names and states of the alarms that exist.
async fn states(
    clients: &Clients,
    ids: &[ResourceId],
) -> Result<HashMap<String, String>, CloudError> {
    let names = ids.iter().map(|id| resource_name(id, "alarm").to_owned());
    let mut pages = clients
        .cloudwatch()
        .describe_alarms()
        .set_alarm_names(Some(names.collect()))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .into_paginator()
        .send();
    let mut states = HashMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed!("cloudwatch", "DescribeAlarms"))?;
        let metric = page
            .metric_alarms()
            .iter()
            .map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        let composite = page
            .composite_alarms()
            .iter()
            .map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        for (name, state) in metric.chain(composite) {
            if let Some(name) = name {
                let state = state.map_or("", |state| state.as_str());
                states.insert(name.to_owned(), state.to_owned());
            }
        }
    }
    Ok(states)
}

/// An alarm with its tags. CloudWatch reports the last change of an alarm but not its creation.
async fn describe(
    clients: &Clients,
    id: &ResourceId,
    states: &HashMap<String, String>,
) -> Result<Resource, CloudError> {
    let name = resource_name(id, "alarm");
    let Some(state) = states.get(name) else {
        let why = "no alarm has this name";
        return Err(absent("cloudwatch", "DescribeAlarms", name, why));
    };
    let answer = clients
        .cloudwatch()
        .list_tags_for_resource()
        .resource_arn(id.as_str())
        .send()
        .await
        .map_err(failed!("cloudwatch", "ListTagsForResource", name))?;
    let mut resource = clients.resource(id.clone(), NAME);
    resource.tags = tags::map(answer.tags().iter().map(|tag| (tag.key(), tag.value())));
    resource.state = Some(state.clone()).filter(|state| !state.is_empty());
    resource.confirmation = Confirmation::Confirmed;
    resource.unpriced = vec!["alarm".to_owned()];
    Ok(resource)
}
