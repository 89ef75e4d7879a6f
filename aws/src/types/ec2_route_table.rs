//! Route tables.

use aws_sdk_ec2::types::RouteTable;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::services::ec2::{
    BATCH, came_with_vpc, comes_with, default_vpc, described, foreign, gone_with_vpc, named, tags,
    tied_to_others,
};

pub(super) struct This;

const NAME: &str = "ec2:route-table";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("rtb")
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
        Box::pin(async move { delete(at, resource).await.or_else(gone_is_done) })
    }
}

/// Takes it from the subnets of its stack, and deletes it. The tables of others' subnets are not ours to change.
async fn delete(at: &Clients, resource: &Resource) -> Result<Deletion, CloudError> {
    let id = short(&resource.id, "route-table");
    let ids = std::slice::from_ref(&resource.id);
    let Some(table) = tables(at, ids).await?.into_iter().next() else {
        return Ok(Deletion::Gone);
    };
    if came_with_vpc(resource) {
        return gone_with_vpc(resource, true);
    }
    let associations = table.associations();
    let subnets = associations.iter();
    let subnets = subnets.filter_map(|one| one.subnet_id.clone()).collect();
    tied_to_others(at, resource, subnets).await?;
    let named = associations.iter().filter(|one| one.main() != Some(true));
    for association in named.filter_map(|one| one.route_table_association_id()) {
        let call = at.ec2().disassociate_route_table();
        let answer = call.association_id(association).send().await;
        unless_gone(answer.map_err(failed!("ec2", "DisassociateRouteTable", id)))?;
    }
    let answer = at
        .ec2()
        .delete_route_table()
        .route_table_id(id)
        .send()
        .await;
    answer.map_err(failed!("ec2", "DeleteRouteTable", id))?;
    Ok(Deletion::Gone)
}

async fn tables(at: &Clients, ids: &[ResourceId]) -> Result<Vec<RouteTable>, CloudError> {
    Ok(described!(
        at,
        ids,
        "route-table",
        describe_route_tables,
        "DescribeRouteTables"
    ))
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = tables(at, ids).await?;
    let default = default_vpc(at, &all, is_main).await?;
    let all = all.iter();
    let all = all.filter_map(|table| seen(at, table, default.as_deref()));
    Ok(all.map(Sighting::from).collect())
}

fn is_main(table: &RouteTable) -> bool {
    table
        .associations()
        .iter()
        .any(|one| one.main() == Some(true))
}

fn seen(at: &Clients, table: &RouteTable, default: Option<&str>) -> Option<Resource> {
    let id = at.id("ec2", &format!("route-table/{}", table.route_table_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(table.tags());
    resource.standing = Standing::Confirmed;
    resource.untouchable = foreign(at, table.owner_id());
    match table.vpc_id() {
        Some(vpc) if is_main(table) => comes_with(at, &mut resource, vpc, default),
        vpc => {
            // Its subnets' ties to it are cut before it goes, and can no longer be seen once they are gone.
            let subnets = table.associations().iter();
            let subnets = subnets.filter_map(|one| one.subnet_id());
            let lists = table.routes().iter();
            let lists = lists.filter_map(|route| route.destination_prefix_list_id());
            resource.uses = named(at, vpc.into_iter().chain(subnets).chain(lists));
        }
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::RouteTableAssociation;

    use super::*;
    use crate::services::ec2::testing::{here, text};

    /// A table's subnets wait for it; the main table waits for its VPC instead of the other way round.
    #[test]
    fn the_main_table_goes_with_its_vpc() {
        let at = here();
        let table = |association| {
            let table = RouteTable::builder()
                .route_table_id("rtb-1")
                .vpc_id("vpc-1");
            table.associations(association).build()
        };
        let tie = RouteTableAssociation::builder().subnet_id("subnet-1");
        let resource = seen(&at, &table(tie.build()), None).unwrap();
        assert_eq!(text(&resource.uses), ["subnet/subnet-1", "vpc/vpc-1"]);
        let main = table(RouteTableAssociation::builder().main(true).build());
        let resource = seen(&at, &main, None).unwrap();
        assert_eq!(
            (resource.uses, resource.owner),
            (vec![], Some(at.id("ec2", "vpc/vpc-1")))
        );
        let resource = seen(&at, &main, Some("vpc-1")).unwrap();
        assert!(resource.untouchable.is_some() && resource.owner.is_none());
    }
}
