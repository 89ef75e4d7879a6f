//! Subnets.

use aws_sdk_ec2::types::Subnet;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, described, foreign, named, tags};

pub(super) struct This;

const NAME: &str = "ec2:subnet";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("subnet")
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
        Box::pin(async move {
            let id = short(&resource.id, "subnet");
            let answer = at.ec2().delete_subnet().subnet_id(id).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteSubnet", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = described!(at, ids, "subnet", describe_subnets, "DescribeSubnets");
    let all = all.iter().filter_map(|subnet| seen(at, subnet));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, subnet: &Subnet) -> Option<Resource> {
    let id = at.id("ec2", &format!("subnet/{}", subnet.subnet_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(subnet.tags());
    resource.state = subnet.state().map(|state| state.as_str().to_owned());
    resource.standing = Standing::Confirmed;
    resource.uses = named(at, subnet.vpc_id());
    resource.untouchable = if subnet.default_for_az() == Some(true) {
        Some("it belongs to the default VPC".to_owned())
    } else {
        foreign(at, subnet.owner_id())
    };
    Some(resource)
}
