use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::builders::InstanceBuilder;
use aws_sdk_ec2::types::{
    EbsInstanceBlockDevice, GroupIdentifier, IamInstanceProfile, InstanceBlockDeviceMapping,
    InstanceLifecycleType, InstanceNetworkInterfaceAssociation, InstancePrivateIpAddress,
    InstanceType, OperatorResponse, Placement, PlatformValues, StateReason, Tag, Tenancy,
};

use super::*;
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
    let (usage, unpriced) = usage(&instance.build());
    let usage = usage.into_iter();
    let usage = usage.map(|usage| format!("{} {}", usage.meter, usage.quantity));
    usage.chain(unpriced).collect()
}

/// Only what runs is billed: what is pending, stopped or on its way out is not, and a terminated one is a ghost.
#[test]
fn only_what_runs_is_billed() {
    use InstanceStateName::{Pending, ShuttingDown, Stopped, Stopping, Terminated};
    assert_eq!(
        meters(running()),
        ["ec2:t3.micro 1", "CPU credits", "traffic"]
    );
    for state in [Pending, Stopping, Stopped, ShuttingDown] {
        assert_eq!(meters(instance(state.clone())), [""; 0], "{state}");
        assert!(to_description(&Clients::for_tests(), &instance(state).build()).is_some());
    }
    assert!(to_description(&Clients::for_tests(), &instance(Terminated).build()).is_none());
}

/// One that writes its memory down before it stops is billed until it has; one whose type is not told is not free.
#[test]
fn hibernating_is_billed() {
    let reason = StateReason::builder().code("Client.UserInitiatedHibernate");
    let stopping = instance(InstanceStateName::Stopping);
    let hibernating = stopping.clone().state_reason(reason.build());
    assert_eq!(meters(hibernating)[0], "ec2:t3.micro 1");
    let reason = StateReason::builder().code("Client.UserInitiatedShutdown");
    assert_eq!(meters(stopping.state_reason(reason.build())), [""; 0]);
    let unknown = running().set_instance_type(None);
    assert_eq!(meters(unknown)[0], "ec2:an unknown type 1");
    let accelerator = running().instance_type(InstanceType::from("trn1.2xlarge"));
    assert_eq!(meters(accelerator), ["ec2:trn1.2xlarge 1", "traffic"]);
}

/// A Spot or Windows machine is never shown at the price of Linux on demand.
#[test]
fn another_price_is_not_known() {
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

/// An address that AWS lent is counted, an Elastic IP is not: it is a resource of its own.
#[test]
fn only_lent_addresses_are_counted() {
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

fn volume(device: &str, id: &str, deleted: bool, attached: i64) -> InstanceBlockDeviceMapping {
    let ebs = EbsInstanceBlockDevice::builder()
        .volume_id(id)
        .delete_on_termination(deleted)
        .attach_time(DateTime::from_secs(attached));
    let mapping = InstanceBlockDeviceMapping::builder();
    mapping.device_name(device).ebs(ebs.build()).build()
}

/// It waits for nothing and everything that is attached waits for it; only what goes with it is its own, and nothing
/// that merely lies in the same subnet. It is as old as its root volume's attachment, not as its last start.
#[test]
fn what_is_attached_waits_and_what_goes_with_it_is_its_own() {
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
    let one = running()
        .subnet_id("subnet-1")
        .root_device_name("/dev/xvda")
        .launch_time(DateTime::from_secs(9_000))
        .iam_instance_profile(profile.build())
        .security_groups(GroupIdentifier::builder().group_id("sg-1").build())
        .network_interfaces(interface.build())
        .block_device_mappings(volume("/dev/xvda", "vol-1", true, 900))
        .block_device_mappings(volume("/dev/sdf", "vol-2", false, 500));
    let Description { resource, owns } =
        to_description(&Clients::for_tests(), &one.build()).unwrap();
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
    // It is charged for from its last start.
    let minute = Timestamp::from_second(9_060).unwrap();
    assert_eq!(resource.charged_until, Some(minute));
    let stopped = instance(InstanceStateName::Stopped).launch_time(DateTime::from_secs(9_000));
    let stopped = to_description(&Clients::for_tests(), &stopped.build())
        .unwrap()
        .resource;
    assert_eq!(stopped.charged_until, None);
}

/// A member of a group has no size of its own, nor has what cannot be stopped; what a service manages is not touched.
#[test]
fn only_what_can_be_stopped_has_a_size() {
    let see = |builder: InstanceBuilder| {
        to_description(&Clients::for_tests(), &builder.build())
            .unwrap()
            .resource
    };
    assert_eq!(see(running()).size, Some(json!({ "state": "running" })));
    let stopped = see(instance(InstanceStateName::Stopped));
    assert_eq!(stopped.size, Some(json!({ "state": "stopped" })));
    assert!(stopped.stopped);
    let tag = Tag::builder().key(GROUP).value("web").build();
    assert_eq!(see(running().tags(tag)).size, None);
    let local = running().root_device_type(DeviceType::InstanceStore);
    assert_eq!(see(local).size, None);
    let operator = OperatorResponse::builder().managed(true);
    let operator = operator.principal("eks.amazonaws.com").build();
    let managed = see(running().operator(operator)).untouchable;
    assert_eq!(
        managed.as_deref(),
        Some("it is managed by eks.amazonaws.com")
    );
}

/// The request that an instance was lent upon is kept, because it has to be cancelled before the instance goes.
#[test]
fn a_spot_instance_names_its_request() {
    let spot = running().spot_instance_request_id("sir-1").build();
    let details = to_description(&Clients::for_tests(), &spot)
        .unwrap()
        .resource
        .details;
    assert_eq!(details.get(REQUEST).map(String::as_str), Some("sir-1"));
    // EC2 answers an empty text where there is none.
    let plain = running().spot_instance_request_id("").build();
    assert!(
        to_description(&Clients::for_tests(), &plain)
            .unwrap()
            .resource
            .details
            .is_empty()
    );
}
