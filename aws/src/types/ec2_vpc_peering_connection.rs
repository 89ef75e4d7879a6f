//! VPC peering connections. EC2 describes deleted, rejected and expired ones for a while.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as State, VpcPeeringConnectionVpcInfo,
};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{existing_batches, tags};

pub(super) struct Ec2VpcPeeringConnection;

const NAME: &str = "ec2:vpc-peering-connection";
const KIND: &str = "vpc-peering-connection";

#[async_trait]
impl ResourceType for Ec2VpcPeeringConnection {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("pcx")
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
            .delete_vpc_peering_connection()
            .vpc_peering_connection_id(id)
            .send()
            .await
            .map_err(failed!("ec2", "DeleteVpcPeeringConnection", id));
        deleted(answer, Deletion::Started)
    }
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_vpc_peering_connections()
        .set_vpc_peering_connection_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeVpcPeeringConnections"))?;
    let all = answer
        .vpc_peering_connections()
        .iter()
        .filter_map(|peering| to_resource(clients, peering));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, peering: &VpcPeeringConnection) -> Option<Resource> {
    let state = peering.status().and_then(|status| status.code());
    if let Some(State::Deleted | State::Rejected | State::Expired | State::Failed) = state {
        return None;
    }
    let id = peering.vpc_peering_connection_id()?;
    let id = clients.arn("ec2", &format!("{KIND}/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(peering.tags());
    resource.state = state.map(|state| state.as_str().to_owned());
    resource.confirmation = Confirmation::Confirmed;
    let vpcs = [peering.requester_vpc_info(), peering.accepter_vpc_info()];
    let is_local = |vpc: &&VpcPeeringConnectionVpcInfo| {
        vpc.owner_id() == Some(&*clients.place.account)
            && vpc.region().is_none_or(|region| region == clients.region())
    };
    let vpcs = vpcs.into_iter().flatten().filter(is_local);
    resource.uses = ec2_arns(clients, vpcs.filter_map(|vpc| vpc.vpc_id()));
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::VpcPeeringConnectionStateReason;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    /// A connection is deleted before the VPCs of this account that it joins. One that has ended
    /// does not exist.
    #[test]
    fn a_connection_joins_two_vpcs() {
        let clients = Clients::for_tests();
        let vpc = |vpc: &str, account: &str, region: &str| {
            let vpc = VpcPeeringConnectionVpcInfo::builder().vpc_id(vpc);
            vpc.owner_id(account).region(region).build()
        };
        let peering = |state: State| {
            let status = VpcPeeringConnectionStateReason::builder().code(state);
            let peering = VpcPeeringConnection::builder()
                .vpc_peering_connection_id("pcx-1")
                .requester_vpc_info(vpc("vpc-1", "123456789012", "eu-west-1"))
                .accepter_vpc_info(vpc("vpc-2", "210987654321", "eu-west-1"))
                .status(status.build());
            to_resource(&clients, &peering.build())
        };
        let active = peering(State::Active).unwrap();
        assert_eq!(resource_parts(&active.uses), ["vpc/vpc-1"]);
        assert!(peering(State::Deleting).is_some());
        for over in [
            State::Deleted,
            State::Rejected,
            State::Expired,
            State::Failed,
        ] {
            assert_eq!(peering(over), None);
        }
    }
}
