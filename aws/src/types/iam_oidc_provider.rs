//! Providers of identities (OIDC): a cluster of EKS often brings its own.

use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing, Which};

use super::{Listed, Seen, Type};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::iam;
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "iam:oidc-provider";

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
        Box::pin(async move {
            let id = resource.id.as_str();
            let delete = at.iam().delete_open_id_connect_provider();
            let answer = delete.open_id_connect_provider_arn(id).send().await;
            deleted(
                answer.map_err(failed!("iam", "DeleteOpenIDConnectProvider", id)),
                Deletion::Gone,
            )
        })
    }
}

/// The list comes without tags. There are few, and none has a unique id by which it could be remembered: each is asked.
async fn list(at: &Clients, which: &Which) -> Result<Listed, CloudError> {
    let answer = at.iam().list_open_id_connect_providers().send().await;
    let answer = answer.map_err(failed!("iam", "ListOpenIDConnectProviders"))?;
    let providers = answer.open_id_connect_provider_list().iter();
    let arns = providers.filter_map(|provider| provider.arn.clone());
    let ids: Vec<_> = arns.map(ResourceId).collect();
    let seen = each(&ids, |id| describe(at, id)).await;
    Ok(iam::marked(at, which, std::iter::empty(), seen))
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let get = at.iam().get_open_id_connect_provider();
    let answer = get.open_id_connect_provider_arn(id.as_str()).send().await;
    let answer = answer.map_err(failed!("iam", "GetOpenIDConnectProvider", id.as_str()))?;
    let mut resource = iam::resource(at, id.as_str(), NAME);
    resource.tags = iam::tags(answer.tags());
    resource.created_at = timestamp(answer.create_date());
    resource.standing = Standing::Confirmed;
    Ok(resource)
}
