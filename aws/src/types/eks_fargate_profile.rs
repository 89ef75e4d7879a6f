//! Profiles by which pods of a cluster run on Fargate.

use aws_sdk_eks::types::FargateProfile;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "eks:fargateprofile";

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
            let (cluster, name) = names(&resource.id, "fargateprofile");
            let asked = at.eks().delete_fargate_profile().cluster_name(cluster);
            let answer = asked.fargate_profile_name(name).send().await;
            deleted(
                answer.map_err(failed!("eks", "DeleteFargateProfile", name)),
                Deletion::Begun,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, "fargateprofile");
    let asked = at.eks().describe_fargate_profile().cluster_name(cluster);
    let answer = asked.fargate_profile_name(name).send().await;
    let answer = answer.map_err(failed!("eks", "DescribeFargateProfile", name))?;
    let profile = answer
        .fargate_profile()
        .and_then(|profile| seen(at, profile));
    profile.ok_or_else(|| missing("eks", "DescribeFargateProfile", name))
}

fn seen(at: &Clients, profile: &FargateProfile) -> Option<Resource> {
    let id = ResourceId(profile.fargate_profile_arn()?.to_owned());
    let cluster = at.id("eks", &format!("cluster/{}", profile.cluster_name()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags_of(profile.tags());
    resource.state = profile.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(profile.created_at());
    resource.standing = Standing::Confirmed;
    resource.recreates = true;
    resource.owner = Some(cluster.clone());
    resource.uses = vec![cluster];
    let subnets = profile.subnets().iter();
    let subnets = subnets.map(|id| at.id("ec2", &format!("subnet/{id}")));
    let role = profile.pod_execution_role_arn();
    let role = role.map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(subnets.chain(role));
    // How many there are, and how large, only Kubernetes tells.
    resource.unpriced = vec!["pods on Fargate".to_owned()];
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile belongs to its cluster, and goes before it; what its pods cost is named.
    #[test]
    fn what_a_profile_is() {
        let at = Clients::of_nobody();
        let profile = FargateProfile::builder()
            .fargate_profile_arn("arn:aws:eks:eu-west-1:123456789012:fargateprofile/main/p/0cc2")
            .cluster_name("main")
            .subnets("subnet-1");
        let resource = seen(&at, &profile.build()).unwrap();
        let cluster = at.id("eks", "cluster/main");
        assert_eq!(
            resource.uses,
            [cluster.clone(), at.id("ec2", "subnet/subnet-1")]
        );
        assert_eq!(
            (resource.owner, resource.unpriced.len()),
            (Some(cluster), 1)
        );
    }
}
