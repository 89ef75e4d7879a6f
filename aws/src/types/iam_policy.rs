//! Customer-managed IAM policies.

use async_trait::async_trait;
use aws_sdk_iam::types::{Policy, PolicyScopeType};
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};

use crate::arn::Arn;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done, unless_gone};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam::{self, PAGE_SIZE};
use crate::time::timestamp;

pub(super) struct IamPolicy;

const NAME: &str = "iam:policy";

#[async_trait]
impl ResourceType for IamPolicy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_global(&self) -> bool {
        true
    }

    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        list(clients, scope).await
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        each(ids, |id| describe(clients, id)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        match delete(clients, &resource.id).await {
            Ok(()) => Ok(Deletion::Gone),
            Err(error) if error.code.as_deref() == Some("DeleteConflict") => {
                Err(with_attached_entities(clients, &resource.id, error).await)
            }
            Err(error) => gone_is_done(error),
        }
    }
}

/// The list has no tags, so this describes each policy that it cannot skip.
async fn list(clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
    let mut pages = clients
        .iam()
        .list_policies()
        .scope(PolicyScopeType::Local)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    let mut unique_ids = Vec::new();
    let mut ids = Vec::new();
    while let Some(policy) = pages.next().await {
        let policy = policy.map_err(failed!("iam", "ListPolicies"))?;
        let (Some(arn), Some(id)) = (policy.arn, policy.policy_id) else {
            continue;
        };
        if !clients.untagged.can_skip(scope, &id) {
            unique_ids.push(id);
            ids.push(ResourceId(arn));
        }
    }
    let descriptions = each(&ids, |id| describe(clients, id)).await;
    Ok(iam::retain_tagged(
        clients,
        scope,
        ids.into_iter().zip(unique_ids),
        descriptions,
    ))
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let answer = clients
        .iam()
        .get_policy()
        .policy_arn(id.as_str())
        .send()
        .await
        .map_err(failed!("iam", "GetPolicy", id.as_str()))?;
    Ok(match answer.policy() {
        Some(policy) => to_resource(clients, id, policy),
        None => iam::resource(clients, id.as_str(), NAME),
    })
}

fn to_resource(clients: &Clients, id: &ResourceId, policy: &Policy) -> Resource {
    let mut resource = iam::resource(clients, id.as_str(), NAME);
    resource.tags = iam::tags(policy.tags());
    resource.created_at = timestamp(policy.create_date());
    resource.confirmation = Confirmation::Confirmed;
    let path = policy.path().unwrap_or("/");
    let own = Arn::from_id(id).is_some_and(|arn| arn.account == clients.place.account);
    resource.untouchable = iam::aws_owned_reason(path)
        .or_else(|| (!own).then(|| "it belongs to AWS, not to this account".to_owned()));
    resource
}

/// Deletes a policy, after its versions other than the default one.
async fn delete(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let mut versions = clients
        .iam()
        .list_policy_versions()
        .policy_arn(id.as_str())
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    while let Some(version) = versions.next().await {
        let version = version.map_err(failed!("iam", "ListPolicyVersions", id.as_str()))?;
        if version.is_default_version() {
            continue;
        }
        let delete = clients
            .iam()
            .delete_policy_version()
            .policy_arn(id.as_str());
        let answer = delete.set_version_id(version.version_id).send().await;
        unless_gone(answer.map_err(failed!("iam", "DeletePolicyVersion", id.as_str())))?;
    }
    let answer = clients
        .iam()
        .delete_policy()
        .policy_arn(id.as_str())
        .send()
        .await;
    answer.map_err(failed!("iam", "DeletePolicy", id.as_str()))?;
    Ok(())
}

/// Adds the names of the entities that still have the policy to the error. They are outside the
/// stack, which would have detached it.
async fn with_attached_entities(
    clients: &Clients,
    id: &ResourceId,
    mut error: CloudError,
) -> CloudError {
    let call = clients
        .iam()
        .list_entities_for_policy()
        .policy_arn(id.as_str());
    let Ok(attached) = call.send().await else {
        return error;
    };
    let roles = attached
        .policy_roles()
        .iter()
        .filter_map(|role| role.role_name());
    let users = attached
        .policy_users()
        .iter()
        .filter_map(|user| user.user_name());
    let groups = attached
        .policy_groups()
        .iter()
        .filter_map(|group| group.group_name());
    let names: Vec<_> = roles
        .map(|name| format!("role {name}"))
        .chain(users.map(|name| format!("user {name}")))
        .chain(groups.map(|name| format!("group {name}")))
        .collect();
    if !names.is_empty() {
        let names = names.join(", ");
        error.message = format!("it is still attached to {names}: detach it there");
    }
    error
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::client::loopback::Loopback;

    /// A scan for one stack finds a policy that was tagged after a scan of all stacks; a scan of
    /// all stacks does not read its tags again so soon.
    #[tokio::test]
    async fn a_scan_for_one_stack_reads_all_tags() {
        let tagged = Arc::new(AtomicBool::new(false));
        let is_tagged = Arc::clone(&tagged);
        let service = Loopback::new(move |body| {
            let about = "<PolicyName>web</PolicyName><PolicyId>ANPA1</PolicyId>\
                <Arn>arn:aws:iam::123456789012:policy/web</Arn><Path>/</Path>";
            let answer = if body.contains("Action=ListPolicies&") {
                format!(
                    "<ListPoliciesResponse><ListPoliciesResult><IsTruncated>false</IsTruncated>\
                    <Policies><member>{about}</member></Policies>\
                    </ListPoliciesResult></ListPoliciesResponse>"
                )
            } else {
                let tag = "<member><Key>jiti:stack</Key><Value>pr-1</Value></member>";
                let tags = if is_tagged.load(Ordering::SeqCst) {
                    tag
                } else {
                    ""
                };
                format!(
                    "<GetPolicyResponse><GetPolicyResult>\
                    <Policy>{about}<Tags>{tags}</Tags></Policy>\
                    </GetPolicyResult></GetPolicyResponse>"
                )
            };
            (200, "text/xml", answer)
        })
        .await;
        let clients = &service.clients;
        let found = async |scope: &DiscoveryScope| list(clients, scope).await.unwrap().ids.len();
        let describe_calls = || {
            let requests = service.requests();
            requests
                .iter()
                .filter(|body| body.contains("GetPolicy&"))
                .count()
        };
        assert_eq!(
            (found(&DiscoveryScope::All).await, describe_calls()),
            (0, 1)
        );
        tagged.store(true, Ordering::SeqCst);
        assert_eq!(
            (found(&DiscoveryScope::All).await, describe_calls()),
            (0, 1)
        );
        let stack = DiscoveryScope::Stack("pr-1".parse().unwrap());
        assert_eq!((found(&stack).await, describe_calls()), (1, 2));
    }
}
