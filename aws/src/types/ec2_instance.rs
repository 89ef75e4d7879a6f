//! Instances.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    DeviceType, Instance, InstanceAttributeName, InstanceLifecycleType, InstanceNetworkInterface,
    InstanceNetworkInterfaceAttachment, InstanceState, InstanceStateName, InstanceType, Reservation,
    Tenancy,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing, Usage};

use super::{Seen, Sighting, Type};
use crate::activity::Signal;
use crate::arn::{Arn, short};
use crate::batch::batches;
use crate::clients::Clients;
use crate::ec2::{BATCH, described, managed, named, tags};
use crate::error::{failed, gone_is_done};
use crate::prices::hourly;
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "ec2:instance";

/// Bytes a day of traffic in one direction, below which nobody uses an instance: half of the published 5 MB for both
/// together, so that whoever is above that is above this in one of them.
const QUIET_BYTES: f64 = 2_500_000.0;

/// Percent of a processor: below it at its peak nobody uses an instance.
const QUIET_PERCENT: f64 = 5.0;

/// The tag by which AWS says that an instance is a member of a group.
const GROUP: &str = "aws:autoscaling:groupName";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        arn.is("ec2", "instance")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    /// A group ends its members in spite of their flag.
    fn protection<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
    ) -> Option<Soon<'a, Result<Option<String>, CloudError>>> {
        let member = resource.tags.contains_key(GROUP);
        (!member).then(|| -> Soon<'a, _> { Box::pin(protection(at, &resource.id)) })
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "instance");
            let answer = at.ec2().terminate_instances().instance_ids(id).send().await;
            match answer.map_err(failed!("ec2", "TerminateInstances", id)) {
                Ok(_) => Ok(Deletion::Begun),
                Err(error) => gone_is_done(error),
            }
        })
    }

    fn stop<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
    ) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "instance");
            let answer = at.ec2().stop_instances().instance_ids(id).send().await;
            answer.map_err(failed!("ec2", "StopInstances", id))?;
            Ok(())
        })
    }

    fn start<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            if prior.get("state") != Some(&json!(RUNNING)) {
                // It was not running before either.
                return Ok(());
            }
            let id = short(&resource.id, "instance");
            let answer = at.ec2().start_instances().instance_ids(id).send().await;
            answer.map_err(failed!("ec2", "StartInstances", id))?;
            Ok(())
        })
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        if resource.state.as_deref() != Some(RUNNING) {
            return Vec::new();
        }
        let signal = |metric, statistic, threshold| Signal {
            namespace: "AWS/EC2",
            metric,
            statistic,
            dimensions: vec![("InstanceId", short(&resource.id, "instance").to_owned())],
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

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = described!(at, ids, "instance", describe_instances, "DescribeInstances");
    let instances = all.iter().flat_map(Reservation::instances);
    Ok(instances.filter_map(|instance| seen(at, instance)).collect())
}

fn seen(at: &Clients, instance: &Instance) -> Option<Sighting> {
    let state = instance.state().and_then(InstanceState::name);
    if state == Some(&InstanceStateName::Terminated) {
        return None;
    }
    let id = at.id("ec2", &format!("instance/{}", instance.instance_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(instance.tags());
    resource.state = state.map(|state| state.as_str().to_owned());
    resource.created_at = created(instance);
    resource.standing = Standing::Confirmed;
    resource.uses = uses(at, instance);
    resource.untouchable = managed(instance.operator());
    (resource.size, resource.stopped) = size(instance, &resource.tags);
    (resource.usage, resource.unpriced) = usage(instance);
    let owns = named(at, owned(instance));
    Some(Sighting { resource, owns })
}

async fn protection(at: &Clients, id: &ResourceId) -> Result<Option<String>, CloudError> {
    let id = short(id, "instance");
    let flag = InstanceAttributeName::DisableApiTermination;
    let call = at.ec2().describe_instance_attribute().instance_id(id);
    let answer = call.attribute(flag).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeInstanceAttribute", id))?;
    let flag = answer.disable_api_termination().and_then(|flag| flag.value());
    Ok((flag == Some(true)).then(|| "DisableApiTermination".to_owned()))
}

/// What it lies in, what it is allowed by, and everything that is attached to it, whether it goes with it or stays.
fn uses(at: &Clients, instance: &Instance) -> Vec<ResourceId> {
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
    let mut uses = named(at, ids);
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
            attachment.and_then(InstanceNetworkInterfaceAttachment::delete_on_termination) == Some(true)
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

/// What it costs, and what of that no list price says. It is billed while it runs: not while it is pending, and not while
/// it is stopped; an address that AWS lent it is billed as long as it has it.
fn usage(instance: &Instance) -> (Vec<Usage>, Vec<String>) {
    let mut usage = Vec::new();
    let mut unpriced = Vec::new();
    let state = instance.state().and_then(InstanceState::name);
    let kind = instance.instance_type().map(InstanceType::as_str);
    if let (Some(InstanceStateName::Running), Some(kind)) = (state, kind) {
        match beyond_the_list(instance) {
            Some(why) => unpriced.push(why),
            None => usage.push(hourly(&format!("ec2:{kind}"), Decimal::ONE)),
        }
        if kind.starts_with('t') {
            unpriced.push("CPU credits".to_owned());
        }
        if !instance.product_codes().is_empty() {
            unpriced.push("software of the marketplace".to_owned());
        }
        unpriced.push("traffic".to_owned());
    }
    let lent: usize = instance.network_interfaces().iter().map(lent).sum();
    if lent > 0 {
        usage.push(hourly("vpc:public-ipv4", Decimal::from(lent)));
    }
    (usage, unpriced)
}

/// Why the price of Linux on demand is not its price.
fn beyond_the_list(instance: &Instance) -> Option<String> {
    match instance.instance_lifecycle() {
        Some(InstanceLifecycleType::Spot) => return Some("a spot price".to_owned()),
        Some(other) => return Some(format!("a {other} price")),
        None => {}
    }
    if instance.platform().is_some() {
        return Some("Windows".to_owned());
    }
    let platform = instance.platform_details();
    if let Some(platform) = platform.filter(|platform| *platform != "Linux/UNIX") {
        return Some(platform.to_owned());
    }
    let tenancy = instance.placement().and_then(|placement| placement.tenancy());
    let shared = matches!(tenancy, None | Some(Tenancy::Default));
    (!shared).then(|| "dedicated tenancy".to_owned())
}

/// Public addresses that AWS lent it for as long as it runs: an Elastic IP belongs to the account, and is counted as such.
fn lent(interface: &InstanceNetworkInterface) -> usize {
    let associations = interface.private_ip_addresses().iter();
    let associations = associations.filter_map(|address| address.association());
    associations
        .filter(|association| association.ip_owner_id() == Some("amazon"))
        .filter(|association| association.public_ip().is_some())
        .count()
}

#[cfg(test)]
mod tests;
