//! IAM instance profiles.

use async_trait::async_trait;
use aws_sdk_iam::types::InstanceProfile;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam::{self, PAGE_SIZE, name};
use crate::time::timestamp;

pub(super) struct IamInstanceProfile;

const NAME: &str = "iam:instance-profile";

#[async_trait]
impl ResourceType for IamInstanceProfile {
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
        deleted(delete(clients, &resource.id).await, Deletion::Gone)
    }
}

/// The list has no tags, so this describes each profile that it cannot skip.
async fn list(clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
    let mut pages = clients
        .iam()
        .list_instance_profiles()
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    let mut unique_ids = Vec::new();
    let mut ids = Vec::new();
    while let Some(profile) = pages.next().await {
        let profile = profile.map_err(failed!("iam", "ListInstanceProfiles"))?;
        if !clients
            .untagged
            .can_skip(scope, profile.instance_profile_id())
        {
            unique_ids.push(profile.instance_profile_id);
            ids.push(ResourceId(profile.arn));
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
    let profile = clients.iam().get_instance_profile();
    let answer = profile
        .instance_profile_name(name(id))
        .send()
        .await
        .map_err(failed!("iam", "GetInstanceProfile", id.as_str()))?;
    Ok(match answer.instance_profile() {
        Some(profile) => to_resource(clients, profile),
        None => iam::resource(clients, id.as_str(), NAME),
    })
}

fn to_resource(clients: &Clients, profile: &InstanceProfile) -> Resource {
    let mut resource = iam::resource(clients, profile.arn(), NAME);
    resource.tags = iam::tags(profile.tags());
    resource.created_at = timestamp(Some(profile.create_date()));
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = iam::aws_owned_reason(profile.path());
    let roles = profile.roles().iter();
    resource.uses = roles.map(|role| ResourceId(role.arn.clone())).collect();
    resource
}

/// Deletes a profile, after removing its role.
async fn delete(clients: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let get = clients.iam().get_instance_profile();
    let answer = get
        .instance_profile_name(name(id))
        .send()
        .await
        .map_err(failed!("iam", "GetInstanceProfile", id.as_str()))?;
    let roles = answer.instance_profile().map(InstanceProfile::roles);
    for role in roles.unwrap_or_default() {
        let remove = clients
            .iam()
            .remove_role_from_instance_profile()
            .instance_profile_name(name(id));
        let answer = remove.role_name(role.role_name()).send().await;
        unless_gone(answer.map_err(failed!("iam", "RemoveRoleFromInstanceProfile", id.as_str())))?;
    }
    let delete = clients.iam().delete_instance_profile();
    let answer = delete.instance_profile_name(name(id)).send().await;
    answer.map_err(failed!("iam", "DeleteInstanceProfile", id.as_str()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::loopback::Loopback;

    /// A role that is removed in the meantime does not mean that the profile is gone.
    #[tokio::test]
    async fn a_missing_role_is_not_a_missing_profile() {
        let service = Loopback::new(|body| {
            if body.contains("Action=GetInstanceProfile&") {
                let role = "<member><Path>/</Path><RoleName>web</RoleName><RoleId>AROA1</RoleId>\
                    <Arn>arn:aws:iam::123456789012:role/web</Arn>\
                    <CreateDate>2026-11-21T12:00:00Z</CreateDate></member>";
                let profile = format!(
                    "<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile>\
                    <Path>/</Path><InstanceProfileName>web</InstanceProfileName>\
                    <InstanceProfileId>AIPA1</InstanceProfileId>\
                    <Arn>arn:aws:iam::123456789012:instance-profile/web</Arn>\
                    <CreateDate>2026-11-21T12:00:00Z</CreateDate><Roles>{role}</Roles>\
                    </InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>"
                );
                return (200, "text/xml", profile);
            }
            if body.contains("Action=RemoveRoleFromInstanceProfile&") {
                let error = "<ErrorResponse><Error><Code>NoSuchEntity</Code>\
                    <Message>no such role in it</Message></Error></ErrorResponse>";
                return (404, "text/xml", error.to_owned());
            }
            let done = "<DeleteInstanceProfileResponse></DeleteInstanceProfileResponse>";
            (200, "text/xml", done.to_owned())
        })
        .await;
        let id = ResourceId("arn:aws:iam::123456789012:instance-profile/web".to_owned());
        delete(&service.clients, &id).await.unwrap();
        let requests = service.requests();
        let last = requests.last().unwrap();
        assert!(
            last.contains("Action=DeleteInstanceProfile&"),
            "{requests:?}"
        );
    }
}
