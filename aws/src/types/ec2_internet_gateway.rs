//! Internet gateways.

use aws_sdk_ec2::types::InternetGateway;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::services::ec2::{BATCH, default_vpc, described, foreign, named, tags};

pub(super) struct This;

const NAME: &str = "ec2:internet-gateway";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("igw")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move { deleted(delete(at, resource).await, Deletion::Gone) })
    }
}

/// Detaches it and deletes it. EC2 refuses the first while anything in the VPC has a public address.
async fn delete(at: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = short(&resource.id, "internet-gateway");
    let ids = std::slice::from_ref(&resource.id);
    for gateway in gateways(at, ids).await? {
        for vpc in gateway.attachments().iter().filter_map(|one| one.vpc_id()) {
            let call = at.ec2().detach_internet_gateway();
            let answer = call.internet_gateway_id(id).vpc_id(vpc).send().await;
            match answer.map_err(failed!("ec2", "DetachInternetGateway", id)) {
                // Somebody was faster.
                Err(error) if error.code.as_deref() == Some("Gateway.NotAttached") => {}
                answer => unless_gone(answer)?,
            }
        }
    }
    let call = at.ec2().delete_internet_gateway();
    let answer = call.internet_gateway_id(id).send().await;
    answer.map_err(failed!("ec2", "DeleteInternetGateway", id))?;
    Ok(())
}

async fn gateways(at: &Clients, ids: &[ResourceId]) -> Result<Vec<InternetGateway>, CloudError> {
    Ok(described!(
        at,
        ids,
        "internet-gateway",
        describe_internet_gateways,
        "DescribeInternetGateways"
    ))
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = gateways(at, ids).await?;
    let default = default_vpc(at, &all, |gateway| !gateway.attachments().is_empty()).await?;
    let all = all.iter();
    let all = all.filter_map(|gateway| seen(at, gateway, default.as_deref()));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, gateway: &InternetGateway, default: Option<&str>) -> Option<Resource> {
    let id = gateway.internet_gateway_id()?;
    let id = at.id("ec2", &format!("internet-gateway/{id}"));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(gateway.tags());
    resource.standing = Standing::Confirmed;
    let vpcs = || gateway.attachments().iter().filter_map(|one| one.vpc_id());
    resource.state = Some(
        if vpcs().next().is_some() {
            "attached"
        } else {
            "detached"
        }
        .to_owned(),
    );
    resource.uses = named(at, vpcs());
    resource.untouchable = if vpcs().any(|vpc| default == Some(vpc)) {
        Some("it belongs to the default VPC".to_owned())
    } else {
        foreign(at, gateway.owner_id())
    };
    Some(resource)
}
