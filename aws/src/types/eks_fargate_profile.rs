//! EKS Fargate profiles.

use async_trait::async_trait;
use aws_sdk_eks::types::FargateProfile;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Descriptions, ResourceType};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct EksFargateProfile;

const NAME: &str = "eks:fargateprofile";

#[async_trait]
impl ResourceType for EksFargateProfile {
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
        let (cluster, name) = names(&resource.id, "fargateprofile");
        let answer = clients
            .eks()
            .delete_fargate_profile()
            .cluster_name(cluster)
            .fargate_profile_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("eks", "DeleteFargateProfile", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, "fargateprofile");
    let answer = clients
        .eks()
        .describe_fargate_profile()
        .cluster_name(cluster)
        .fargate_profile_name(name)
        .send()
        .await
        .map_err(failed!("eks", "DescribeFargateProfile", name))?;
    let profile = answer
        .fargate_profile()
        .and_then(|profile| to_resource(clients, profile));
    profile.ok_or_else(|| missing("eks", "DescribeFargateProfile", name))
}

fn to_resource(clients: &Clients, profile: &FargateProfile) -> Option<Resource> {
    let id = ResourceId(profile.fargate_profile_arn()?.to_owned());
    let cluster = clients.arn("eks", &format!("cluster/{}", profile.cluster_name()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(profile.tags());
    resource.state = profile.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(profile.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.recreates = true;
    resource.owner = Some(cluster.clone());
    resource.uses = vec![cluster];
    let subnets = profile
        .subnets()
        .iter()
        .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let role = profile
        .pod_execution_role_arn()
        .map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(subnets.chain(role));
    // Only Kubernetes knows the number and size of the pods.
    resource.unpriced = vec!["pods on Fargate".to_owned()];
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile belongs to its cluster and is deleted before it. Its pods are unpriced.
    #[test]
    fn what_a_profile_is() {
        let clients = Clients::for_tests();
        let profile = FargateProfile::builder()
            .fargate_profile_arn("arn:aws:eks:eu-west-1:123456789012:fargateprofile/main/p/0cc2")
            .cluster_name("main")
            .subnets("subnet-1");
        let resource = to_resource(&clients, &profile.build()).unwrap();
        let cluster = clients.arn("eks", "cluster/main");
        assert_eq!(
            resource.uses,
            [cluster.clone(), clients.arn("ec2", "subnet/subnet-1")]
        );
        assert_eq!(
            (resource.owner, resource.unpriced.len()),
            (Some(cluster), 1)
        );
    }
}
