//! Egress-only internet gateways.

use async_trait::async_trait;
use aws_sdk_ec2::types::EgressOnlyInternetGateway;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{existing_batches, tags};

pub(super) struct Ec2EgressOnlyInternetGateway;

const NAME: &str = "ec2:egress-only-internet-gateway";
const KIND: &str = "egress-only-internet-gateway";

#[async_trait]
impl ResourceType for Ec2EgressOnlyInternetGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("eigw")
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
        let id = resource_name(&resource.id, KIND);
        let answer = clients
            .ec2()
            .delete_egress_only_internet_gateway()
            .egress_only_internet_gateway_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteEgressOnlyInternetGateway", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_egress_only_internet_gateways()
        .set_egress_only_internet_gateway_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeEgressOnlyInternetGateways"))?;
    let all = answer
        .egress_only_internet_gateways()
        .iter()
        .filter_map(|gateway| to_resource(clients, gateway));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, gateway: &EgressOnlyInternetGateway) -> Option<Resource> {
    let id = gateway.egress_only_internet_gateway_id()?;
    let id = clients.arn("ec2", &format!("{KIND}/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(gateway.tags());
    resource.confirmation = Confirmation::Confirmed;
    let vpcs = gateway.attachments().iter();
    resource.uses = ec2_arns(clients, vpcs.filter_map(|attachment| attachment.vpc_id()));
    Some(resource)
}
