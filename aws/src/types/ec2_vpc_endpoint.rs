//! VPC endpoints.

use async_trait::async_trait;
use aws_sdk_ec2::types::{State, VpcEndpoint, VpcEndpointType};
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{check_items, existing_batches, foreign_owner_reason, tags};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct Ec2VpcEndpoint;

const NAME: &str = "ec2:vpc-endpoint";
const KIND: &str = "vpc-endpoint";

/// The details with dimensions of the metrics. A metric needs all of them.
const DIMENSIONS: [&str; 3] = ["Endpoint Type", "Service Name", "VPC Id"];

#[async_trait]
impl ResourceType for Ec2VpcEndpoint {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("vpce")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        existing_batches(ids, KIND, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        deleted(
            delete(clients, resource_name(&resource.id, KIND)).await,
            Deletion::Started,
        )
    }

    /// Gateway endpoints are free and have no metrics.
    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let saved = DIMENSIONS.map(|name| Some((name, resource.details.get(name)?.clone())));
        let Some(mut dimensions) = saved.into_iter().collect::<Option<Vec<_>>>() else {
            return Vec::new();
        };
        dimensions.push((
            "VPC Endpoint Id",
            resource_name(&resource.id, KIND).to_owned(),
        ));
        vec![Signal {
            namespace: "AWS/PrivateLinkEndpoints",
            metric: "BytesProcessed",
            statistic: "Sum",
            dimensions,
            threshold: 1.0,
            silence_is_zero: true,
        }]
    }
}

async fn delete(clients: &Clients, id: &str) -> Result<(), CloudError> {
    let answer = clients
        .ec2()
        .delete_vpc_endpoints()
        .vpc_endpoint_ids(id)
        .send()
        .await
        .map_err(failed!("ec2", "DeleteVpcEndpoints", id))?;
    check_items("DeleteVpcEndpoints", id, answer.unsuccessful())
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_vpc_endpoints()
        .set_vpc_endpoint_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeVpcEndpoints"))?;
    let all = answer
        .vpc_endpoints()
        .iter()
        .filter_map(|endpoint| to_resource(clients, endpoint));
    Ok(all.map(Description::from).collect())
}

/// EC2 describes a deleted endpoint for a while.
fn to_resource(clients: &Clients, endpoint: &VpcEndpoint) -> Option<Resource> {
    let state = endpoint.state().map(State::as_str);
    // EC2 writes the states with and without a capital letter.
    let is = |name: &str| state.is_some_and(|state| state.eq_ignore_ascii_case(name));
    if is("deleted") {
        return None;
    }
    let id = clients.arn("ec2", &format!("{KIND}/{}", endpoint.vpc_endpoint_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(endpoint.tags());
    resource.state = state.map(str::to_owned);
    resource.created_at = timestamp(endpoint.creation_timestamp());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = if endpoint.requester_managed() == Some(true) {
        Some("it is managed by the service that requested it".to_owned())
    } else {
        foreign_owner_reason(clients, endpoint.owner_id())
    };
    let groups = endpoint
        .groups()
        .iter()
        .filter_map(|group| group.group_id());
    let network = endpoint
        .subnet_ids()
        .iter()
        .chain(endpoint.route_table_ids())
        .map(String::as_str)
        .chain(endpoint.vpc_id());
    resource.uses = ec2_arns(clients, network.chain(groups));
    let kind = endpoint.vpc_endpoint_type();
    if kind != Some(&VpcEndpointType::Gateway) {
        let parts = [
            kind.map(VpcEndpointType::as_str),
            endpoint.service_name(),
            endpoint.vpc_id(),
        ];
        let details = DIMENSIONS.into_iter().zip(parts);
        let details =
            details.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        resource.details.extend(details);
        if is("available") {
            if kind == Some(&VpcEndpointType::Interface) {
                let zones = Decimal::from(endpoint.subnet_ids().len());
                resource.usage = vec![usage_of(Item::InterfaceEndpoint, zones)];
            } else {
                let kind = kind.map_or("unknown", VpcEndpointType::as_str);
                resource.unpriced.push(format!("a {kind} endpoint"));
            }
            resource.unpriced.push("traffic".to_owned());
        }
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ec2::testing::resource_parts;

    fn endpoint(kind: VpcEndpointType, state: &str) -> Option<Resource> {
        let endpoint = VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-1")
            .vpc_endpoint_type(kind)
            .vpc_id("vpc-1")
            .service_name("com.amazonaws.eu-west-1.sqs")
            .subnet_ids("subnet-1")
            .subnet_ids("subnet-2")
            .route_table_ids("rtb-1")
            .state(State::from(state));
        to_resource(&Clients::for_tests(), &endpoint.build())
    }

    /// An interface endpoint costs per subnet, a gateway endpoint is free, and a deleted one does
    /// not exist.
    #[test]
    fn interface_endpoints_cost_per_subnet() {
        let interface = endpoint(VpcEndpointType::Interface, "available").unwrap();
        let two = usage_of(Item::InterfaceEndpoint, Decimal::TWO);
        assert_eq!(interface.usage, [two]);
        let uses = [
            "route-table/rtb-1",
            "subnet/subnet-1",
            "subnet/subnet-2",
            "vpc/vpc-1",
        ];
        assert_eq!(resource_parts(&interface.uses), uses);
        assert_eq!(Ec2VpcEndpoint.signals(&interface)[0].dimensions.len(), 4);
        let gateway = endpoint(VpcEndpointType::Gateway, "Available").unwrap();
        assert!(gateway.usage.is_empty() && Ec2VpcEndpoint.signals(&gateway).is_empty());
        assert_eq!(endpoint(VpcEndpointType::Interface, "Deleted"), None);
        assert_eq!(endpoint(VpcEndpointType::Interface, "deleted"), None);
    }
}
