//! VPCs.

use async_trait::async_trait;
use aws_sdk_ec2::types::Vpc;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, foreign_owner_reason, tags, users};

pub(super) struct Ec2Vpc;

const NAME: &str = "ec2:vpc";

#[async_trait]
impl ResourceType for Ec2Vpc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("vpc")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn users(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<Resource>, CloudError> {
        users::users_of_vpc(clients, &resource.id).await
    }

    /// EC2 deletes the default security group, main route table and default network ACL with the
    /// VPC.
    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "vpc");
        let answer = clients.ec2().delete_vpc().vpc_id(id).send().await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteVpc", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = described!(clients, ids, "vpc", describe_vpcs, "DescribeVpcs");
    let all = items.iter().filter_map(|vpc| to_resource(clients, vpc));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, vpc: &Vpc) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("vpc/{}", vpc.vpc_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(vpc.tags());
    resource.state = vpc.state().map(|state| state.as_str().to_owned());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = ec2_arns(clients, vpc.dhcp_options_id());
    resource.untouchable = if vpc.is_default() == Some(true) {
        Some("it is the default VPC".to_owned())
    } else {
        foreign_owner_reason(clients, vpc.owner_id())
    };
    Some(resource)
}
