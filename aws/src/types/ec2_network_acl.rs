//! Network ACLs.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, NetworkAcl};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{
    check_foreign_subnets, default_vpc, deleted_with_vpc, existing_batches, foreign_owner_reason,
    is_vpc_default, set_vpc_default, tags, waits,
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
        existing_batches(ids, KIND, |ids| describe(clients, ids)).await
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

/// Associates the subnets of this stack with the VPC's default ACL, then deletes the ACL. It fails
/// if a subnet outside the stack uses the ACL.
async fn delete(clients: &Clients, resource: &Resource) -> Result<Deletion, CloudError> {
    let id = resource_name(&resource.id, KIND);
    let Some(acl) = network_acls(clients, vec![id.to_owned()])
        .await?
        .into_iter()
        .next()
    else {
        return Ok(Deletion::Gone);
    };
    if is_vpc_default(resource) {
        return deleted_with_vpc(resource, true);
    }
    let associations = acl.associations();
    if !associations.is_empty() {
        let subnets = associations
            .iter()
            .filter_map(|association| association.subnet_id.clone())
            .collect();
        check_foreign_subnets(clients, resource, subnets).await?;
        let default = default_acl(clients, resource, acl.vpc_id()).await?;
        let associations = associations.iter();
        for association in
            associations.filter_map(|association| association.network_acl_association_id())
        {
            let answer = clients
                .ec2()
                .replace_network_acl_association()
                .association_id(association)
                .network_acl_id(&default)
                .send()
                .await;
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

/// The default ACL of a VPC.
async fn default_acl(
    clients: &Clients,
    resource: &Resource,
    vpc: Option<&str>,
) -> Result<String, CloudError> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let answer = clients
        .ec2()
        .describe_network_acls()
        .filters(filter("default", "true"))
        .filters(filter("vpc-id", vpc.unwrap_or_default()))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeNetworkAcls", resource.id.as_str()))?;
    let acl = answer.network_acls().first();
    let acl = acl.and_then(|acl| acl.network_acl_id());
    let why = "its VPC has no default network ACL for its subnets";
    acl.map(str::to_owned)
        .ok_or_else(|| waits(resource, "DescribeNetworkAcls", why))
}

async fn network_acls(clients: &Clients, ids: Vec<String>) -> Result<Vec<NetworkAcl>, CloudError> {
    let answer = clients
        .ec2()
        .describe_network_acls()
        .set_network_acl_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeNetworkAcls"))?;
    Ok(answer.network_acls.unwrap_or_default())
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let all = network_acls(clients, ids).await?;
    let default = default_vpc(clients, &all, |acl| acl.is_default() == Some(true)).await?;
    let all = all
        .iter()
        .filter_map(|acl| to_resource(clients, acl, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, acl: &NetworkAcl, default: Option<&str>) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("{KIND}/{}", acl.network_acl_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(acl.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign_owner_reason(clients, acl.owner_id());
    match acl.vpc_id() {
        Some(vpc) if acl.is_default() == Some(true) => {
            set_vpc_default(clients, &mut resource, vpc, default);
        }
        vpc => resource.uses = ec2_arns(clients, vpc),
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use stack::cloud::CloudErrorKind;

    use super::*;
    use crate::client::loopback::Loopback;

    /// An association that disappears in the meantime does not mean that the ACL is gone.
    #[tokio::test]
    async fn a_missing_association_is_not_a_missing_acl() {
        let service = Loopback::new(|body| {
            let error = |code: &str| {
                let error = format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error>\
                    </Errors></Response>"
                );
                (400, "text/xml", error)
            };
            let answer = if body.contains("Action=DescribeNetworkAcls&") {
                "<DescribeNetworkAclsResponse><networkAclSet><item>\
                    <networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><associationSet><item>\
                    <networkAclAssociationId>aclassoc-1</networkAclAssociationId>\
                    <subnetId>subnet-1</subnetId>\
                    </item></associationSet></item></networkAclSet></DescribeNetworkAclsResponse>"
            } else if body.contains("Action=DescribeSubnets&") {
                "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>"
            } else if body.contains("Action=ReplaceNetworkAclAssociation&") {
                return error("InvalidAssociationID.NotFound");
            } else {
                return error("DependencyViolation");
            };
            (200, "text/xml", answer.to_owned())
        });
        let clients = service.await.clients;
        let acl = clients.resource(clients.arn("ec2", "network-acl/acl-1"), NAME);
        let answer = Ec2NetworkAcl
            .delete(&clients, &acl, DeleteOptions::default())
            .await;
        assert_eq!(answer.unwrap_err().kind, CloudErrorKind::InUse);
    }
}
