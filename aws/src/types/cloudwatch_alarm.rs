//! Alarms on metrics.

use std::collections::HashMap;

use aws_sdk_cloudwatch::types::AlarmType;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{absent, deleted, failed};

pub(super) struct This;

const NAME: &str = "cloudwatch:alarm";

/// Alarms in one question: the most that CloudWatch takes.
const BATCH: usize = 100;

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(async move {
            let mut all = Seen::default();
            for ids in ids.chunks(BATCH) {
                match states(at, ids).await {
                    Ok(states) => {
                        let seen = each(ids, |id| describe(at, id, &states)).await;
                        all.found.extend(seen.found);
                        all.failed.extend(seen.failed);
                    }
                    Err(error) => all.fail(ids, &error),
                }
            }
            all
        })
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let name = short(&resource.id, "alarm");
            let answer = at.cloudwatch().delete_alarms().alarm_names(name);
            let answer = answer.send().await;
            deleted(
                answer.map_err(failed!("cloudwatch", "DeleteAlarms", name)),
                Deletion::Gone,
            )
        })
    }
}

/// The alarms that exist, by their names, with their states.
async fn states(at: &Clients, ids: &[ResourceId]) -> Result<HashMap<String, String>, CloudError> {
    let names = ids.iter().map(|id| short(id, "alarm").to_owned());
    let pages = at
        .cloudwatch()
        .describe_alarms()
        .set_alarm_names(Some(names.collect()))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm);
    let mut pages = pages.into_paginator().send();
    let mut states = HashMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed!("cloudwatch", "DescribeAlarms"))?;
        let metric = page.metric_alarms().iter();
        let metric = metric.map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        let composite = page.composite_alarms().iter();
        let composite = composite.map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        for (name, state) in metric.chain(composite) {
            if let Some(name) = name {
                let state = state.map_or("", |state| state.as_str());
                states.insert(name.to_owned(), state.to_owned());
            }
        }
    }
    Ok(states)
}

/// An alarm with its tags. When it was last changed is told, when it was created is not.
async fn describe(
    at: &Clients,
    id: &ResourceId,
    states: &HashMap<String, String>,
) -> Result<Resource, CloudError> {
    let name = short(id, "alarm");
    let Some(state) = states.get(name) else {
        let why = "no alarm has this name";
        return Err(absent("cloudwatch", "DescribeAlarms", name, why));
    };
    let tags = at.cloudwatch().list_tags_for_resource();
    let tags = tags.resource_arn(id.as_str()).send().await;
    let tags = tags.map_err(failed!("cloudwatch", "ListTagsForResource", name))?;
    let mut resource = at.resource(id.clone(), NAME);
    let tags = tags.tags().iter().filter_map(|tag| {
        let value = tag.value().unwrap_or_default();
        Some((tag.key()?.to_owned(), value.to_owned()))
    });
    resource.tags = tags.collect();
    resource.state = Some(state.clone()).filter(|state| !state.is_empty());
    resource.standing = Standing::Confirmed;
    resource.unpriced = vec!["alarm".to_owned()];
    Ok(resource)
}
