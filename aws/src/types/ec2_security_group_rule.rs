//! Rules of security groups that carry tags of their own, such as one that lets a stack into somebody else's group.

use aws_sdk_ec2::types::SecurityGroupRule;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, described, named, tags};

pub(super) struct This;

const NAME: &str = "ec2:security-group-rule";

/// The details under which it is kept what revoking needs besides its id.
const GROUP: &str = "group";
const EGRESS: &str = "egress";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("sgr")
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
        Box::pin(async move { deleted(revoke(at, resource).await, Deletion::Gone) })
    }
}

async fn revoke(at: &Clients, resource: &Resource) -> Result<(), CloudError> {
    let id = short(&resource.id, "security-group-rule");
    let group = resource.details.get(GROUP).map_or("", String::as_str);
    if resource.details.contains_key(EGRESS) {
        let call = at.ec2().revoke_security_group_egress().group_id(group);
        let answer = call.security_group_rule_ids(id).send().await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupEgress", id))?;
    } else {
        let call = at.ec2().revoke_security_group_ingress().group_id(group);
        let answer = call.security_group_rule_ids(id).send().await;
        answer.map_err(failed!("ec2", "RevokeSecurityGroupIngress", id))?;
    }
    Ok(())
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let all = described!(
        at,
        ids,
        "security-group-rule",
        describe_security_group_rules,
        "DescribeSecurityGroupRules"
    );
    let all = all.iter().filter_map(|rule| seen(at, rule));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, rule: &SecurityGroupRule) -> Option<Resource> {
    let id = rule.security_group_rule_id()?;
    let id = at.id("ec2", &format!("security-group-rule/{id}"));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(rule.tags());
    resource.standing = Standing::Confirmed;
    let named_group = rule
        .referenced_group_info()
        .and_then(|info| info.group_id());
    resource.uses = named(at, rule.group_id().into_iter().chain(named_group));
    let group = (GROUP.to_owned(), rule.group_id()?.to_owned());
    resource.details.extend([group]);
    if rule.is_egress() == Some(true) {
        resource.details.insert(EGRESS.to_owned(), String::new());
    }
    Some(resource)
}
