//! IAM SAML identity providers.

use async_trait::async_trait;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Descriptions, Listing, ResourceType};
use crate::services::iam;
use crate::time::timestamp;

pub(super) struct IamSamlProvider;

const NAME: &str = "iam:saml-provider";

#[async_trait]
impl ResourceType for IamSamlProvider {
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
        let id = resource.id.as_str();
        let delete = clients.iam().delete_saml_provider();
        let answer = delete.saml_provider_arn(id).send().await;
        deleted(
            answer.map_err(failed!("iam", "DeleteSAMLProvider", id)),
            Deletion::Gone,
        )
    }
}

/// The list has neither tags nor unique ids for the cache, so this describes each provider. There
/// are few.
async fn list(clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
    let answer = clients
        .iam()
        .list_saml_providers()
        .send()
        .await
        .map_err(failed!("iam", "ListSAMLProviders"))?;
    let providers = answer.saml_provider_list().iter();
    let arns = providers.filter_map(|provider| provider.arn.clone());
    let ids: Vec<_> = arns.map(ResourceId).collect();
    let descriptions = each(&ids, |id| describe(clients, id)).await;
    Ok(iam::retain_tagged(
        clients,
        scope,
        std::iter::empty(),
        descriptions,
    ))
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let get = clients.iam().get_saml_provider();
    let answer = get
        .saml_provider_arn(id.as_str())
        .send()
        .await
        .map_err(failed!("iam", "GetSAMLProvider", id.as_str()))?;
    let mut resource = iam::resource(clients, id.as_str(), NAME);
    resource.tags = iam::tags(answer.tags());
    resource.created_at = timestamp(answer.create_date());
    resource.confirmation = Confirmation::Confirmed;
    Ok(resource)
}
