use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::builders::InstanceBuilder;
use aws_sdk_ec2::types::{
    EbsInstanceBlockDevice, GroupIdentifier, IamInstanceProfile, InstanceBlockDeviceMapping,
    InstanceLifecycleType, InstanceNetworkInterfaceAssociation, InstancePrivateIpAddress,
    InstanceType, OperatorResponse, Placement, PlatformValues, StateReason, Tag, Tenancy,
};

use super::*;
use crate::client::loopback::Loopback;
use crate::services::ec2::testing::resource_parts;

fn instance(state: InstanceStateName) -> InstanceBuilder {
    Instance::builder()
        .instance_id("i-1")
        .instance_type(InstanceType::T3Micro)
        .root_device_type(DeviceType::Ebs)
        .platform_details("Linux/UNIX")
        .state(InstanceState::builder().name(state).build())
}

fn running() -> InstanceBuilder {
    instance(InstanceStateName::Running)
}

fn meters(instance: InstanceBuilder) -> Vec<String> {
    let (usage, unpriced) = usage(&instance.build(), &BTreeSet::new());
    let usage = usage.into_iter();
    let usage = usage.map(|usage| format!("{} {}", usage.meter, usage.quantity));
    usage.chain(unpriced).collect()
}

/// Only a running instance is billed; a terminated one does not exist.
#[test]
fn only_running_instances_are_billed() {
    use InstanceStateName::{Pending, ShuttingDown, Stopped, Stopping, Terminated};
    assert_eq!(
        meters(running()),
        ["ec2:t3.micro 1", "CPU credits", "traffic"]
    );
    for state in [Pending, Stopping, Stopped, ShuttingDown] {
        assert_eq!(meters(instance(state.clone())), [""; 0], "{state}");
        assert!(
            to_description(
                &Clients::for_tests(),
                &instance(state).build(),
                &BTreeSet::new()
            )
            .is_some()
        );
    }
    assert!(
        to_description(
            &Clients::for_tests(),
            &instance(Terminated).build(),
            &BTreeSet::new()
        )
        .is_none()
    );
}

/// A hibernating instance is billed until it has stopped; one of an unknown type is not free.
#[test]
fn hibernating_is_billed() {
    let reason = StateReason::builder().code("Client.UserInitiatedHibernate");
    let stopping = instance(InstanceStateName::Stopping);
    let hibernating = stopping.clone().state_reason(reason.build());
    assert_eq!(meters(hibernating)[0], "ec2:t3.micro 1");
    let reason = StateReason::builder().code("Client.UserInitiatedShutdown");
    assert_eq!(meters(stopping.state_reason(reason.build())), [""; 0]);
    let unknown = running().set_instance_type(None);
    assert_eq!(meters(unknown)[0], "an unknown instance type");
    let accelerator = running().instance_type(InstanceType::from("trn1.2xlarge"));
    assert_eq!(meters(accelerator), ["ec2:trn1.2xlarge 1", "traffic"]);
}

/// A Spot or Windows instance never has the price of Linux on demand.
#[test]
fn other_prices_are_unknown() {
    let spot = running().instance_lifecycle(InstanceLifecycleType::Spot);
    assert_eq!(meters(spot)[0], "a spot price");
    let windows = running().platform(PlatformValues::Windows);
    assert_eq!(meters(windows)[0], "Windows");
    let red_hat = running().platform_details("Red Hat Enterprise Linux");
    assert_eq!(meters(red_hat)[0], "Red Hat Enterprise Linux");
    let placement = Placement::builder().tenancy(Tenancy::Dedicated).build();
    assert_eq!(
        meters(running().placement(placement))[0],
        "dedicated tenancy"
    );
}

/// An address that AWS assigned counts. An Elastic IP does not: it is a resource of its own.
#[test]
fn counts_only_assigned_addresses() {
    let interface = |owner: &str| {
        let association = InstanceNetworkInterfaceAssociation::builder()
            .ip_owner_id(owner)
            .public_ip("198.51.100.1");
        let address = InstancePrivateIpAddress::builder().association(association.build());
        let interface = InstanceNetworkInterface::builder();
        interface.private_ip_addresses(address.build()).build()
    };
    let addressed = running()
        .network_interfaces(interface("amazon"))
        .network_interfaces(interface("123456789012"));
    assert_eq!(meters(addressed)[1], "vpc:public-ipv4 1");
}

/// An address that seems to belong to the account counts unless an Elastic IP has it. If that
/// cannot be read, it does not count.
#[tokio::test]
async fn an_address_without_elastic_ip_counts() {
    let interface = |address: &str| {
        let association = InstanceNetworkInterfaceAssociation::builder()
            .ip_owner_id("123456789012")
            .public_ip(address);
        let private = InstancePrivateIpAddress::builder().association(association.build());
        let interface = InstanceNetworkInterface::builder();
        interface.private_ip_addresses(private.build()).build()
    };
    let instance = running()
        .network_interfaces(interface("198.51.100.1"))
        .network_interfaces(interface("198.51.100.2"))
        .build();
    let elastic = "<DescribeAddressesResponse><addressesSet><item>\
        <publicIp>198.51.100.1</publicIp><allocationId>eipalloc-1</allocationId></item>\
        </addressesSet></DescribeAddressesResponse>";
    let service = Loopback::new(move |_| (200, "text/xml", elastic.to_owned())).await;
    let assigned = assigned_addresses(&service.clients, &[&instance]).await;
    assert_eq!(assigned, BTreeSet::from(["198.51.100.2".to_owned()]));
    let found = to_description(&service.clients, &instance, &assigned).unwrap();
    let public = found
        .resource
        .usage
        .iter()
        .find(|usage| usage.meter == "vpc:public-ipv4");
    assert_eq!(public.unwrap().quantity, 1.into());
    let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code>\
        <Message>no</Message></Error></Errors></Response>";
    let service = Loopback::new(move |_| (403, "text/xml", denied.to_owned())).await;
    let assigned = assigned_addresses(&service.clients, &[&instance]).await;
    assert!(assigned.is_empty());
}

fn volume(device: &str, id: &str, deleted: bool, attached: i64) -> InstanceBlockDeviceMapping {
    let ebs = EbsInstanceBlockDevice::builder()
        .volume_id(id)
        .delete_on_termination(deleted)
        .attach_time(DateTime::from_secs(attached));
    let mapping = InstanceBlockDeviceMapping::builder();
    mapping.device_name(device).ebs(ebs.build()).build()
}

/// What is attached to an instance is deleted after it. It owns only what EC2 deletes with it, and
/// nothing else in its subnet. Its age is that of the attachment of the root volume.
#[test]
fn owns_what_is_deleted_on_termination() {
    let attachment = InstanceNetworkInterfaceAttachment::builder()
        .device_index(0)
        .delete_on_termination(true)
        .attach_time(DateTime::from_secs(1_000));
    let interface = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .subnet_id("subnet-1")
        .attachment(attachment.build())
        .groups(GroupIdentifier::builder().group_id("sg-2").build());
    let profile = "arn:aws:iam::123456789012:instance-profile/web";
    let profile = IamInstanceProfile::builder().arn(profile);
    let instance_builder = running()
        .subnet_id("subnet-1")
        .root_device_name("/dev/xvda")
        .launch_time(DateTime::from_secs(9_000))
        .iam_instance_profile(profile.build())
        .security_groups(GroupIdentifier::builder().group_id("sg-1").build())
        .network_interfaces(interface.build())
        .block_device_mappings(volume("/dev/xvda", "vol-1", true, 900))
        .block_device_mappings(volume("/dev/sdf", "vol-2", false, 500));
    let Description { resource, owns } = to_description(
        &Clients::for_tests(),
        &instance_builder.build(),
        &BTreeSet::new(),
    )
    .unwrap();
    let uses = [
        "network-interface/eni-1",
        "security-group/sg-1",
        "security-group/sg-2",
        "subnet/subnet-1",
        "volume/vol-1",
        "volume/vol-2",
        "instance-profile/web",
    ];
    assert_eq!(resource_parts(&resource.uses), uses);
    assert_eq!(
        resource_parts(&owns),
        ["network-interface/eni-1", "volume/vol-1"]
    );
    let first = Timestamp::from_second(900).unwrap();
    assert_eq!(resource.created_at, Some(first));
    // AWS charges from the last start.
    let minute = Timestamp::from_second(9_060).unwrap();
    assert_eq!(resource.charged_until, Some(minute));
    let stopped = instance(InstanceStateName::Stopped).launch_time(DateTime::from_secs(9_000));
    let stopped = to_description(&Clients::for_tests(), &stopped.build(), &BTreeSet::new())
        .unwrap()
        .resource;
    assert_eq!(stopped.charged_until, None);
}

/// A member of a group, and an instance that cannot be stopped, have no size. An instance that a
/// service manages must not be touched.
#[test]
fn only_stoppable_instances_have_a_size() {
    let describe = |builder: InstanceBuilder| {
        to_description(&Clients::for_tests(), &builder.build(), &BTreeSet::new())
            .unwrap()
            .resource
    };
    assert_eq!(
        describe(running()).size,
        Some(json!({ "state": "running" }))
    );
    let stopped = describe(instance(InstanceStateName::Stopped));
    assert_eq!(stopped.size, Some(json!({ "state": "stopped" })));
    assert!(stopped.stopped);
    let tag = Tag::builder().key(AUTO_SCALING_GROUP).value("web").build();
    assert_eq!(describe(running().tags(tag)).size, None);
    let local = running().root_device_type(DeviceType::InstanceStore);
    assert_eq!(describe(local).size, None);
    let operator = OperatorResponse::builder()
        .managed(true)
        .principal("eks.amazonaws.com")
        .build();
    let managed = describe(running().operator(operator)).untouchable;
    assert_eq!(
        managed.as_deref(),
        Some("it is managed by eks.amazonaws.com")
    );
}

/// The Spot request is kept, because it has to be cancelled before the instance is terminated.
#[test]
fn keeps_the_spot_request() {
    let spot = running().spot_instance_request_id("sir-1").build();
    let details = to_description(&Clients::for_tests(), &spot, &BTreeSet::new())
        .unwrap()
        .resource
        .details;
    assert_eq!(details.get(SPOT_REQUEST).map(String::as_str), Some("sir-1"));
    // EC2 returns an empty text if there is none.
    let plain = running().spot_instance_request_id("").build();
    assert!(
        to_description(&Clients::for_tests(), &plain, &BTreeSet::new())
            .unwrap()
            .resource
            .details
            .is_empty()
    );
}
