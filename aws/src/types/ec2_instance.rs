//! Instances.

#[cfg(test)]
mod tests;
mod usage;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, DeviceType, Instance, InstanceAttributeName, InstanceNetworkInterface,
    InstanceNetworkInterfaceAttachment, InstanceState, InstanceStateName, Reservation,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use self::usage::usage;
use super::{Description, Descriptions, ResourceType};
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::metrics::Signal;
use crate::services::ec2::{BATCH, described, managed, named, tags};
use crate::time::timestamp;

pub(super) struct Ec2Instance;

const NAME: &str = "ec2:instance";

/// Bytes a day of traffic in one direction, below which nobody uses an instance: half of the published 5 MB for both
/// together, so that whoever is above that is above this in one of them.
const QUIET_BYTES: f64 = 2_500_000.0;

/// Percent of a processor: below it at its peak nobody uses an instance.
const QUIET_PERCENT: f64 = 5.0;

/// It is charged for so long each time that it begins to run.
const LEAST_TIME: Duration = Duration::from_secs(60);

/// The tag by which AWS says that an instance is a member of a group.
const GROUP: &str = "aws:autoscaling:groupName";

/// The detail under which the request is kept that a Spot instance was lent upon.
const REQUEST: &str = "spot request";

#[async_trait]
impl ResourceType for Ec2Instance {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("i")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    /// A group ends its members in spite of their flag.
    async fn protection(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Option<String>, CloudError> {
        if resource.tags.contains_key(GROUP) {
            return Ok(None);
        }
        protection(clients, &resource.id).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        if let Some(request) = resource.details.get(REQUEST) {
            cancel(clients, request).await?;
        }
        let id = resource_name(&resource.id, "instance");
        let answer = clients
            .ec2()
            .terminate_instances()
            .instance_ids(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "TerminateInstances", id)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        let id = resource_name(&resource.id, "instance");
        let answer = clients.ec2().stop_instances().instance_ids(id).send().await;
        answer.map_err(failed!("ec2", "StopInstances", id))?;
        Ok(())
    }

    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &Value,
    ) -> Result<(), CloudError> {
        if prior.get("state") != Some(&json!(RUNNING)) {
            // It was not running before either.
            return Ok(());
        }
        let id = resource_name(&resource.id, "instance");
        let answer = clients
            .ec2()
            .start_instances()
            .instance_ids(id)
            .send()
            .await;
        answer.map_err(failed!("ec2", "StartInstances", id))?;
        Ok(())
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        if resource.state.as_deref() != Some(RUNNING) {
            return Vec::new();
        }
        let signal = |metric, statistic, threshold| Signal {
            namespace: "AWS/EC2",
            metric,
            statistic,
            dimensions: vec![(
                "InstanceId",
                resource_name(&resource.id, "instance").to_owned(),
            )],
            threshold,
            silence_is_zero: false,
        };
        vec![
            signal("CPUUtilization", "Maximum", QUIET_PERCENT),
            signal("NetworkIn", "Sum", QUIET_BYTES),
            signal("NetworkOut", "Sum", QUIET_BYTES),
        ]
    }
}

const RUNNING: &str = "running";
const STOPPED: &str = "stopped";

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let all = described!(
        clients,
        ids,
        "instance",
        describe_instances,
        "DescribeInstances"
    );
    let instances = all.iter().flat_map(Reservation::instances);
    Ok(instances
        .filter_map(|instance| to_description(clients, instance))
        .collect())
}

fn to_description(clients: &Clients, instance: &Instance) -> Option<Description> {
    let state = instance.state().and_then(InstanceState::name);
    if state == Some(&InstanceStateName::Terminated) {
        return None;
    }
    let id = clients.arn("ec2", &format!("instance/{}", instance.instance_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(instance.tags());
    resource.state = state.map(|state| state.as_str().to_owned());
    resource.created_at = created(instance);
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = uses(clients, instance);
    resource.untouchable = managed(instance.operator());
    (resource.size, resource.stopped) = size(instance, &resource.tags);
    (resource.usage, resource.unpriced) = usage(instance);
    if state == Some(&InstanceStateName::Running) {
        let launched = timestamp(instance.launch_time());
        resource.charged_until = launched.and_then(|time| time.checked_add(LEAST_TIME).ok());
    }
    let request = instance.spot_instance_request_id();
    let request = request.filter(|request| !request.is_empty());
    let request = request.map(|request| (REQUEST.to_owned(), request.to_owned()));
    resource.details.extend(request);
    let owns = named(clients, owned(instance));
    Some(Description { resource, owns })
}

/// Cancels the request that an instance was lent upon: a lasting one would be answered with another instance.
async fn cancel(clients: &Clients, request: &str) -> Result<(), CloudError> {
    let call = clients.ec2().cancel_spot_instance_requests();
    let answer = call.spot_instance_request_ids(request).send().await;
    unless_gone(answer.map_err(failed!("ec2", "CancelSpotInstanceRequests", request)))
}

async fn protection(clients: &Clients, id: &ResourceId) -> Result<Option<String>, CloudError> {
    let id = resource_name(id, "instance");
    let flag = InstanceAttributeName::DisableApiTermination;
    let call = clients.ec2().describe_instance_attribute().instance_id(id);
    let answer = call.attribute(flag).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeInstanceAttribute", id))?;
    let flag = answer
        .disable_api_termination()
        .and_then(AttributeBooleanValue::value);
    Ok((flag == Some(true)).then(|| "DisableApiTermination".to_owned()))
}

/// What it lies in, what it is allowed by, and everything that is attached to it, whether it goes with it or stays.
fn uses(clients: &Clients, instance: &Instance) -> Vec<ResourceId> {
    let groups = instance.security_groups().iter();
    let groups = groups.filter_map(|group| group.group_id());
    let interfaces = || instance.network_interfaces().iter();
    let their_groups = interfaces().flat_map(InstanceNetworkInterface::groups);
    let their_groups = their_groups.filter_map(|group| group.group_id());
    let volumes = instance.block_device_mappings().iter();
    let volumes = volumes.filter_map(|device| device.ebs()?.volume_id());
    let ids = groups
        .chain(instance.subnet_id())
        .chain(interfaces().filter_map(|one| one.network_interface_id()))
        .chain(interfaces().filter_map(|one| one.subnet_id()))
        .chain(their_groups)
        .chain(volumes);
    let mut uses = named(clients, ids);
    let profile = instance.iam_instance_profile();
    if let Some(arn) = profile.and_then(|profile| profile.arn()) {
        uses.push(ResourceId(arn.to_owned()));
    }
    uses
}

/// Volumes and network interfaces that are deleted on termination.
fn owned(instance: &Instance) -> impl Iterator<Item = &str> {
    let volumes = instance.block_device_mappings().iter();
    let volumes = volumes
        .filter_map(|device| device.ebs())
        .filter(|volume| volume.delete_on_termination() == Some(true))
        .filter_map(|volume| volume.volume_id());
    let interfaces = instance.network_interfaces().iter();
    let interfaces = interfaces
        .filter(|interface| {
            let attachment = interface.attachment();
            attachment.and_then(InstanceNetworkInterfaceAttachment::delete_on_termination)
                == Some(true)
        })
        .filter_map(|interface| interface.network_interface_id());
    volumes.chain(interfaces)
}

/// When it was first launched. The time of launch is that of the last start; the root volume and the first network
/// interface have been attached since the first.
fn created(instance: &Instance) -> Option<Timestamp> {
    let root = instance.block_device_mappings().iter();
    let root = root
        .filter(|device| device.device_name() == instance.root_device_name())
        .find_map(|device| timestamp(device.ebs()?.attach_time()));
    let interfaces = instance.network_interfaces().iter();
    let first = interfaces
        .filter_map(|interface| interface.attachment())
        .filter(|attachment| attachment.device_index() == Some(0))
        .find_map(|attachment| timestamp(attachment.attach_time()));
    let launched = timestamp(instance.launch_time());
    [root, first, launched].into_iter().flatten().min()
}

/// What waking restores. A member of a group has no size of its own, the group has; and what has no root volume, or is
/// lent for as long as nobody pays more, cannot be stopped.
fn size(instance: &Instance, tags: &BTreeMap<String, String>) -> (Option<Value>, bool) {
    let volume = instance.root_device_type() == Some(&DeviceType::Ebs);
    if tags.contains_key(GROUP) || !volume || instance.instance_lifecycle().is_some() {
        return (None, false);
    }
    match instance.state().and_then(InstanceState::name) {
        Some(InstanceStateName::Running | InstanceStateName::Pending) => {
            (Some(json!({ "state": RUNNING })), false)
        }
        Some(InstanceStateName::Stopped | InstanceStateName::Stopping) => {
            (Some(json!({ "state": STOPPED })), true)
        }
        _ => (None, false),
    }
}
