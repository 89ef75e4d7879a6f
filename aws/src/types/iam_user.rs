//! IAM users, with everything that belongs to one: keys, password, MFA devices, policies and group
//! memberships.

mod parts;

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, User, UserDetail};
use aws_smithy_types::DateTime;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource,
    ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam::{self, name};
use crate::time::timestamp;

pub(super) struct IamUser;

const NAME: &str = "iam:user";

#[async_trait]
impl ResourceType for IamUser {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_global(&self) -> bool {
        true
    }

    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        iam::list_with_details(clients, scope, EntityType::User, |page| {
            let users = page.user_detail_list().iter();
            users
                .filter_map(|user| from_detail(clients, user))
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
        delete(clients, &resource.id).await
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let user = clients.iam().get_user().user_name(name(id));
    let (user, policies) = tokio::join!(user.send(), parts::attached_policies(clients, id));
    let user = user.map_err(failed!("iam", "GetUser", id.as_str()))?;
    let uses = policies?;
    Ok(match user.user() {
        Some(user) => from_user(clients, user, uses),
        None => iam::resource(clients, id.as_str(), NAME),
    })
}

fn from_detail(clients: &Clients, user: &UserDetail) -> Option<Resource> {
    let attached = user.attached_managed_policies();
    Some(to_resource(
        clients,
        user.arn()?,
        user.create_date(),
        iam::tags(user.tags()),
        iam::policies(attached, user.permissions_boundary()),
    ))
}

fn from_user(clients: &Clients, user: &User, mut policies: Vec<String>) -> Resource {
    let boundary = user.permissions_boundary();
    policies.extend(boundary.and_then(|policy| policy.permissions_boundary_arn.clone()));
    to_resource(
        clients,
        user.arn(),
        Some(user.create_date()),
        iam::tags(user.tags()),
        policies,
    )
}

fn to_resource(
    clients: &Clients,
    arn: &str,
    created: Option<&DateTime>,
    tags: BTreeMap<String, String>,
    policies: Vec<String>,
) -> Resource {
    let mut resource = iam::resource(clients, arn, NAME);
    resource.tags = tags;
    resource.created_at = timestamp(created);
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = iam::own_policies(clients, policies);
    resource
}

/// Deletes a user, after everything that belongs to it. IAM refuses to delete a user that still has
/// something, so a part that could not be read or removed does not stop this: its error is the
/// reason if the user cannot be deleted.
async fn delete(clients: &Clients, id: &ResourceId) -> Result<Deletion, CloudError> {
    let errors = parts::delete_all(clients, id).await;
    // Invalid credentials would fail each call.
    let refused = |error: &&CloudError| error.kind == CloudErrorKind::Credentials;
    if let Some(error) = errors.iter().find(refused) {
        return Err(error.clone());
    }
    let answer = clients.iam().delete_user().user_name(name(id)).send().await;
    match answer.map_err(failed!("iam", "DeleteUser", id.as_str())) {
        Ok(_) => Ok(Deletion::Gone),
        Err(error) if error.kind == CloudErrorKind::InUse => {
            Err(errors.into_iter().next().unwrap_or(error))
        }
        Err(error) => gone_is_done(error),
    }
}

#[cfg(test)]
mod tests;
