//! EC2 instances.

#[cfg(test)]
mod tests;
mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, DeviceType, Filter, Instance, InstanceAttributeName,
    InstanceNetworkInterface, InstanceNetworkInterfaceAttachment, InstanceState, InstanceStateName,
    Reservation,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use self::usage::{AMAZON, public_addresses, usage};
use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::governance::set_public;
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, service_managed_reason, tags};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct Ec2Instance;

const NAME: &str = "ec2:instance";

/// Network traffic in bytes a day, in one direction. Compute Optimizer's limit is 5 MB for both
/// directions together, so an instance above it exceeds half of it in at least one direction.
const QUIET_BYTES: f64 = 2_500_000.0;

/// CPU use in percent. An instance whose maximum is below it is idle.
const QUIET_PERCENT: f64 = 5.0;

/// AWS charges for at least this time after each start.
const MIN_CHARGED_TIME: Duration = Duration::from_secs(60);

/// The tag that AWS puts on a member of an Auto Scaling group.
const AUTO_SCALING_GROUP: &str = "aws:autoscaling:groupName";

/// The detail with the id of the Spot request.
const SPOT_REQUEST: &str = "spot request";

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

    /// An Auto Scaling group terminates its members in spite of the flag.
    async fn protection(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Option<String>, CloudError> {
        if resource.tags.contains_key(AUTO_SCALING_GROUP) {
            return Ok(None);
        }
        protection(clients, &resource.id).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        if let Some(request) = resource.details.get(SPOT_REQUEST) {
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
            // It was not running before the sleep either.
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
    let instances: Vec<&Instance> = all.iter().flat_map(Reservation::instances).collect();
    let assigned = assigned_addresses(clients, &instances).await;
    Ok(instances
        .into_iter()
        .filter_map(|instance| to_description(clients, instance, &assigned))
        .collect())
}

/// The public addresses that AWS assigned although they seem to belong to the account: no Elastic
/// IP has them. Makes a call only if there are such addresses. If it fails, they count as Elastic
/// IPs.
async fn assigned_addresses(clients: &Clients, instances: &[&Instance]) -> BTreeSet<String> {
    let interfaces = instances.iter().flat_map(|one| one.network_interfaces());
    let of_account = interfaces
        .flat_map(public_addresses)
        .filter(|(owner, _)| *owner != Some(AMAZON));
    let mut assigned: BTreeSet<String> =
        of_account.map(|(_, address)| address.to_owned()).collect();
    let all: Vec<String> = assigned.iter().cloned().collect();
    for batch in all.chunks(BATCH) {
        let filter = Filter::builder()
            .name("public-ip")
            .set_values(Some(batch.to_vec()));
        let call = clients.ec2().describe_addresses().filters(filter.build());
        let Ok(answer) = call
            .send()
            .await
            .map_err(failed!("ec2", "DescribeAddresses"))
        else {
            return BTreeSet::new();
        };
        let elastic = answer.addresses().iter();
        for address in elastic.filter_map(|address| address.public_ip()) {
            assigned.remove(address);
        }
    }
    assigned
}

fn to_description(
    clients: &Clients,
    instance: &Instance,
    assigned: &BTreeSet<String>,
) -> Option<Description> {
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
    resource.untouchable = service_managed_reason(instance.operator());
    let address = instance.public_ip_address();
    let open = address.map(|address| format!("it has the public address {address}"));
    set_public(&mut resource, Vec::from_iter(open));
    (resource.size, resource.stopped) = size(instance, &resource.tags);
    (resource.usage, resource.unpriced) = usage(instance, assigned);
    if state == Some(&InstanceStateName::Running) {
        let launched = timestamp(instance.launch_time());
        resource.charged_until = launched.and_then(|time| time.checked_add(MIN_CHARGED_TIME).ok());
    }
    let request = instance.spot_instance_request_id();
    let request = request.filter(|request| !request.is_empty());
    let request = request.map(|request| (SPOT_REQUEST.to_owned(), request.to_owned()));
    resource.details.extend(request);
    let owns = ec2_arns(clients, owned(instance));
    Some(Description { resource, owns })
}

/// Cancels the Spot request. A persistent request would launch another instance.
async fn cancel(clients: &Clients, request: &str) -> Result<(), CloudError> {
    let answer = clients
        .ec2()
        .cancel_spot_instance_requests()
        .spot_instance_request_ids(request)
        .send()
        .await;
    unless_gone(answer.map_err(failed!("ec2", "CancelSpotInstanceRequests", request)))
}

async fn protection(clients: &Clients, id: &ResourceId) -> Result<Option<String>, CloudError> {
    let id = resource_name(id, "instance");
    let flag = InstanceAttributeName::DisableApiTermination;
    let answer = clients
        .ec2()
        .describe_instance_attribute()
        .instance_id(id)
        .attribute(flag)
        .send()
        .await
        .map_err(failed!("ec2", "DescribeInstanceAttribute", id))?;
    let flag = answer
        .disable_api_termination()
        .and_then(AttributeBooleanValue::value);
    Ok((flag == Some(true)).then(|| "DisableApiTermination".to_owned()))
}

/// Its network, security groups and profile, and everything attached to it, whether it is deleted
/// with the instance or not.
fn uses(clients: &Clients, instance: &Instance) -> Vec<ResourceId> {
    let groups = instance
        .security_groups()
        .iter()
        .filter_map(|group| group.group_id());
    let interfaces = || instance.network_interfaces().iter();
    let their_groups = interfaces()
        .flat_map(InstanceNetworkInterface::groups)
        .filter_map(|group| group.group_id());
    let volumes = instance
        .block_device_mappings()
        .iter()
        .filter_map(|device| device.ebs()?.volume_id());
    let ids = groups
        .chain(instance.subnet_id())
        .chain(interfaces().filter_map(|interface| interface.network_interface_id()))
        .chain(interfaces().filter_map(|interface| interface.subnet_id()))
        .chain(their_groups)
        .chain(volumes);
    let mut uses = ec2_arns(clients, ids);
    let profile = instance.iam_instance_profile();
    if let Some(arn) = profile.and_then(|profile| profile.arn()) {
        uses.push(ResourceId(arn.to_owned()));
    }
    uses
}

/// The volumes and network interfaces that are deleted on termination.
fn owned(instance: &Instance) -> impl Iterator<Item = &str> {
    let volumes = instance
        .block_device_mappings()
        .iter()
        .filter_map(|device| device.ebs())
        .filter(|volume| volume.delete_on_termination() == Some(true))
        .filter_map(|volume| volume.volume_id());
    let interfaces = instance
        .network_interfaces()
        .iter()
        .filter(|interface| {
            let attachment = interface.attachment();
            attachment.and_then(InstanceNetworkInterfaceAttachment::delete_on_termination)
                == Some(true)
        })
        .filter_map(|interface| interface.network_interface_id());
    volumes.chain(interfaces)
}

/// When it was first launched. The launch time that EC2 reports is that of the last start, but the
/// root volume and the first network interface have been attached since the first.
fn created(instance: &Instance) -> Option<Timestamp> {
    let root = instance
        .block_device_mappings()
        .iter()
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

/// What a wake restores. A member of a group has no size of its own; the group has. An instance
/// without an EBS root volume, and a Spot instance, cannot be stopped.
fn size(instance: &Instance, tags: &BTreeMap<String, String>) -> (Option<Value>, bool) {
    let has_ebs_root = instance.root_device_type() == Some(&DeviceType::Ebs);
    if tags.contains_key(AUTO_SCALING_GROUP)
        || !has_ebs_root
        || instance.instance_lifecycle().is_some()
    {
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
