//! Roles that pods of a cluster run as: they go with their cluster.

use aws_sdk_eks::types::PodIdentityAssociation;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "eks:podidentityassociation";
const KIND: &str = "podidentityassociation";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
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
            let (cluster, id) = names(&resource.id, KIND);
            let asked = at.eks().delete_pod_identity_association();
            let answer = asked.cluster_name(cluster).association_id(id).send().await;
            let answer = answer.map_err(failed!("eks", "DeletePodIdentityAssociation", id));
            deleted(answer, Deletion::Gone)
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, KIND);
    let asked = at.eks().describe_pod_identity_association();
    let answer = asked
        .cluster_name(cluster)
        .association_id(name)
        .send()
        .await;
    let answer = answer.map_err(failed!("eks", "DescribePodIdentityAssociation", name))?;
    let association = answer.association().and_then(|one| seen(at, one));
    association.ok_or_else(|| missing("eks", "DescribePodIdentityAssociation", name))
}

fn seen(at: &Clients, association: &PodIdentityAssociation) -> Option<Resource> {
    let id = ResourceId(association.association_arn()?.to_owned());
    let cluster = association.cluster_name()?;
    let mut resource = at.resource(id, NAME);
    resource.tags = tags_of(association.tags());
    resource.created_at = timestamp(association.created_at());
    resource.standing = Standing::Confirmed;
    resource.owner = Some(at.id("eks", &format!("cluster/{cluster}")));
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

    /// An association goes with its cluster and before its role; one that an add-on made is left to that.
    #[test]
    fn what_an_association_is() {
        let at = Clients::of_nobody();
        let association = PodIdentityAssociation::builder()
            .association_arn("arn:aws:eks:eu-west-1:123456789012:podidentityassociation/main/a-1")
            .cluster_name("main")
            .role_arn("arn:role");
        let resource = seen(&at, &association.clone().build()).unwrap();
        assert_eq!(resource.owner, Some(at.id("eks", "cluster/main")));
        assert_eq!(resource.uses, [ResourceId("arn:role".to_owned())]);
        assert_eq!(
            (names(&resource.id, KIND), resource.untouchable),
            (("main", "a-1"), None)
        );
        let of_addon = association.owner_arn("arn:addon").build();
        assert!(seen(&at, &of_addon).unwrap().untouchable.is_some());
    }
}
