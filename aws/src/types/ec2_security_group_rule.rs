//! Security group rules with tags of their own, such as a rule that admits a stack to another
//! stack's group.

use async_trait::async_trait;
use aws_sdk_ec2::types::SecurityGroupRule;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::{is_everyone, set_public_if};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, described, ports_open, tags};

pub(super) struct Ec2SecurityGroupRule;

const NAME: &str = "ec2:security-group-rule";

/// The details that revoking a rule needs besides its id.
const GROUP: &str = "group";
const EGRESS: &str = "egress";

#[async_trait]
impl ResourceType for Ec2SecurityGroupRule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("sgr")
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
        deleted(revoke(clients, resource).await, Deletion::Gone)
    }
}

async fn revoke(clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = resource_name(&resource.id, "security-group-rule");
    let group = resource.details.get(GROUP).map_or("", String::as_str);
    if resource.details.contains_key(EGRESS) {
        let answer = clients
            .ec2()
            .revoke_security_group_egress()
            .group_id(group)
            .security_group_rule_ids(id)
            .send()
            .await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupEgress", id))?;
    } else {
        let answer = clients
            .ec2()
            .revoke_security_group_ingress()
            .group_id(group)
            .security_group_rule_ids(id)
            .send()
            .await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupIngress", id))?;
    }
    Ok(())
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let items = described!(
        clients,
        ids,
        "security-group-rule",
        describe_security_group_rules,
        "DescribeSecurityGroupRules"
    );
    let all = items.iter().filter_map(|rule| to_resource(clients, rule));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, rule: &SecurityGroupRule) -> Option<Resource> {
    let id = rule.security_group_rule_id()?;
    let id = clients.arn("ec2", &format!("security-group-rule/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(rule.tags());
    resource.confirmation = Confirmation::Confirmed;
    let named_group = rule
        .referenced_group_info()
        .and_then(|info| info.group_id());
    resource.uses = ec2_arns(clients, rule.group_id().into_iter().chain(named_group));
    let group = (GROUP.to_owned(), rule.group_id()?.to_owned());
    resource.details.extend([group]);
    let is_egress = rule.is_egress() == Some(true);
    if is_egress {
        resource.details.insert(EGRESS.to_owned(), String::new());
    }
    let mut ranges = rule.cidr_ipv4().into_iter().chain(rule.cidr_ipv6());
    let is_open = !is_egress && ranges.any(is_everyone);
    let protocol = rule.ip_protocol().unwrap_or("-1");
    let how = ports_open(protocol, rule.from_port(), rule.to_port());
    set_public_if(&mut resource, Some(is_open), &how);
    Some(resource)
}
