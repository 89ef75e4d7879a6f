//! VPCs.

use aws_sdk_ec2::types::Vpc;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, described, foreign, named, tags};

pub(super) struct This;

const NAME: &str = "ec2:vpc";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("vpc")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    /// Its default group, its main route table and its default list go with it.
    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "vpc");
            let answer = at.ec2().delete_vpc().vpc_id(id).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteVpc", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = described!(at, ids, "vpc", describe_vpcs, "DescribeVpcs");
    let all = all.iter().filter_map(|vpc| seen(at, vpc));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, vpc: &Vpc) -> Option<Resource> {
    let id = at.id("ec2", &format!("vpc/{}", vpc.vpc_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(vpc.tags());
    resource.state = vpc.state().map(|state| state.as_str().to_owned());
    resource.standing = Standing::Confirmed;
    resource.uses = named(at, vpc.dhcp_options_id());
    resource.untouchable = if vpc.is_default() == Some(true) {
        Some("it is the default VPC".to_owned())
    } else {
        foreign(at, vpc.owner_id())
    };
    Some(resource)
}
