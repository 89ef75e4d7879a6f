//! Network interfaces.

use async_trait::async_trait;
use aws_sdk_ec2::types::NetworkInterface;
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, foreign_owner_reason, service_managed_reason, tags};

pub(super) struct Ec2NetworkInterface;

const NAME: &str = "ec2:network-interface";

#[async_trait]
impl ResourceType for Ec2NetworkInterface {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("eni")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    /// EC2 refuses to delete an attached interface. It waits for what it is attached to, because
    /// detaching would cut the connection.
    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "network-interface");
        let answer = clients
            .ec2()
            .delete_network_interface()
            .network_interface_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteNetworkInterface", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = described!(
        clients,
        ids,
        "network-interface",
        describe_network_interfaces,
        "DescribeNetworkInterfaces"
    );
    let all = items
        .iter()
        .filter_map(|interface| to_resource(clients, interface));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, interface: &NetworkInterface) -> Option<Resource> {
    let id = interface.network_interface_id()?;
    let id = clients.arn("ec2", &format!("network-interface/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(interface.tag_set());
    resource.state = interface.status().map(|status| status.as_str().to_owned());
    resource.confirmation = Confirmation::Confirmed;
    let groups = interface
        .groups()
        .iter()
        .filter_map(|group| group.group_id());
    resource.uses = ec2_arns(clients, groups.chain(interface.subnet_id()));
    resource.untouchable = requester_managed_reason(interface)
        .or_else(|| service_managed_reason(interface.operator()))
        .or_else(|| foreign_owner_reason(clients, interface.owner_id()));
    let assigned_addresses = assigned_addresses(interface);
    if assigned_addresses > 0 {
        resource.usage = vec![usage_of(
            Item::PublicIpv4,
            Decimal::from(assigned_addresses),
        )];
    }
    Some(resource)
}

/// Why jiti must not touch an interface that a service created: the service deletes it.
fn requester_managed_reason(interface: &NetworkInterface) -> Option<String> {
    if interface.requester_managed() != Some(true) {
        return None;
    }
    let what = interface.description().filter(|text| !text.is_empty());
    let requester = what
        .or(interface.requester_id())
        .unwrap_or("an AWS service");
    Some(format!("it is managed by AWS: {requester}"))
}

/// The public addresses that AWS assigned. Those of an instance count with the instance.
fn assigned_addresses(interface: &NetworkInterface) -> usize {
    let attachment = interface.attachment();
    if attachment.is_some_and(|attachment| attachment.instance_id().is_some()) {
        return 0;
    }
    let addresses = interface.private_ip_addresses().iter();
    let associations = addresses.filter_map(|address| address.association());
    associations
        .filter(|association| association.ip_owner_id() == Some("amazon"))
        .count()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        NetworkInterfaceAssociation, NetworkInterfaceAttachment, NetworkInterfacePrivateIpAddress,
    };

    use super::*;

    /// An interface that a service created must not be touched; the reason says what it is for.
    #[test]
    fn interfaces_of_services_are_untouchable() {
        let interface = NetworkInterface::builder().network_interface_id("eni-1");
        let own = to_resource(
            &Clients::for_tests(),
            &interface.clone().requester_managed(false).build(),
        );
        assert_eq!(own.unwrap().untouchable, None);
        let balancer = interface
            .requester_managed(true)
            .description("ELB app/web/1");
        let balancer = to_resource(&Clients::for_tests(), &balancer.build())
            .unwrap()
            .untouchable;
        assert_eq!(
            balancer.as_deref(),
            Some("it is managed by AWS: ELB app/web/1")
        );
    }

    /// An assigned address counts once: with the instance, if there is one.
    #[test]
    fn an_assigned_address_counts_once() {
        let association = NetworkInterfaceAssociation::builder().ip_owner_id("amazon");
        let address = NetworkInterfacePrivateIpAddress::builder()
            .association(association.build())
            .build();
        let interface = NetworkInterface::builder()
            .network_interface_id("eni-1")
            .private_ip_addresses(address);
        let alone = to_resource(&Clients::for_tests(), &interface.clone().build()).unwrap();
        assert_eq!(alone.usage, [usage_of(Item::PublicIpv4, Decimal::ONE)]);
        let attachment = NetworkInterfaceAttachment::builder().instance_id("i-1");
        let attached = interface.attachment(attachment.build()).build();
        assert_eq!(
            to_resource(&Clients::for_tests(), &attached).unwrap().usage,
            []
        );
    }
}
