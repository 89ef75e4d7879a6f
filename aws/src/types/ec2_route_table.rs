//! Route tables.

use async_trait::async_trait;
use aws_sdk_ec2::types::RouteTable;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::{Description, Descriptions, ResourceType};
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::services::ec2::{
    BATCH, came_with_vpc, comes_with, default_vpc, described, foreign, gone_with_vpc, named, tags,
    tied_to_others,
};

pub(super) struct Ec2RouteTable;

const NAME: &str = "ec2:route-table";

#[async_trait]
impl ResourceType for Ec2RouteTable {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("rtb")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        delete(clients, resource).await.or_else(gone_is_done)
    }
}

/// Takes it from the subnets of its stack, and deletes it. The tables of others' subnets are not ours to change.
async fn delete(clients: &Clients, resource: &Resource) -> Result<Deletion, CloudError> {
    let id = resource_name(&resource.id, "route-table");
    let ids = std::slice::from_ref(&resource.id);
    let Some(table) = tables(clients, ids).await?.into_iter().next() else {
        return Ok(Deletion::Gone);
    };
    if came_with_vpc(resource) {
        return gone_with_vpc(resource, true);
    }
    let associations = table.associations();
    let subnets = associations.iter();
    let subnets = subnets.filter_map(|one| one.subnet_id.clone()).collect();
    tied_to_others(clients, resource, subnets).await?;
    let named = associations.iter().filter(|one| one.main() != Some(true));
    for association in named.filter_map(|one| one.route_table_association_id()) {
        let call = clients.ec2().disassociate_route_table();
        let answer = call.association_id(association).send().await;
        unless_gone(answer.map_err(failed!("ec2", "DisassociateRouteTable", id)))?;
    }
    let answer = clients
        .ec2()
        .delete_route_table()
        .route_table_id(id)
        .send()
        .await;
    answer.map_err(failed!("ec2", "DeleteRouteTable", id))?;
    Ok(Deletion::Gone)
}

async fn tables(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<RouteTable>, CloudError> {
    Ok(described!(
        clients,
        ids,
        "route-table",
        describe_route_tables,
        "DescribeRouteTables"
    ))
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let all = tables(clients, ids).await?;
    let default = default_vpc(clients, &all, is_main).await?;
    let all = all.iter();
    let all = all.filter_map(|table| to_resource(clients, table, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn is_main(table: &RouteTable) -> bool {
    table
        .associations()
        .iter()
        .any(|one| one.main() == Some(true))
}

fn to_resource(clients: &Clients, table: &RouteTable, default: Option<&str>) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("route-table/{}", table.route_table_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(table.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign(clients, table.owner_id());
    match table.vpc_id() {
        Some(vpc) if is_main(table) => comes_with(clients, &mut resource, vpc, default),
        vpc => {
            // Its subnets' ties to it are cut before it goes, and can no longer be seen once they are gone.
            let subnets = table.associations().iter();
            let subnets = subnets.filter_map(|one| one.subnet_id());
            let lists = table.routes().iter();
            let lists = lists.filter_map(|route| route.destination_prefix_list_id());
            resource.uses = named(clients, vpc.into_iter().chain(subnets).chain(lists));
        }
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::RouteTableAssociation;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    /// A table's subnets wait for it; the main table waits for its VPC instead of the other way round.
    #[test]
    fn the_main_table_goes_with_its_vpc() {
        let clients = Clients::for_tests();
        let table = |association| {
            let table = RouteTable::builder()
                .route_table_id("rtb-1")
                .vpc_id("vpc-1");
            table.associations(association).build()
        };
        let tie = RouteTableAssociation::builder().subnet_id("subnet-1");
        let resource = to_resource(&clients, &table(tie.build()), None).unwrap();
        assert_eq!(
            resource_parts(&resource.uses),
            ["subnet/subnet-1", "vpc/vpc-1"]
        );
        let main = table(RouteTableAssociation::builder().main(true).build());
        let resource = to_resource(&clients, &main, None).unwrap();
        assert_eq!(
            (resource.uses, resource.owner),
            (vec![], Some(clients.arn("ec2", "vpc/vpc-1")))
        );
        let resource = to_resource(&clients, &main, Some("vpc-1")).unwrap();
        assert!(resource.untouchable.is_some() && resource.owner.is_none());
    }
}
