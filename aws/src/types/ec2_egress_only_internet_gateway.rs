//! Egress-only internet gateways.

use aws_sdk_ec2::types::EgressOnlyInternetGateway;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{named, tags, tolerant};

pub(super) struct This;

const NAME: &str = "ec2:egress-only-internet-gateway";
const KIND: &str = "egress-only-internet-gateway";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("eigw")
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
            let call = at.ec2().delete_egress_only_internet_gateway();
            let answer = call.egress_only_internet_gateway_id(id).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteEgressOnlyInternetGateway", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: Vec<String>) -> Result<Vec<Sighting>, CloudError> {
    let call = at.ec2().describe_egress_only_internet_gateways();
    let call = call.set_egress_only_internet_gateway_ids(Some(ids));
    let answer = call.send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeEgressOnlyInternetGateways"))?;
    let all = answer.egress_only_internet_gateways().iter();
    let all = all.filter_map(|gateway| seen(at, gateway));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, gateway: &EgressOnlyInternetGateway) -> Option<Resource> {
    let id = gateway.egress_only_internet_gateway_id()?;
    let id = at.id("ec2", &format!("{KIND}/{id}"));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(gateway.tags());
    resource.standing = Standing::Confirmed;
    let vpcs = gateway.attachments().iter();
    resource.uses = named(at, vpcs.filter_map(|one| one.vpc_id()));
    Some(resource)
}
