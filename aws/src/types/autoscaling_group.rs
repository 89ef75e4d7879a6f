//! Auto Scaling groups. The tagging API never lists them.

mod not_ready;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, DeletionProtection, Filter, LaunchTemplate, LaunchTemplateSpecification,
    ScheduledUpdateGroupAction,
};
use serde_json::{Value, json};
use stack::cloud::{
    AutomaticStart, CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion,
    DiscoveryScope, Resource, ResourceId,
};
use stack::values::tags::STACK;

use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, Listing, ResourceType};
use crate::saved_size::{number, refused};
use crate::signal::Signal;
use crate::tags;
use crate::time::timestamp;

pub(super) struct AutoscalingGroup;

const NAME: &str = "autoscaling:autoScalingGroup";

/// Names in one call: as many as one page of the answer holds.
const BATCH: usize = 50;

/// Network traffic in bytes a day. Below it, Compute Optimizer calls an instance idle.
const QUIET_BYTES: f64 = 5_000_000.0;
/// CPU use in percent. Below it, Compute Optimizer calls an instance idle.
const QUIET_CPU: f64 = 5.0;

/// Scaling processes that a group needs to scale to zero and back.
const SCALING_PROCESSES: [&str; 2] = ["Launch", "Terminate"];
/// The details that prevent a sleep.
const SUSPENDED: &str = "suspended";
const PROTECTED_MEMBERS: &str = "protected_from_scale_in";

#[async_trait]
impl ResourceType for AutoscalingGroup {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        let filter = match scope {
            DiscoveryScope::All => Filter::builder().name("tag-key").values(STACK),
            DiscoveryScope::Stack(name) => Filter::builder()
                .name(format!("tag:{STACK}"))
                .values(name.as_str()),
        };
        let mut pages = clients
            .autoscaling()
            .describe_auto_scaling_groups()
            .filters(filter.build())
            .max_records(100)
            .into_paginator()
            .items()
            .send();
        let mut listed = Listing::default();
        while let Some(group) = pages.next().await {
            let group = group.map_err(failed!("autoscaling", "DescribeAutoScalingGroups"))?;
            if let Some(description) = described(clients, &group).await {
                listed.ids.push(description.resource.id.clone());
                listed.described.push(description);
            }
        }
        Ok(listed)
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = group_name(&resource.id);
        let answer = clients
            .autoscaling()
            .delete_auto_scaling_group()
            .auto_scaling_group_name(name)
            .force_delete(true)
            .send()
            .await;
        deleted(
            answer
                .map_err(failed!("autoscaling", "DeleteAutoScalingGroup", name))
                .map_err(missing_as_gone),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        if let Some(why) = cannot_sleep(resource) {
            return Err(refused(
                "autoscaling",
                "UpdateAutoScalingGroup",
                resource,
                why,
            ));
        }
        resize(clients, resource, [0, 0, 0]).await
    }

    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &Value,
    ) -> Result<(), CloudError> {
        let saved = |key| number(prior, key, resource);
        resize(
            clients,
            resource,
            [saved("min")?, saved("max")?, saved("desired")?],
        )
        .await
    }

    /// Its scheduled actions that set a size above zero. A scheduled action sets the size of a
    /// group whatever its size was before.
    async fn automatic_starts(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<AutomaticStart>, CloudError> {
        let name = group_name(&resource.id);
        let mut pages = clients
            .autoscaling()
            .describe_scheduled_actions()
            .auto_scaling_group_name(name)
            .into_paginator()
            .items()
            .send();
        let mut starts = Vec::new();
        while let Some(action) = pages.next().await {
            let action =
                action.map_err(failed!("autoscaling", "DescribeScheduledActions", name))?;
            starts.extend(scheduled_start(resource, &action));
        }
        Ok(starts)
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        if resource.stopped {
            return Vec::new();
        }
        let signal = |metric, statistic, threshold| Signal {
            namespace: "AWS/EC2",
            metric,
            statistic,
            dimensions: vec![("AutoScalingGroupName", group_name(&resource.id).to_owned())],
            threshold,
            silence_is_zero: false,
        };
        vec![
            signal("CPUUtilization", "Maximum", QUIET_CPU),
            signal("NetworkIn", "Sum", QUIET_BYTES),
            signal("NetworkOut", "Sum", QUIET_BYTES),
        ]
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let names = ids.iter().map(|id| group_name(id).to_owned());
    by_name(clients, names.collect()).await
}

/// Describes groups by name. Leaves out those that do not exist.
pub(super) async fn by_name(
    clients: &Clients,
    names: Vec<String>,
) -> Result<Vec<Description>, CloudError> {
    let mut pages = clients
        .autoscaling()
        .describe_auto_scaling_groups()
        .set_auto_scaling_group_names(Some(names))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(group) = pages.next().await {
        let group = group.map_err(failed!("autoscaling", "DescribeAutoScalingGroups"))?;
        found.extend(described(clients, &group).await);
    }
    Ok(found)
}

/// A group as described, and why it has fewer instances than it wants.
async fn described(clients: &Clients, group: &AutoScalingGroup) -> Option<Description> {
    let mut description = to_description(clients, group)?;
    description.resource.not_ready = not_ready::cause(clients, group).await;
    Some(description)
}

/// The name in `autoScalingGroup:UUID:autoScalingGroupName/NAME`.
fn group_name(id: &ResourceId) -> &str {
    let name = id.as_str().split_once(":autoScalingGroupName/");
    name.map_or(id.as_str(), |(_, name)| name)
}

fn to_description(clients: &Clients, group: &AutoScalingGroup) -> Option<Description> {
    let id = ResourceId(group.auto_scaling_group_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags::map(group.tags().iter().map(|tag| (tag.key(), tag.value())));
    // A group has a status only while it is being deleted.
    resource.state = group.status().map(str::to_owned);
    resource.created_at = timestamp(group.created_time());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = uses(clients, group);
    resource.recreates = true;
    resource.protection = match group.deletion_protection() {
        None | Some(DeletionProtection::None) => None,
        Some(_) => Some("DeletionProtection".to_owned()),
    };
    let size = [
        group.min_size()?,
        group.max_size()?,
        group.desired_capacity()?,
    ];
    // EKS stops and starts a group that belongs to a node group.
    if !resource.tags.contains_key("eks:nodegroup-name") {
        let [min, max, desired] = size;
        resource.size = Some(json!({ "min": min, "max": max, "desired": desired }));
        resource.stopped = size == [0, 0, 0];
    }
    let suspended: Vec<_> = group
        .suspended_processes()
        .iter()
        .filter_map(|process| process.process_name())
        .collect();
    if !suspended.is_empty() {
        let details = &mut resource.details;
        details.insert(SUSPENDED.to_owned(), suspended.join(","));
    }
    let members = group.instances();
    let protected = members
        .iter()
        .filter(|member| member.protected_from_scale_in() == Some(true))
        .count();
    if protected > 0 {
        let details = &mut resource.details;
        details.insert(PROTECTED_MEMBERS.to_owned(), protected.to_string());
    }
    let members = members.iter().filter_map(|member| member.instance_id());
    let owns = members.map(|id| clients.arn("ec2", &format!("instance/{id}")));
    Some(Description {
        resource,
        owns: owns.collect(),
    })
}

/// Its launch templates, subnets, target groups and classic load balancers.
fn uses(clients: &Clients, group: &AutoScalingGroup) -> Vec<ResourceId> {
    let mixed = group
        .mixed_instances_policy()
        .and_then(|policy| policy.launch_template());
    let overrides = mixed.map(LaunchTemplate::overrides).unwrap_or_default();
    let templates = group
        .launch_template()
        .into_iter()
        .chain(mixed.and_then(|template| template.launch_template_specification()))
        .chain(
            overrides
                .iter()
                .filter_map(|item| item.launch_template_specification()),
        )
        .filter_map(LaunchTemplateSpecification::launch_template_id)
        .map(|id| clients.arn("ec2", &format!("launch-template/{id}")));
    let subnets = group
        .vpc_zone_identifier()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let sources = group
        .traffic_sources()
        .iter()
        .filter_map(|source| source.identifier());
    let targets = group
        .target_group_arns()
        .iter()
        .map(String::as_str)
        .chain(sources.filter(|id| id.starts_with("arn:")));
    let balancers = group.load_balancer_names().iter();
    let balancers =
        balancers.map(|name| clients.arn("elasticloadbalancing", &format!("loadbalancer/{name}")));
    let mut uses: Vec<_> = templates
        .chain(subnets)
        .chain(targets.map(|arn| ResourceId(arn.to_owned())))
        .chain(balancers)
        .collect();
    uses.sort();
    uses.dedup();
    uses
}

/// The start by a scheduled action; `None` if it starts nothing.
fn scheduled_start(
    resource: &Resource,
    action: &ScheduledUpdateGroupAction,
) -> Option<AutomaticStart> {
    let sizes = [action.min_size(), action.desired_capacity()];
    let starts = sizes.into_iter().flatten().any(|size| size > 0);
    let name = action.scheduled_action_name().unwrap_or("without a name");
    let recurrence = action.recurrence().map(|rule| format!(" ({rule})"));
    starts.then(|| AutomaticStart {
        id: resource.id.clone(),
        by: format!(
            "the scheduled action {name}{}",
            recurrence.unwrap_or_default()
        ),
        // For a recurring action, this is its next time.
        at: timestamp(action.start_time()),
        schedule: None,
        resizes: false,
    })
}

/// Why a group would not scale to zero, or would not come back.
fn cannot_sleep(resource: &Resource) -> Option<String> {
    let suspended = resource.details.get(SUSPENDED);
    let suspended = suspended.map(String::as_str).unwrap_or_default();
    let process = SCALING_PROCESSES
        .iter()
        .find(|process| suspended.split(',').any(|name| name == **process));
    if let Some(process) = process {
        return Some(format!(
            "its process {process} is suspended, so its instances would not stop or start again: \
             resume it first"
        ));
    }
    let members = resource.details.get(PROTECTED_MEMBERS)?;
    Some(format!(
        "{members} of its instances are protected from scale-in and would not stop: remove the \
         protection first"
    ))
}

async fn resize(clients: &Clients, resource: &Resource, size: [i32; 3]) -> Result<(), CloudError> {
    let name = group_name(&resource.id);
    let [min, max, desired] = size;
    let answer = clients
        .autoscaling()
        .update_auto_scaling_group()
        .auto_scaling_group_name(name)
        .min_size(min)
        .max_size(max)
        .desired_capacity(desired)
        .send()
        .await
        .map_err(failed!("autoscaling", "UpdateAutoScalingGroup", name));
    answer.map(|_| ()).map_err(missing_as_gone)
}

/// The service reports a missing group with the code of any invalid request.
fn missing_as_gone(error: CloudError) -> CloudError {
    let missing = error.code.as_deref() == Some("ValidationError")
        && error.message.contains("name not found");
    let kind = if missing {
        CloudErrorKind::Gone
    } else {
        error.kind
    };
    CloudError { kind, ..error }
}
