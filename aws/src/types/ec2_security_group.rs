//! Security groups.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, IpPermission, SecurityGroup, SecurityGroupRule};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::{is_everyone, set_public};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{
    BATCH, default_vpc, deleted_with_vpc, described, foreign_owner_reason, is_vpc_default,
    ports_open, set_vpc_default, tags, users,
};

pub(super) struct Ec2SecurityGroup;

const NAME: &str = "ec2:security-group";

/// The name of the default group of every VPC.
const DEFAULT: &str = "default";

#[async_trait]
impl ResourceType for Ec2SecurityGroup {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("sg")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    /// Revokes the rules that refer to other groups.
    async fn detach_references(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<(), CloudError> {
        detach_references(clients, &resource.id, None).await
    }

    async fn users(
        &self,
        clients: &Clients,
        resource: &Resource,
    ) -> Result<Vec<Resource>, CloudError> {
        users::users_of_group(clients, &resource.id).await
    }

    /// Revokes the rules that refer to one other group.
    async fn detach_reference(
        &self,
        clients: &Clients,
        resource: &Resource,
        used: &ResourceId,
    ) -> Result<(), CloudError> {
        let used = resource_name(used, "security-group");
        detach_references(clients, &resource.id, Some(used)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        if is_vpc_default(resource) {
            let ids = std::slice::from_ref(&resource.id);
            let exists = !describe(clients, ids).await?.is_empty();
            return deleted_with_vpc(resource, exists);
        }
        let id = resource_name(&resource.id, "security-group");
        let answer = clients
            .ec2()
            .delete_security_group()
            .group_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteSecurityGroup", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let all = described!(
        clients,
        ids,
        "security-group",
        "group-id",
        describe_security_groups,
        "DescribeSecurityGroups"
    );
    let default = default_vpc(clients, &all, is_default).await?;
    let all = all
        .iter()
        .filter_map(|group| to_resource(clients, group, default.as_deref()));
    Ok(all.map(Description::from).collect())
}

fn is_default(group: &SecurityGroup) -> bool {
    group.group_name() == Some(DEFAULT)
}

fn to_resource(
    clients: &Clients,
    group: &SecurityGroup,
    default: Option<&str>,
) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("security-group/{}", group.group_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(group.tags());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = foreign_owner_reason(clients, group.owner_id());
    set_public(&mut resource, open_ports(group));
    resource.detachable = ec2_arns(clients, referenced_groups(clients, group));
    resource.uses.clone_from(&resource.detachable);
    let rules = group
        .ip_permissions()
        .iter()
        .chain(group.ip_permissions_egress());
    let lists = rules
        .flat_map(IpPermission::prefix_list_ids)
        .filter_map(|list| list.prefix_list_id());
    resource.uses.extend(ec2_arns(clients, lists));
    match group.vpc_id() {
        Some(vpc) if is_default(group) => set_vpc_default(clients, &mut resource, vpc, default),
        vpc => resource.uses.extend(ec2_arns(clients, vpc)),
    }
    Some(resource)
}

/// The ports that are open to everyone, one sentence each.
fn open_ports(group: &SecurityGroup) -> Vec<String> {
    let is_open = |rule: &&IpPermission| {
        let v4 = rule.ip_ranges().iter().filter_map(|range| range.cidr_ip());
        let v6 = rule.ipv6_ranges().iter();
        let v6 = v6.filter_map(|range| range.cidr_ipv6());
        v4.chain(v6).any(is_everyone)
    };
    let open = group.ip_permissions().iter().filter(is_open);
    open.map(|rule| {
        let protocol = rule.ip_protocol().unwrap_or("-1");
        ports_open(protocol, rule.from_port(), rule.to_port())
    })
    .collect()
}

/// The other groups of this account that its rules refer to. They cannot be deleted before those
/// rules.
fn referenced_groups<'a>(
    clients: &Clients,
    group: &'a SecurityGroup,
) -> impl Iterator<Item = &'a str> {
    let (own, account) = (group.group_id(), clients.place.account.clone());
    let rules = group
        .ip_permissions()
        .iter()
        .chain(group.ip_permissions_egress());
    rules
        .flat_map(IpPermission::user_id_group_pairs)
        .filter(move |pair| pair.user_id().is_none_or(|user| user == account))
        .filter_map(|pair| pair.group_id())
        .filter(move |id| own != Some(id))
}

/// Revokes the rules of a group that refer to another one: to `used`, or to any.
async fn detach_references(
    clients: &Clients,
    id: &ResourceId,
    used: Option<&str>,
) -> Result<(), CloudError> {
    let id = resource_name(id, "security-group");
    let filter = Filter::builder().name("group-id").values(id).build();
    let mut rules = clients
        .ec2()
        .describe_security_group_rules()
        .filters(filter)
        .into_paginator()
        .items()
        .send();
    let (mut inward, mut outward) = (Vec::new(), Vec::new());
    while let Some(rule) = rules.next().await {
        let rule = rule.map_err(failed!("ec2", "DescribeSecurityGroupRules", id))?;
        if !refers_to_other_group(&rule, used) {
            continue;
        }
        let to = if rule.is_egress() == Some(true) {
            &mut outward
        } else {
            &mut inward
        };
        to.extend(rule.security_group_rule_id);
    }
    if !inward.is_empty() {
        let answer = clients
            .ec2()
            .revoke_security_group_ingress()
            .group_id(id)
            .set_security_group_rule_ids(Some(inward))
            .send()
            .await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupIngress", id))?;
    }
    if !outward.is_empty() {
        let answer = clients
            .ec2()
            .revoke_security_group_egress()
            .group_id(id)
            .set_security_group_rule_ids(Some(outward))
            .send()
            .await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupEgress", id))?;
    }
    Ok(())
}

fn refers_to_other_group(rule: &SecurityGroupRule, used: Option<&str>) -> bool {
    let referenced = rule
        .referenced_group_info()
        .and_then(|info| info.group_id());
    let is_wanted = |id: &str| used.is_none_or(|used| used == id);
    referenced.is_some_and(|id| rule.group_id() != Some(id) && is_wanted(id))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::UserIdGroupPair;
    use aws_sdk_ec2::types::builders::SecurityGroupBuilder;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    fn group(name: &str) -> SecurityGroupBuilder {
        let naming = |group: &str, account: &str| {
            let pair = UserIdGroupPair::builder().group_id(group).user_id(account);
            IpPermission::builder()
                .user_id_group_pairs(pair.build())
                .build()
        };
        SecurityGroup::builder()
            .group_id("sg-1")
            .group_name(name)
            .vpc_id("vpc-1")
            .ip_permissions(naming("sg-1", "123456789012"))
            .ip_permissions(naming("sg-2", "123456789012"))
            .ip_permissions(naming("sg-9", "210987654321"))
            .ip_permissions_egress(naming("sg-3", "123456789012"))
    }

    /// Groups of this account that the rules refer to are deleted after the group, and revoking the
    /// rules detaches them. A group does not depend on itself.
    #[test]
    fn rules_refer_to_groups() {
        let resource = to_resource(&Clients::for_tests(), &group("web").build(), None).unwrap();
        let others = ["security-group/sg-2", "security-group/sg-3"];
        assert_eq!(resource_parts(&resource.detachable), others);
        let uses = ["security-group/sg-2", "security-group/sg-3", "vpc/vpc-1"];
        assert_eq!(resource_parts(&resource.uses), uses);
        assert_eq!(resource.owner, None);
    }

    /// A rule for every address of either version is open; one for a network or a group is not.
    #[test]
    fn open_rules_are_public() {
        use aws_sdk_ec2::types::{IpRange, Ipv6Range};
        use stack::cloud::Observed;
        let tcp = |port: i32| {
            IpPermission::builder()
                .ip_protocol("tcp")
                .from_port(port)
                .to_port(port)
        };
        let v4 = |range: &str| IpRange::builder().cidr_ip(range).build();
        let v6 = Ipv6Range::builder().cidr_ipv6("::/0").build();
        let group = group("web")
            .ip_permissions(tcp(22).ip_ranges(v4("10.0.0.0/8")).build())
            .ip_permissions(tcp(80).ip_ranges(v4("0.0.0.0/0")).build())
            .ip_permissions(
                IpPermission::builder()
                    .ip_protocol("-1")
                    .ipv6_ranges(v6)
                    .build(),
            );
        let resource = to_resource(&Clients::for_tests(), &group.build(), None).unwrap();
        let open = [
            "tcp port 80 is open to everyone",
            "all ports are open to everyone",
        ];
        assert_eq!(
            resource.governance.public,
            Observed::Known(open.map(str::to_owned).to_vec())
        );
    }

    /// The default group is deleted with its VPC. That of the default VPC must not be touched.
    #[test]
    fn the_default_group_goes_with_its_vpc() {
        let clients = Clients::for_tests();
        let resource = to_resource(&clients, &group("default").build(), Some("vpc-2")).unwrap();
        assert_eq!(resource.owner, Some(clients.arn("ec2", "vpc/vpc-1")));
        assert!(!resource_parts(&resource.uses).contains(&"vpc/vpc-1"));
        assert_eq!(resource.untouchable, None);
        let resource = to_resource(&clients, &group("default").build(), Some("vpc-1")).unwrap();
        assert!(resource.untouchable.is_some() && resource.owner.is_none());
        let shared = group("web").owner_id("210987654321").build();
        let shared = to_resource(&clients, &shared, None).unwrap().untouchable;
        assert_eq!(
            shared.as_deref(),
            Some("it belongs to account 210987654321")
        );
    }
}
