//! Instance profiles: the roles that instances run as.

use aws_sdk_iam::types::InstanceProfile;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing, Which};

use super::{Listed, Seen, Type};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, unless_gone};
use crate::services::iam::{self, PAGE, name};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "iam:instance-profile";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_global(&self) -> bool {
        true
    }

    fn list<'a>(
        &'a self,
        at: &'a Clients,
        which: &'a Which,
    ) -> Soon<'a, Result<Listed, CloudError>> {
        Box::pin(list(at, which))
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
        Box::pin(async move { deleted(delete(at, &resource.id).await, Deletion::Gone) })
    }
}

/// The list comes without tags: each that need be asked is asked for its own.
async fn list(at: &Clients, which: &Which) -> Result<Listed, CloudError> {
    let pages = at.iam().list_instance_profiles().max_items(PAGE);
    let mut pages = pages.into_paginator().items().send();
    let mut unique = Vec::new();
    let mut ids = Vec::new();
    while let Some(profile) = pages.next().await {
        let profile = profile.map_err(failed!("iam", "ListInstanceProfiles"))?;
        if !at.unmarked.spares(which, profile.instance_profile_id()) {
            unique.push(profile.instance_profile_id);
            ids.push(ResourceId(profile.arn));
        }
    }
    let seen = each(&ids, |id| describe(at, id)).await;
    Ok(iam::marked(at, which, ids.into_iter().zip(unique), seen))
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let profile = at.iam().get_instance_profile();
    let answer = profile.instance_profile_name(name(id)).send().await;
    let answer = answer.map_err(failed!("iam", "GetInstanceProfile", id.as_str()))?;
    Ok(match answer.instance_profile() {
        Some(profile) => seen(at, profile),
        None => iam::resource(at, id.as_str(), NAME),
    })
}

fn seen(at: &Clients, profile: &InstanceProfile) -> Resource {
    let mut resource = iam::resource(at, profile.arn(), NAME);
    resource.tags = iam::tags(profile.tags());
    resource.created_at = timestamp(Some(profile.create_date()));
    resource.standing = Standing::Confirmed;
    resource.untouchable = iam::untouchable(profile.path());
    let roles = profile.roles().iter();
    resource.uses = roles.map(|role| ResourceId(role.arn.clone())).collect();
    resource
}

/// A profile can only go without its role.
async fn delete(at: &Clients, id: &ResourceId) -> Result<(), CloudError> {
    let get = at.iam().get_instance_profile();
    let answer = get.instance_profile_name(name(id)).send().await;
    let answer = answer.map_err(failed!("iam", "GetInstanceProfile", id.as_str()))?;
    let roles = answer.instance_profile().map(InstanceProfile::roles);
    for role in roles.unwrap_or_default() {
        let remove = at
            .iam()
            .remove_role_from_instance_profile()
            .instance_profile_name(name(id));
        let answer = remove.role_name(role.role_name()).send().await;
        unless_gone(answer.map_err(failed!("iam", "RemoveRoleFromInstanceProfile", id.as_str())))?;
    }
    let delete = at.iam().delete_instance_profile();
    let answer = delete.instance_profile_name(name(id)).send().await;
    answer.map_err(failed!("iam", "DeleteInstanceProfile", id.as_str()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::loopback::Loopback;

    /// A role that somebody else takes out of a profile meanwhile is not taken for the profile itself being gone.
    #[tokio::test]
    async fn a_role_that_is_gone_is_not_the_profile() {
        let service = Loopback::new(|body| {
            if body.contains("Action=GetInstanceProfile&") {
                let role = "<member><Path>/</Path><RoleName>web</RoleName><RoleId>AROA1</RoleId>\
                    <Arn>arn:aws:iam::123456789012:role/web</Arn>\
                    <CreateDate>2026-11-21T12:00:00Z</CreateDate></member>";
                let profile = format!(
                    "<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile><Path>/</Path>\
                    <InstanceProfileName>web</InstanceProfileName><InstanceProfileId>AIPA1</InstanceProfileId>\
                    <Arn>arn:aws:iam::123456789012:instance-profile/web</Arn>\
                    <CreateDate>2026-11-21T12:00:00Z</CreateDate><Roles>{role}</Roles></InstanceProfile>\
                    </GetInstanceProfileResult></GetInstanceProfileResponse>"
                );
                return (200, "text/xml", profile);
            }
            if body.contains("Action=RemoveRoleFromInstanceProfile&") {
                let error = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such role in it</Message>\
                    </Error></ErrorResponse>";
                return (404, "text/xml", error.to_owned());
            }
            let done = "<DeleteInstanceProfileResponse></DeleteInstanceProfileResponse>";
            (200, "text/xml", done.to_owned())
        });
        let service = service.await;
        let id = ResourceId("arn:aws:iam::123456789012:instance-profile/web".to_owned());
        delete(&service.clients, &id).await.unwrap();
        let heard = service.heard();
        let last = heard.last().unwrap();
        assert!(last.contains("Action=DeleteInstanceProfile&"), "{heard:?}");
    }
}
