//! Subnet groups of databases.

use aws_sdk_rds::types::DbSubnetGroup;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::arn::short;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::rds::tagged;

pub(super) struct This;

const NAME: &str = "rds:subgrp";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(each(ids, |id| describe(at, id)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let name = short(&resource.id, "subgrp");
            let asked = at.rds().delete_db_subnet_group().db_subnet_group_name(name);
            let answer = asked.send().await;
            deleted(
                answer.map_err(failed!("rds", "DeleteDBSubnetGroup", name)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let name = short(id, "subgrp");
    let asked = at
        .rds()
        .describe_db_subnet_groups()
        .db_subnet_group_name(name);
    let (answer, tags) = tokio::join!(asked.send(), tagged(at, id));
    let answer = answer.map_err(failed!("rds", "DescribeDBSubnetGroups", name))?;
    let group = answer.db_subnet_groups().first();
    let group = group.ok_or_else(|| missing("rds", "DescribeDBSubnetGroups", name))?;
    let mut resource = seen(at, id, group);
    resource.tags = tags?;
    Ok(resource)
}

fn seen(at: &Clients, id: &ResourceId, group: &DbSubnetGroup) -> Resource {
    let mut resource = at.resource(id.clone(), NAME);
    resource.state = group.subnet_group_status().map(str::to_owned);
    resource.standing = Standing::Confirmed;
    let subnets = group.subnets().iter();
    let subnets = subnets.filter_map(|subnet| subnet.subnet_identifier());
    let subnets = subnets.map(|id| at.id("ec2", &format!("subnet/{id}")));
    resource.uses = subnets.collect();
    resource
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::Subnet;

    use super::*;

    /// A subnet group goes before its subnets.
    #[test]
    fn a_group_uses_its_subnets() {
        let at = Clients::of_nobody();
        let subnet = |id: &str| Subnet::builder().subnet_identifier(id).build();
        let group = DbSubnetGroup::builder()
            .subnets(subnet("subnet-1"))
            .subnets(subnet("subnet-2"));
        let resource = seen(&at, &at.id("rds", "subgrp:nets"), &group.build());
        let wanted = [
            at.id("ec2", "subnet/subnet-1"),
            at.id("ec2", "subnet/subnet-2"),
        ];
        assert_eq!(resource.uses, wanted);
    }
}
