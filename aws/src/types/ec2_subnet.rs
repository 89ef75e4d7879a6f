//! Subnets.

use async_trait::async_trait;
use aws_sdk_ec2::types::Subnet;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, foreign_owner_reason, tags, users};

pub(super) struct Ec2Subnet;

const NAME: &str = "ec2:subnet";

#[async_trait]
impl ResourceType for Ec2Subnet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("subnet")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn users(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<Resource>, CloudError> {
        let subnet = resource_name(&resource.id, "subnet");
        users::interfaces(clients, "subnet-id", subnet).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "subnet");
        let answer = clients.ec2().delete_subnet().subnet_id(id).send().await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteSubnet", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = described!(clients, ids, "subnet", describe_subnets, "DescribeSubnets");
    let all = items
        .iter()
        .filter_map(|subnet| to_resource(clients, subnet));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, subnet: &Subnet) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("subnet/{}", subnet.subnet_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(subnet.tags());
    resource.state = subnet.state().map(|state| state.as_str().to_owned());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = ec2_arns(clients, subnet.vpc_id());
    resource.untouchable = if subnet.default_for_az() == Some(true) {
        Some("it belongs to the default VPC".to_owned())
    } else {
        foreign_owner_reason(clients, subnet.owner_id())
    };
    Some(resource)
}
