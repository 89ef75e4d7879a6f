//! Network access control lists.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, NetworkAcl};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::{Description, Descriptions, ResourceType};
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::services::ec2::{
    came_with_vpc, comes_with, default_vpc, foreign, gone_with_vpc, named, tags, tied_to_others,
    tolerant, waits,
};

pub(super) struct Ec2NetworkAcl;

const NAME: &str = "ec2:network-acl";
const KIND: &str = "network-acl";

#[async_trait]
impl ResourceType for Ec2NetworkAcl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("acl")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        tolerant(ids, KIND, |ids| describe(clients, ids)).await
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

/// Gives the subnets of its stack back to the VPC's default list, and deletes it. The lists of others' subnets are not
/// ours to change.
async fn delete(clients: &Clients, resource: &Resource) -> Result<Deletion, CloudError> {
    let id = resource_name(&resource.id, KIND);
    let Some(list) = lists(clients, vec![id.to_owned()])
        .await?
        .into_iter()
        .next()
    else {
        return Ok(Deletion::Gone);
    };
    if came_with_vpc(resource) {
        return gone_with_vpc(resource, true);
    }
    let associations = list.associations();
    if !associations.is_empty() {
        let subnets = associations.iter();
        let subnets = subnets.filter_map(|one| one.subnet_id.clone()).collect();
        tied_to_others(clients, resource, subnets).await?;
        let default = default_list(clients, resource, list.vpc_id()).await?;
        let ties = associations.iter();
        for tie in ties.filter_map(|one| one.network_acl_association_id()) {
            let call = clients.ec2().replace_network_acl_association();
            let call = call.association_id(tie).network_acl_id(&default);
            let answer = call.send().await;
            unless_gone(answer.map_err(failed!("ec2", "ReplaceNetworkAclAssociation", id)))?;
        }
    }
    let answer = clients
        .ec2()
        .delete_network_acl()
        .network_acl_id(id)
        .send()
        .await;
    answer.map_err(failed!("ec2", "DeleteNetworkAcl", id))?;
    Ok(Deletion::Gone)
}

/// The list that a VPC came with.
async fn default_list(
    clients: &Clients,
    resource: &Resource,
    vpc: Option<&str>,
) -> Result<String, CloudError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let call = clients.ec2().describe_network_acls();
    let call = call.filters(filter("default", "true"));
    let call = call.filters(filter("vpc-id", vpc.unwrap_or_default()));
    let answer = call.send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeNetworkAcls", resource.id.as_str()))?;
    let list = answer.network_acls().first();
    let list = list.and_then(|list| list.network_acl_id());
    let why = "its VPC has no default list to give its subnets back to";
    list.map(str::to_owned)
        .ok_or_else(|| waits(resource, "DescribeNetworkAcls", why))
}

async fn lists(clients: &Clients, ids: Vec<String>) -> Result<Vec<NetworkAcl>, CloudError> {
    let call = clients.ec2().describe_network_acls();
    let answer = call.set_network_acl_ids(Some(ids)).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeNetworkAcls"))?;
    Ok(answer.network_acls.unwrap_or_default())
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let all = lists(clients, ids).await?;
    let default = default_vpc(clients, &all, |list| list.is_default() == Some(true)).await?;
    let all = all.iter();
    let all = all.filter_map(|list| to_resource(clients, list, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, list: &NetworkAcl, default: Option<&str>) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("{KIND}/{}", list.network_acl_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(list.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign(clients, list.owner_id());
    match list.vpc_id() {
        Some(vpc) if list.is_default() == Some(true) => {
            comes_with(clients, &mut resource, vpc, default);
        }
        vpc => resource.uses = named(clients, vpc),
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use stack::cloud::CloudErrorKind;

    use super::*;
    use crate::client::loopback::Loopback;

    /// A tie that somebody else cuts meanwhile is not taken for the list itself being gone.
    #[tokio::test]
    async fn a_tie_that_is_gone_is_not_the_list() {
        let service = Loopback::new(|body| {
            let error = |code: &str| {
                let error = format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
                );
                (400, "text/xml", error)
            };
            let said = if body.contains("Action=DescribeNetworkAcls&") {
                "<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>acl-1</networkAclId>\
                    <vpcId>vpc-1</vpcId><associationSet><item>\
                    <networkAclAssociationId>aclassoc-1</networkAclAssociationId><subnetId>subnet-1</subnetId>\
                    </item></associationSet></item></networkAclSet></DescribeNetworkAclsResponse>"
            } else if body.contains("Action=DescribeSubnets&") {
                "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>"
            } else if body.contains("Action=ReplaceNetworkAclAssociation&") {
                return error("InvalidAssociationID.NotFound");
            } else {
                return error("DependencyViolation");
            };
            (200, "text/xml", said.to_owned())
        });
        let clients = service.await.clients;
        let list = clients.resource(clients.arn("ec2", "network-acl/acl-1"), NAME);
        let answer = Ec2NetworkAcl
            .delete(&clients, &list, DeleteOptions::default())
            .await;
        assert_eq!(answer.unwrap_err().kind, CloudErrorKind::Wait);
    }
}
