//! EKS access entries. A cluster owns its entries.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_eks::types::AccessEntry;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, DeleteOptions, Deletion, Resource, ResourceId,
};

use crate::batch::with_limit;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct EksAccessEntry;

const NAME: &str = "eks:access-entry";
const KIND: &str = "access-entry";

/// The detail with the principal ARN, by which calls identify an entry.
const PRINCIPAL: &str = "principal";

#[async_trait]
impl ResourceType for EksAccessEntry {
    fn name(&self) -> &'static str {
        NAME
    }

    /// The ARN of an entry does not contain the whole principal, so this describes all entries of a
    /// cluster.
    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        let mut clusters: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
        for id in ids {
            let of_cluster = clusters.entry(names(id, KIND).0).or_default();
            of_cluster.push(id.clone());
        }
        let mut descriptions = Descriptions::default();
        for (cluster, ids) in clusters {
            match entries(clients, cluster).await {
                Ok(entries) => {
                    let wanted = entries.into_iter().filter(|entry| ids.contains(&entry.id));
                    descriptions.found.extend(wanted.map(Description::from));
                }
                Err(error) if error.kind == CloudErrorKind::Gone => {}
                Err(error) => descriptions.fail(&ids, &error),
            }
        }
        descriptions
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let (cluster, _) = names(&resource.id, KIND);
        let principal = resource.details.get(PRINCIPAL).map_or("", String::as_str);
        let answer = clients
            .eks()
            .delete_access_entry()
            .cluster_name(cluster)
            .principal_arn(principal)
            .send()
            .await
            .map_err(failed!("eks", "DeleteAccessEntry", principal));
        deleted(answer, Deletion::Gone)
    }
}

/// Describes all entries of a cluster.
async fn entries(clients: &Clients, cluster: &str) -> Result<Vec<Resource>, CloudError> {
    let mut pages = clients
        .eks()
        .list_access_entries()
        .cluster_name(cluster)
        .into_paginator()
        .items()
        .send();
    let mut principals = Vec::new();
    while let Some(principal) = pages.next().await {
        principals.push(principal.map_err(failed!("eks", "ListAccessEntries", cluster))?);
    }
    let calls = principals
        .iter()
        .map(|principal| entry(clients, cluster, principal));
    let mut found = Vec::new();
    for answer in with_limit(calls.collect()).await {
        match answer {
            Ok(entry) => found.push(entry),
            // It was deleted in the meantime.
            Err(error) if error.kind == CloudErrorKind::Gone => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

async fn entry(clients: &Clients, cluster: &str, principal: &str) -> Result<Resource, CloudError> {
    let answer = clients
        .eks()
        .describe_access_entry()
        .cluster_name(cluster)
        .principal_arn(principal)
        .send()
        .await
        .map_err(failed!("eks", "DescribeAccessEntry", principal))?;
    let entry = answer
        .access_entry()
        .and_then(|entry| to_resource(clients, entry));
    entry.ok_or_else(|| missing("eks", "DescribeAccessEntry", principal))
}

fn to_resource(clients: &Clients, entry: &AccessEntry) -> Option<Resource> {
    let id = ResourceId(entry.access_entry_arn()?.to_owned());
    let (cluster, principal) = (entry.cluster_name()?, entry.principal_arn()?);
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(entry.tags());
    resource.created_at = timestamp(entry.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.owner = Some(clients.arn("eks", &format!("cluster/{cluster}")));
    resource.uses = vec![ResourceId(principal.to_owned())];
    let principal = (PRINCIPAL.to_owned(), principal.to_owned());
    resource.details.extend([principal]);
    Some(resource)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::loopback::Loopback;

    /// An entry belongs to its cluster, and a delete identifies it by its principal.
    #[test]
    fn what_an_entry_is() {
        let clients = Clients::for_tests();
        let role = "arn:aws:iam::123456789012:role/teams/web/admin";
        let entry = AccessEntry::builder()
            .access_entry_arn(
                "arn:aws:eks:eu-west-1:123456789012:access-entry/main/role/123456789012/admin/0cc2",
            )
            .cluster_name("main")
            .principal_arn(role);
        let resource = to_resource(&clients, &entry.build()).unwrap();
        assert_eq!(resource.owner, Some(clients.arn("eks", "cluster/main")));
        assert_eq!(resource.uses, [ResourceId(role.to_owned())]);
        assert_eq!(resource.details[PRINCIPAL], role);
    }

    /// An entry of a missing cluster does not exist. If access is denied, its state is unknown.
    #[tokio::test]
    async fn denied_is_not_gone() {
        for (code, found) in [
            ("ResourceNotFoundException", 0),
            ("AccessDeniedException", 1),
        ] {
            let service = Loopback::new(move |_| {
                let body = json!({ "__type": code, "message": "no" });
                (400, "application/json", body.to_string())
            });
            let clients = service.await.clients;
            let id = clients.arn("eks", "access-entry/main/role/123456789012/admin/0cc2");
            let descriptions = EksAccessEntry.describe(&clients, &[id]).await;
            assert_eq!(
                (descriptions.found.len(), descriptions.failed.len()),
                (0, found),
                "{code}"
            );
        }
    }
}
