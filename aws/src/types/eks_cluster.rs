//! EKS clusters. A cluster owns its node groups and Fargate profiles, which must be deleted first.

use async_trait::async_trait;
use aws_sdk_eks::types::{Cluster, ClusterStatus, SupportType};
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};
use stack::values::tags::STACK;

use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::governance::{is_everyone, set_public_if};
use crate::pricing::{Item, usage_of};
use crate::resource_type::{Description, Descriptions, Listing, ResourceType};
use crate::services::eks::tags_of;
use crate::tags::is_wanted;
use crate::time::timestamp;

pub(super) struct EksCluster;

const NAME: &str = "eks:cluster";

#[async_trait]
impl ResourceType for EksCluster {
    fn name(&self) -> &'static str {
        NAME
    }

    /// A region has few clusters, and discovery follows what they own from here.
    async fn list(&self, clients: &Clients, scope: &DiscoveryScope) -> Result<Listing, CloudError> {
        let mut pages = clients
            .eks()
            .list_clusters()
            .into_paginator()
            .items()
            .send();
        let mut ids = Vec::new();
        while let Some(name) = pages.next().await {
            let name = name.map_err(failed!("eks", "ListClusters"))?;
            ids.push(clients.arn("eks", &format!("cluster/{name}")));
        }
        let Descriptions { found, failed, .. } = each(&ids, |id| describe(clients, id)).await;
        let found = found.into_iter();
        let described: Vec<_> = found
            .filter(|description| is_wanted(&description.resource.tags, scope))
            .collect();
        Ok(Listing {
            ids: described
                .iter()
                .map(|description| description.resource.id.clone())
                .collect(),
            described,
            // A cluster that could not be described does not hide the others.
            failed: failed.into_iter().next().map(|(_, error)| error),
        })
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
        let name = resource_name(&resource.id, "cluster");
        let answer = clients.eks().delete_cluster().name(name).send().await;
        deleted(
            answer.map_err(failed!("eks", "DeleteCluster", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Description, CloudError> {
    let name = resource_name(id, "cluster");
    let answer = clients
        .eks()
        .describe_cluster()
        .name(name)
        .send()
        .await
        .map_err(failed!("eks", "DescribeCluster", name))?;
    let cluster = answer
        .cluster()
        .and_then(|cluster| to_resource(clients, cluster));
    let resource = cluster.ok_or_else(|| missing("eks", "DescribeCluster", name))?;
    // Skips what a cluster outside the wanted stack owns.
    let owns = if resource.tag(STACK).is_some() {
        parts(clients, name).await?
    } else {
        Vec::new()
    };
    Ok(Description { resource, owns })
}

/// Its node groups and Fargate profiles, from the lists of names.
async fn parts(clients: &Clients, name: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut parts = Vec::new();
    let mut pages = clients
        .eks()
        .list_nodegroups()
        .cluster_name(name)
        .into_paginator()
        .items()
        .send();
    while let Some(group) = pages.next().await {
        let group = group.map_err(failed!("eks", "ListNodegroups", name))?;
        parts.push(clients.arn("eks", &format!("nodegroup/{name}/{group}")));
    }
    let mut pages = clients
        .eks()
        .list_fargate_profiles()
        .cluster_name(name)
        .into_paginator()
        .items()
        .send();
    while let Some(profile) = pages.next().await {
        let profile = profile.map_err(failed!("eks", "ListFargateProfiles", name))?;
        parts.push(clients.arn("eks", &format!("fargateprofile/{name}/{profile}")));
    }
    Ok(parts)
}

fn to_resource(clients: &Clients, cluster: &Cluster) -> Option<Resource> {
    let id = ResourceId(cluster.arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(cluster.tags());
    resource.state = cluster.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(cluster.created_at());
    resource.confirmation = Confirmation::Confirmed;
    if cluster.deletion_protection() == Some(true) {
        resource.protection = Some("deletionProtection".to_owned());
    }
    if let Some(network) = cluster.resources_vpc_config() {
        let subnets = network
            .subnet_ids()
            .iter()
            .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
        let groups = network
            .security_group_ids()
            .iter()
            .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
        resource.uses = subnets.chain(groups).collect();
        let ranges = network.public_access_cidrs();
        let is_open = network.endpoint_public_access()
            && (ranges.is_empty() || ranges.iter().any(|range| is_everyone(range)));
        let how = "everyone can reach the Kubernetes API";
        set_public_if(&mut resource, Some(is_open), how);
    }
    let keys = cluster
        .encryption_config()
        .iter()
        .filter_map(|config| config.provider()?.key_arn());
    let arns = cluster
        .role_arn()
        .into_iter()
        .chain(keys)
        .map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(arns);
    if !matches!(
        cluster.status(),
        Some(ClusterStatus::Creating | ClusterStatus::Failed)
    ) {
        resource.usage = vec![usage_of(Item::EksCluster, Decimal::ONE)];
        let support = cluster
            .upgrade_policy()
            .and_then(|policy| policy.support_type());
        if support == Some(&SupportType::Extended) {
            resource.unpriced = vec!["extended support for an old version".to_owned()];
        }
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{UpgradePolicyResponse, VpcConfigResponse, builders::ClusterBuilder};
    use stack::StackName;

    use super::*;

    fn cluster() -> ClusterBuilder {
        Cluster::builder()
            .arn("arn:aws:eks:eu-west-1:123456789012:cluster/main")
            .status(ClusterStatus::Active)
            .tags(STACK, "one")
    }

    fn resource(cluster: ClusterBuilder) -> Resource {
        to_resource(&Clients::for_tests(), &cluster.build()).unwrap()
    }

    /// A cluster is deleted before its network and its role; deletion protection is reported.
    #[test]
    fn what_a_cluster_uses() {
        let clients = Clients::for_tests();
        let network = VpcConfigResponse::builder()
            .subnet_ids("subnet-1")
            .security_group_ids("sg-1");
        let found = resource(
            cluster()
                .resources_vpc_config(network.build())
                .role_arn("arn:role"),
        );
        let wanted = [
            clients.arn("ec2", "subnet/subnet-1"),
            clients.arn("ec2", "security-group/sg-1"),
            ResourceId("arn:role".to_owned()),
        ];
        assert_eq!(found.uses, wanted);
        assert_eq!(found.protection, None);
        let protected = resource(cluster().deletion_protection(true));
        assert_eq!(protected.protection.as_deref(), Some("deletionProtection"));
    }

    /// A cluster costs by the hour, idle or not, but not while EKS creates it. Extended support is
    /// unpriced.
    #[test]
    fn what_a_cluster_costs() {
        let usage = [usage_of(Item::EksCluster, Decimal::ONE)];
        let plain = resource(cluster());
        assert_eq!(
            (plain.usage.as_slice(), plain.unpriced.len()),
            (usage.as_slice(), 0)
        );
        assert!(
            resource(cluster().status(ClusterStatus::Creating))
                .usage
                .is_empty()
        );
        let extended = UpgradePolicyResponse::builder().support_type(SupportType::Extended);
        assert_eq!(
            resource(cluster().upgrade_policy(extended.build()))
                .unpriced
                .len(),
            1
        );
    }

    /// Only clusters with the tag are listed, and for one stack only its own.
    #[test]
    fn lists_wanted_clusters() {
        let found = resource(cluster());
        let named = |name: &str| DiscoveryScope::Stack(StackName::new(name).unwrap());
        assert!(
            is_wanted(&found.tags, &DiscoveryScope::All) && is_wanted(&found.tags, &named("one"))
        );
        assert!(!is_wanted(&found.tags, &named("two")));
        let untagged = Cluster::builder().arn("arn:aws:eks:eu-west-1:1:cluster/main");
        assert!(!is_wanted(&resource(untagged).tags, &DiscoveryScope::All));
    }
}
