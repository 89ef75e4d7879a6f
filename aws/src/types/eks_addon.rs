//! EKS add-ons. A cluster owns its add-ons.

use async_trait::async_trait;
use aws_sdk_eks::types::Addon;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct EksAddon;

const NAME: &str = "eks:addon";

#[async_trait]
impl ResourceType for EksAddon {
    fn name(&self) -> &'static str {
        NAME
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
        let (cluster, name) = names(&resource.id, "addon");
        let answer = clients
            .eks()
            .delete_addon()
            .cluster_name(cluster)
            .addon_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("eks", "DeleteAddon", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, "addon");
    let answer = clients
        .eks()
        .describe_addon()
        .cluster_name(cluster)
        .addon_name(name)
        .send()
        .await
        .map_err(failed!("eks", "DescribeAddon", name))?;
    let addon = answer.addon().and_then(|addon| to_resource(clients, addon));
    addon.ok_or_else(|| missing("eks", "DescribeAddon", name))
}

fn to_resource(clients: &Clients, addon: &Addon) -> Option<Resource> {
    let id = ResourceId(addon.addon_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(addon.tags());
    resource.state = addon.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(addon.created_at());
    resource.confirmation = Confirmation::Confirmed;
    let cluster = addon.cluster_name()?;
    resource.owner = Some(clients.arn("eks", &format!("cluster/{cluster}")));
    let role = addon.service_account_role_arn();
    resource
        .uses
        .extend(role.map(|arn| ResourceId(arn.to_owned())));
    if addon.marketplace_information().is_some() {
        resource.unpriced = vec!["its AWS Marketplace license".to_owned()];
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An add-on belongs to its cluster and is deleted before its role.
    #[test]
    fn what_an_addon_is() {
        let clients = Clients::for_tests();
        let addon = Addon::builder()
            .addon_arn("arn:aws:eks:eu-west-1:123456789012:addon/main/vpc-cni/0cc2")
            .cluster_name("main")
            .service_account_role_arn("arn:role");
        let resource = to_resource(&clients, &addon.build()).unwrap();
        assert_eq!(resource.owner, Some(clients.arn("eks", "cluster/main")));
        assert_eq!(resource.uses, [ResourceId("arn:role".to_owned())]);
        assert!(resource.unpriced.is_empty());
    }
}
