//! Sets of DHCP options.

use aws_sdk_ec2::types::DhcpOptions;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, described, foreign, tags};

pub(super) struct This;

const NAME: &str = "ec2:dhcp-options";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("dopt")
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
            let id = short(&resource.id, "dhcp-options");
            let answer = at
                .ec2()
                .delete_dhcp_options()
                .dhcp_options_id(id)
                .send()
                .await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteDhcpOptions", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = described!(
        at,
        ids,
        "dhcp-options",
        describe_dhcp_options,
        "DescribeDhcpOptions"
    );
    let all = all.iter().filter_map(|set| seen(at, set));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, set: &DhcpOptions) -> Option<Resource> {
    let id = at.id("ec2", &format!("dhcp-options/{}", set.dhcp_options_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(set.tags());
    resource.standing = Standing::Confirmed;
    resource.untouchable = foreign(at, set.owner_id());
    Some(resource)
}
