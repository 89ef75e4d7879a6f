//! Server certificates that IAM stores.

use async_trait::async_trait;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam::{self, PAGE_SIZE, name};
use crate::time::timestamp;

pub(super) struct IamServerCertificate;

const NAME: &str = "iam:server-certificate";

#[async_trait]
impl ResourceType for IamServerCertificate {
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
        let delete = clients.iam().delete_server_certificate();
        let answer = delete
            .server_certificate_name(name(&resource.id))
            .send()
            .await;
        deleted(
            answer.map_err(failed!(
                "iam",
                "DeleteServerCertificate",
                resource.id.as_str()
            )),
            Deletion::Gone,
        )
    }
}

/// The list has no tags, so this describes each certificate that it cannot skip.
async fn list(clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
    let mut pages = clients
        .iam()
        .list_server_certificates()
        .max_items(PAGE_SIZE)
        .into_paginator()
        .items()
        .send();
    let mut unique_ids = Vec::new();
    let mut ids = Vec::new();
    while let Some(certificate) = pages.next().await {
        let certificate = certificate.map_err(failed!("iam", "ListServerCertificates"))?;
        let unique_id = certificate.server_certificate_id();
        if !clients.untagged.can_skip(scope, unique_id) {
            unique_ids.push(certificate.server_certificate_id);
            ids.push(ResourceId(certificate.arn));
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
    let get = clients.iam().get_server_certificate();
    let answer = get
        .server_certificate_name(name(id))
        .send()
        .await
        .map_err(failed!("iam", "GetServerCertificate", id.as_str()))?;
    let mut resource = iam::resource(clients, id.as_str(), NAME);
    if let Some(certificate) = answer.server_certificate() {
        let about = certificate.server_certificate_metadata();
        resource.tags = iam::tags(certificate.tags());
        resource.created_at = timestamp(about.and_then(|about| about.upload_date()));
        resource.confirmation = Confirmation::Confirmed;
    }
    Ok(resource)
}
