//! Peering connections between VPCs. One that was deleted, refused or never taken up is described for a while longer.

use aws_sdk_ec2::types::{
    VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as State, VpcPeeringConnectionVpcInfo,
};
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{named, tags, tolerant};

pub(super) struct This;

const NAME: &str = "ec2:vpc-peering-connection";
const KIND: &str = "vpc-peering-connection";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("pcx")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(tolerant(ids, KIND, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, KIND);
            let call = at.ec2().delete_vpc_peering_connection();
            let answer = call.vpc_peering_connection_id(id).send().await;
            let answer = answer.map_err(failed!("ec2", "DeleteVpcPeeringConnection", id));
            deleted(answer, Deletion::Begun)
        })
    }
}

async fn describe(at: &Clients, ids: Vec<String>) -> Result<Vec<Sighting>, CloudError> {
    let call = at.ec2().describe_vpc_peering_connections();
    let call = call.set_vpc_peering_connection_ids(Some(ids));
    let answer = call.send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeVpcPeeringConnections"))?;
    let all = answer.vpc_peering_connections().iter();
    let all = all.filter_map(|peering| seen(at, peering));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, peering: &VpcPeeringConnection) -> Option<Resource> {
    let state = peering.status().and_then(|status| status.code());
    if let Some(State::Deleted | State::Rejected | State::Expired | State::Failed) = state {
        return None;
    }
    let id = peering.vpc_peering_connection_id()?;
    let id = at.id("ec2", &format!("{KIND}/{id}"));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(peering.tags());
    resource.state = state.map(|state| state.as_str().to_owned());
    resource.standing = Standing::Confirmed;
    let ends = [peering.requester_vpc_info(), peering.accepter_vpc_info()];
    let here = |end: &&VpcPeeringConnectionVpcInfo| {
        end.owner_id() == Some(&*at.place.account)
            && end.region().is_none_or(|one| one == at.region())
    };
    let vpcs = ends.into_iter().flatten().filter(here);
    resource.uses = named(at, vpcs.filter_map(|end| end.vpc_id()));
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::VpcPeeringConnectionStateReason;

    use super::*;
    use crate::services::ec2::testing::{here, text};

    /// A connection goes before those of its ends that are here; one that is over is none.
    #[test]
    fn a_connection_joins_two_vpcs() {
        let at = here();
        let end = |vpc: &str, account: &str, region: &str| {
            let end = VpcPeeringConnectionVpcInfo::builder().vpc_id(vpc);
            end.owner_id(account).region(region).build()
        };
        let peering = |state: State| {
            let status = VpcPeeringConnectionStateReason::builder().code(state);
            let peering = VpcPeeringConnection::builder()
                .vpc_peering_connection_id("pcx-1")
                .requester_vpc_info(end("vpc-1", "123456789012", "eu-west-1"))
                .accepter_vpc_info(end("vpc-2", "210987654321", "eu-west-1"))
                .status(status.build());
            seen(&at, &peering.build())
        };
        let active = peering(State::Active).unwrap();
        assert_eq!(text(&active.uses), ["vpc/vpc-1"]);
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
