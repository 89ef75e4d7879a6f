//! What IAM types share. They belong to no region, and no tag index lists them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, EntityType, Tag};
use stack::Place;
use stack::cloud::{CloudError, DiscoveryScope, Resource, ResourceId};
use stack::values::tags::STACK;

use crate::arn::{Arn, last_segment};
use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::{Description, Descriptions, Listing};
use crate::tags::is_wanted;

/// Entries in one page of a list: the most that IAM returns.
pub(crate) const PAGE_SIZE: i32 = 1000;

/// An IAM resource. A tag index may list it in a region, but it belongs to none.
pub(crate) fn resource(clients: &Clients, arn: &str, kind: &str) -> Resource {
    let mut resource = clients.resource(ResourceId(arn.to_owned()), kind);
    Place::GLOBAL.clone_into(&mut resource.place.region);
    resource
}

/// The name that calls take, without the path before it.
pub(crate) fn name(id: &ResourceId) -> &str {
    Arn::from_id(id).map_or(id.as_str(), |arn| last_segment(arn.resource))
}

/// Converts tags into a map.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

/// The policies among these that belong to this account. Those of AWS are never deleted, so they do
/// not count as used.
pub(crate) fn own_policies(clients: &Clients, policies: Vec<String>) -> Vec<ResourceId> {
    let own =
        |arn: &String| Arn::parse(arn).is_some_and(|arn| arn.account == clients.place.account);
    policies.into_iter().filter(own).map(ResourceId).collect()
}

/// Why jiti must not delete a role or policy with this path: it belongs to AWS.
pub(crate) fn aws_owned_reason(path: &str) -> Option<String> {
    if path.starts_with("/aws-service-role/") {
        Some("it is linked to an AWS service".to_owned())
    } else if path.starts_with("/aws-reserved/") {
        Some("it is reserved by AWS".to_owned())
    } else {
        None
    }
}

/// Keeps the described resources that carry the tag, and records those that carry no stack's tag
/// in the clients' cache. `unique_ids` maps ids to the keys of that cache.
///
/// A resource that could not be described may belong to the stack, so its error is kept.
pub(crate) fn retain_tagged(
    clients: &Clients,
    scope: &DiscoveryScope,
    unique_ids: impl Iterator<Item = (ResourceId, String)>,
    descriptions: Descriptions,
) -> Listing {
    let unique_ids: HashMap<_, _> = unique_ids.collect();
    let mut failed = descriptions.failed.into_iter();
    let mut listing = Listing {
        failed: failed.next().map(|(_, error)| error),
        ..Listing::default()
    };
    for description in descriptions.found {
        let resource = &description.resource;
        if is_wanted(&resource.tags, scope) {
            listing.ids.push(resource.id.clone());
            listing.described.push(description);
        } else if !resource.tags.contains_key(STACK)
            && let Some(unique_id) = unique_ids.get(&resource.id)
        {
            clients.untagged.insert(unique_id);
        }
    }
    listing
}

/// Lists all users or all roles of the account with their tags, in pages, and keeps those that are
/// wanted. Reading the tags of each one would take one call for each.
pub(crate) async fn list_with_details(
    clients: &Clients,
    scope: &DiscoveryScope,
    entities: EntityType,
    resources: impl Fn(&GetAccountAuthorizationDetailsOutput) -> Vec<Resource>,
) -> Result<Listing, CloudError> {
    let mut pages = clients
        .iam()
        .get_account_authorization_details()
        .filter(entities)
        .max_items(PAGE_SIZE)
        .into_paginator()
        .send();
    let mut listed = Listing::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed!("iam", "GetAccountAuthorizationDetails"))?;
        let wanted = |resource: &Resource| is_wanted(&resource.tags, scope);
        for resource in resources(&page).into_iter().filter(wanted) {
            listed.ids.push(resource.id.clone());
            listed.described.push(Description::from(resource));
        }
    }
    Ok(listed)
}

/// The policies of a user or role from the details of its account: the attached ones, and its
/// boundary.
pub(crate) fn policies(
    attached: &[AttachedPolicy],
    boundary: Option<&AttachedPermissionsBoundary>,
) -> Vec<String> {
    let attached = attached
        .iter()
        .filter_map(|policy| policy.policy_arn.clone());
    let boundary = boundary.and_then(|policy| policy.permissions_boundary_arn.clone());
    attached.chain(boundary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is the last part of a path; the path shows what AWS created for itself.
    #[test]
    fn paths_are_not_names() {
        let id = ResourceId("arn:aws:iam::123456789012:role/teams/web/app".to_owned());
        assert_eq!(name(&id), "app");
        assert!(aws_owned_reason("/aws-service-role/ecs.amazonaws.com/").is_some());
        assert!(aws_owned_reason("/aws-reserved/sso.amazonaws.com/").is_some());
        assert_eq!(aws_owned_reason("/teams/"), None);
    }
}
