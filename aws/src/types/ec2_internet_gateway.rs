//! Internet gateways.

use async_trait::async_trait;
use aws_sdk_ec2::types::InternetGateway;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::{Arn, resource_name};
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, default_vpc, described, foreign_owner_reason, tags, users};

pub(super) struct Ec2InternetGateway;

const NAME: &str = "ec2:internet-gateway";

#[async_trait]
impl ResourceType for Ec2InternetGateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("igw")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn users(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<Resource>, CloudError> {
        let mut public = Vec::new();
        let is_vpc = |id: &&ResourceId| Arn::from_id(id).is_some_and(|arn| arn.is("ec2", "vpc"));
        for vpc in resource.uses.iter().filter(is_vpc) {
            public.extend(users::public_interfaces(clients, vpc).await?);
        }
        Ok(public)
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        deleted(delete(clients, resource).await, Deletion::Gone)
    }
}

/// Detaches and deletes the gateway. EC2 refuses to detach it while anything in the VPC has a
/// public address.
async fn delete(clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = resource_name(&resource.id, "internet-gateway");
    let ids = std::slice::from_ref(&resource.id);
    for gateway in gateways(clients, ids).await? {
        for vpc in gateway
            .attachments()
            .iter()
            .filter_map(|attachment| attachment.vpc_id())
        {
            let answer = clients
                .ec2()
                .detach_internet_gateway()
                .internet_gateway_id(id)
                .vpc_id(vpc)
                .send()
                .await;
            match answer.map_err(failed!("ec2", "DetachInternetGateway", id)) {
                // It has been detached in the meantime.
                Err(error) if error.code.as_deref() == Some("Gateway.NotAttached") => {}
                answer => unless_gone(answer)?,
            }
        }
    }
    let answer = clients
        .ec2()
        .delete_internet_gateway()
        .internet_gateway_id(id)
        .send()
        .await;
    answer.map_err(failed!("ec2", "DeleteInternetGateway", id))?;
    Ok(())
}

async fn gateways(
    clients: &Clients,
    ids: &[ResourceId],
) -> Result<Vec<InternetGateway>, CloudError> {
    Ok(described!(
        clients,
        ids,
        "internet-gateway",
        describe_internet_gateways,
        "DescribeInternetGateways"
    ))
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let all = gateways(clients, ids).await?;
    let default = default_vpc(clients, &all, |gateway| !gateway.attachments().is_empty()).await?;
    let all = all
        .iter()
        .filter_map(|gateway| to_resource(clients, gateway, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn to_resource(
    clients: &Clients,
    gateway: &InternetGateway,
    default: Option<&str>,
) -> Option<Resource> {
    let id = gateway.internet_gateway_id()?;
    let id = clients.arn("ec2", &format!("internet-gateway/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(gateway.tags());
    resource.confirmation = Confirmation::Confirmed;
    let vpcs = || {
        gateway
            .attachments()
            .iter()
            .filter_map(|attachment| attachment.vpc_id())
    };
    resource.state = Some(
        if vpcs().next().is_some() {
            "attached"
        } else {
            "detached"
        }
        .to_owned(),
    );
    resource.uses = ec2_arns(clients, vpcs());
    resource.untouchable = if vpcs().any(|vpc| default == Some(vpc)) {
        Some("it belongs to the default VPC".to_owned())
    } else {
        foreign_owner_reason(clients, gateway.owner_id())
    };
    Some(resource)
}
