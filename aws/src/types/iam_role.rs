//! IAM roles.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, Role, RoleDetail};
use aws_smithy_types::DateTime;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam::{self, PAGE_SIZE, name};
use crate::time::timestamp;

pub(super) struct IamRole;

const NAME: &str = "iam:role";

#[async_trait]
impl ResourceType for IamRole {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_global(&self) -> bool {
        true
    }

    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        iam::list_with_details(clients, scope, EntityType::Role, |page| {
            let roles = page.role_detail_list().iter();
            roles
                .filter_map(|role| from_detail(clients, role))
                .collect()
        })
        .await
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
        deleted(delete(clients, &resource.id).await, Deletion::Gone)
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let role = clients.iam().get_role().role_name(name(id));
    let (role, policies) = tokio::join!(role.send(), attached_policies(clients, id));
    let role = role.map_err(failed!("iam", "GetRole", id.as_str()))?;
    let uses = policies?;
    Ok(match role.role() {
        Some(role) => from_role(clients, role, uses),
        None => iam::resource(clients, id.as_str(), NAME),
    })
}

/// The managed policies attached to a role.
async fn attached_policies(clients: &Clients, id: &ResourceId) -> Result<Vec<String>, CloudError> {
    let mut pages = clients
        .iam()
        .list_attached_role_policies()
        .role_name(name(id))
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    let mut attached = Vec::new();
    while let Some(policy) = pages.next().await {
        let policy = policy.map_err(failed!("iam", "ListAttachedRolePolicies", id.as_str()))?;
        attached.extend(policy.policy_arn);
    }
    Ok(attached)
}

fn from_detail(clients: &Clients, role: &RoleDetail) -> Option<Resource> {
    let attached = role.attached_managed_policies();
    Some(to_resource(
        clients,
        role.arn()?,
        role.path().unwrap_or("/"),
        role.create_date(),
        iam::tags(role.tags()),
        iam::policies(attached, role.permissions_boundary()),
    ))
}

fn from_role(clients: &Clients, role: &Role, mut policies: Vec<String>) -> Resource {
    let boundary = role.permissions_boundary();
    policies.extend(boundary.and_then(|policy| policy.permissions_boundary_arn.clone()));
    to_resource(
        clients,
        role.arn(),
        role.path(),
        Some(role.create_date()),
        iam::tags(role.tags()),
        policies,
    )
}

fn to_resource(
    clients: &Clients,
    arn: &str,
    path: &str,
    created: Option<&DateTime>,
    tags: BTreeMap<String, String>,
    policies: Vec<String>,
) -> Resource {
    let mut resource = iam::resource(clients, arn, NAME);
    resource.tags = tags;
    resource.created_at = timestamp(created);
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = iam::aws_owned_reason(path);
    resource.uses = iam::own_policies(clients, policies);
    resource
}

/// Deletes a role, after its policies and its membership in instance profiles.
async fn delete(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let role = name(id);
    for policy in attached_policies(clients, id).await? {
        let detach = clients.iam().detach_role_policy().role_name(role);
        let answer = detach.policy_arn(&policy).send().await;
        unless_gone(answer.map_err(failed!("iam", "DetachRolePolicy", id.as_str())))?;
    }
    let mut inline = clients
        .iam()
        .list_role_policies()
        .role_name(role)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    while let Some(policy) = inline.next().await {
        let policy = policy.map_err(failed!("iam", "ListRolePolicies", id.as_str()))?;
        let delete = clients.iam().delete_role_policy().role_name(role);
        let answer = delete.policy_name(policy).send().await;
        unless_gone(answer.map_err(failed!("iam", "DeleteRolePolicy", id.as_str())))?;
    }
    let mut profiles = clients
        .iam()
        .list_instance_profiles_for_role()
        .role_name(role)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    while let Some(profile) = profiles.next().await {
        let profile =
            profile.map_err(failed!("iam", "ListInstanceProfilesForRole", id.as_str()))?;
        let remove = clients
            .iam()
            .remove_role_from_instance_profile()
            .instance_profile_name(profile.instance_profile_name());
        let answer = remove.role_name(role).send().await;
        unless_gone(answer.map_err(failed!("iam", "RemoveRoleFromInstanceProfile", id.as_str())))?;
    }
    let answer = clients.iam().delete_role().role_name(role).send().await;
    answer.map_err(failed!("iam", "DeleteRole", id.as_str()))?;
    Ok(())
}
