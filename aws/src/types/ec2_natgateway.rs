//! NAT gateways.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AvailabilityMode, NatGateway, NatGatewayState};
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, filter, tags};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct Ec2NatGateway;

const NAME: &str = "ec2:natgateway";

#[async_trait]
impl ResourceType for Ec2NatGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("nat")
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
        let id = resource_name(&resource.id, "natgateway");
        let answer = clients
            .ec2()
            .delete_nat_gateway()
            .nat_gateway_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteNatGateway", id)),
            Deletion::Started,
        )
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let id = resource_name(&resource.id, "natgateway").to_owned();
        vec![Signal {
            namespace: "AWS/NATGateway",
            metric: "BytesOutToDestination",
            statistic: "Sum",
            dimensions: vec![("NatGatewayId", id)],
            threshold: 1.0,
            silence_is_zero: true,
        }]
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut items = clients
        .ec2()
        .describe_nat_gateways()
        .filter(filter("nat-gateway-id", ids, "natgateway"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(gateway) = items.next().await {
        let gateway = gateway.map_err(failed!("ec2", "DescribeNatGateways"))?;
        found.extend(to_resource(clients, &gateway).map(Description::from));
    }
    Ok(found)
}

/// EC2 describes a deleted gateway for about an hour.
fn to_resource(clients: &Clients, gateway: &NatGateway) -> Option<Resource> {
    if gateway.state() == Some(&NatGatewayState::Deleted) {
        return None;
    }
    let id = clients.arn("ec2", &format!("natgateway/{}", gateway.nat_gateway_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(gateway.tags());
    resource.state = gateway.state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(gateway.create_time());
    resource.confirmation = Confirmation::Confirmed;
    let addresses = gateway
        .nat_gateway_addresses()
        .iter()
        .filter_map(|address| address.allocation_id());
    let network = gateway.subnet_id().into_iter().chain(gateway.vpc_id());
    resource.uses = ec2_arns(clients, addresses.chain(network));
    if gateway.state() == Some(&NatGatewayState::Available) {
        if gateway.availability_mode() == Some(&AvailabilityMode::Regional) {
            resource.unpriced.push("a regional NAT gateway".to_owned());
        } else {
            resource.usage = vec![usage_of(Item::NatGateway, Decimal::ONE)];
        }
        resource.unpriced.push("traffic".to_owned());
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::NatGatewayAddress;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    /// A deleted gateway does not exist. An available one costs, and its address is deleted after
    /// it.
    #[test]
    fn a_deleted_gateway_does_not_exist() {
        let clients = Clients::for_tests();
        let gateway = |state| {
            let address = NatGatewayAddress::builder().allocation_id("eipalloc-1");
            let gateway = NatGateway::builder()
                .nat_gateway_id("nat-1")
                .subnet_id("subnet-1")
                .nat_gateway_addresses(address.build())
                .state(state);
            to_resource(&clients, &gateway.build())
        };
        assert_eq!(gateway(NatGatewayState::Deleted), None);
        let deleting = gateway(NatGatewayState::Deleting).unwrap();
        assert!(deleting.usage.is_empty());
        let available = gateway(NatGatewayState::Available).unwrap();
        assert_eq!(available.usage, [usage_of(Item::NatGateway, Decimal::ONE)]);
        let uses = ["elastic-ip/eipalloc-1", "subnet/subnet-1"];
        assert_eq!(resource_parts(&available.uses), uses);
    }
}
