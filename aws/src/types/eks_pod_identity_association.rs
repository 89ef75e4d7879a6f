//! EKS pod identity associations. A cluster owns its associations.

use async_trait::async_trait;
use aws_sdk_eks::types::PodIdentityAssociation;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct EksPodIdentityAssociation;

const NAME: &str = "eks:podidentityassociation";
const KIND: &str = "podidentityassociation";

#[async_trait]
impl ResourceType for EksPodIdentityAssociation {
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
        let (cluster, id) = names(&resource.id, KIND);
        let answer = clients
            .eks()
            .delete_pod_identity_association()
            .cluster_name(cluster)
            .association_id(id)
            .send()
            .await
            .map_err(failed!("eks", "DeletePodIdentityAssociation", id));
        deleted(answer, Deletion::Gone)
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, KIND);
    let answer = clients
        .eks()
        .describe_pod_identity_association()
        .cluster_name(cluster)
        .association_id(name)
        .send()
        .await
        .map_err(failed!("eks", "DescribePodIdentityAssociation", name))?;
    let association = answer
        .association()
        .and_then(|association| to_resource(clients, association));
    association.ok_or_else(|| missing("eks", "DescribePodIdentityAssociation", name))
}

fn to_resource(clients: &Clients, association: &PodIdentityAssociation) -> Option<Resource> {
    let id = ResourceId(association.association_arn()?.to_owned());
    let cluster = association.cluster_name()?;
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(association.tags());
    resource.created_at = timestamp(association.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.owner = Some(clients.arn("eks", &format!("cluster/{cluster}")));
    let role = association.role_arn();
    resource.uses = role
        .map(|arn| ResourceId(arn.to_owned()))
        .into_iter()
        .collect();
    let owner = association.owner_arn().filter(|arn| !arn.is_empty());
    resource.untouchable = owner.map(|arn| format!("it is managed by {arn}"));
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An association belongs to its cluster and is deleted before its role. One that an add-on
    /// created is left to the add-on.
    #[test]
    fn what_an_association_is() {
        let clients = Clients::for_tests();
        let association = PodIdentityAssociation::builder()
            .association_arn("arn:aws:eks:eu-west-1:123456789012:podidentityassociation/main/a-1")
            .cluster_name("main")
            .role_arn("arn:role");
        let resource = to_resource(&clients, &association.clone().build()).unwrap();
        assert_eq!(resource.owner, Some(clients.arn("eks", "cluster/main")));
        assert_eq!(resource.uses, [ResourceId("arn:role".to_owned())]);
        assert_eq!(
            (names(&resource.id, KIND), resource.untouchable),
            (("main", "a-1"), None)
        );
        let of_addon = association.owner_arn("arn:addon").build();
        assert!(
            to_resource(&clients, &of_addon)
                .unwrap()
                .untouchable
                .is_some()
        );
    }
}
