//! Route tables.

use async_trait::async_trait;
use aws_sdk_ec2::types::RouteTable;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{
    BATCH, check_foreign_subnets, default_vpc, deleted_with_vpc, described, foreign_owner_reason,
    is_vpc_default, set_vpc_default, tags,
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
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        delete(clients, resource).await.or_else(gone_is_done)
    }
}

/// Disassociates the table from the subnets of this stack, then deletes it. It fails if a subnet
/// outside the stack uses the table.
async fn delete(clients: &Clients, resource: &Resource) -> Result<Deletion, CloudError> {
    let id = resource_name(&resource.id, "route-table");
    let ids = std::slice::from_ref(&resource.id);
    let Some(table) = tables(clients, ids).await?.into_iter().next() else {
        return Ok(Deletion::Gone);
    };
    if is_vpc_default(resource) {
        return deleted_with_vpc(resource, true);
    }
    let associations = table.associations();
    let subnets = associations
        .iter()
        .filter_map(|association| association.subnet_id.clone())
        .collect();
    check_foreign_subnets(clients, resource, subnets).await?;
    let named = associations
        .iter()
        .filter(|association| association.main() != Some(true));
    for association in named.filter_map(|association| association.route_table_association_id()) {
        let answer = clients
            .ec2()
            .disassociate_route_table()
            .association_id(association)
            .send()
            .await;
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
    let all = all
        .iter()
        .filter_map(|table| to_resource(clients, table, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn is_main(table: &RouteTable) -> bool {
    table
        .associations()
        .iter()
        .any(|association| association.main() == Some(true))
}

fn to_resource(clients: &Clients, table: &RouteTable, default: Option<&str>) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("route-table/{}", table.route_table_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(table.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign_owner_reason(clients, table.owner_id());
    match table.vpc_id() {
        Some(vpc) if is_main(table) => set_vpc_default(clients, &mut resource, vpc, default),
        vpc => {
            // The delete disassociates the subnets first, so they must still exist.
            let subnets = table
                .associations()
                .iter()
                .filter_map(|association| association.subnet_id());
            let lists = table
                .routes()
                .iter()
                .filter_map(|route| route.destination_prefix_list_id());
            resource.uses = ec2_arns(clients, vpc.into_iter().chain(subnets).chain(lists));
        }
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::RouteTableAssociation;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    /// The subnets of a table are deleted after it. The main table is deleted with its VPC.
    #[test]
    fn the_main_table_goes_with_its_vpc() {
        let clients = Clients::for_tests();
        let table = |association| {
            let table = RouteTable::builder()
                .route_table_id("rtb-1")
                .vpc_id("vpc-1");
            table.associations(association).build()
        };
        let association = RouteTableAssociation::builder().subnet_id("subnet-1");
        let resource = to_resource(&clients, &table(association.build()), None).unwrap();
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
