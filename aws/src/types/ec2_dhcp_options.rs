//! DHCP option sets.

use async_trait::async_trait;
use aws_sdk_ec2::types::DhcpOptions;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, foreign_owner_reason, tags};

pub(super) struct Ec2DhcpOptions;

const NAME: &str = "ec2:dhcp-options";

#[async_trait]
impl ResourceType for Ec2DhcpOptions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("dopt")
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
        let id = resource_name(&resource.id, "dhcp-options");
        let answer = clients
            .ec2()
            .delete_dhcp_options()
            .dhcp_options_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteDhcpOptions", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = described!(
        clients,
        ids,
        "dhcp-options",
        describe_dhcp_options,
        "DescribeDhcpOptions"
    );
    let all = items.iter().filter_map(|set| to_resource(clients, set));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, set: &DhcpOptions) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("dhcp-options/{}", set.dhcp_options_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(set.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign_owner_reason(clients, set.owner_id());
    Some(resource)
}
