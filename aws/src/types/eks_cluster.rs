//! Clusters of Kubernetes. They own their node groups and profiles, without which they cannot go.

use async_trait::async_trait;
use aws_sdk_eks::types::{Cluster, ClusterStatus, SupportType};
use rust_decimal::Decimal;
use stack::cloud::{
    CloudError, Confirmation, DeleteOptions, Deletion, DiscoveryScope, Resource, ResourceId,
};
use stack::values::tags::STACK;

use super::{Description, Descriptions, Listing, ResourceType};
use crate::arn::resource_name;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::pricing::hourly;
use crate::services::eks::tags_of;
use crate::time::timestamp;

pub(super) struct EksCluster;

const NAME: &str = "eks:cluster";

#[async_trait]
impl ResourceType for EksCluster {
    fn name(&self) -> &'static str {
        NAME
    }

    /// There are few in a region, and what hangs on one is followed from here.
    async fn list(&self, clients: &Clients, which: &DiscoveryScope) -> Result<Listing, CloudError> {
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
        let Descriptions { found, failed } = each(&ids, |id| describe(clients, id)).await;
        let found = found.into_iter();
        let described: Vec<_> = found.filter(|one| carries(&one.resource, which)).collect();
        Ok(Listing {
            ids: described
                .iter()
                .map(|one| one.resource.id.clone())
                .collect(),
            described,
            // One that may not be asked about hides none of the others.
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
        _how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "cluster");
        let answer = clients.eks().delete_cluster().name(name).send().await;
        deleted(
            answer.map_err(failed!("eks", "DeleteCluster", name)),
            Deletion::Started,
        )
    }
}

/// Whether it carries the tag that is looked for.
fn carries(resource: &Resource, which: &DiscoveryScope) -> bool {
    match (which, resource.tag(STACK)) {
        (_, None) => false,
        (DiscoveryScope::All, Some(_)) => true,
        (DiscoveryScope::Stack(name), Some(stack)) => name.as_str() == stack,
    }
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Description, CloudError> {
    let name = resource_name(id, "cluster");
    let answer = clients.eks().describe_cluster().name(name).send().await;
    let answer = answer.map_err(failed!("eks", "DescribeCluster", name))?;
    let cluster = answer
        .cluster()
        .and_then(|cluster| to_resource(clients, cluster));
    let resource = cluster.ok_or_else(|| missing("eks", "DescribeCluster", name))?;
    // Whose it is not is not looked into.
    let owns = if resource.tag(STACK).is_some() {
        parts(clients, name).await?
    } else {
        Vec::new()
    };
    Ok(Description { resource, owns })
}

/// Its node groups and profiles, as far as a list of names tells them.
async fn parts(clients: &Clients, name: &str) -> Result<Vec<ResourceId>, CloudError> {
    let mut parts = Vec::new();
    let asked = clients.eks().list_nodegroups().cluster_name(name);
    let mut pages = asked.into_paginator().items().send();
    while let Some(group) = pages.next().await {
        let group = group.map_err(failed!("eks", "ListNodegroups", name))?;
        parts.push(clients.arn("eks", &format!("nodegroup/{name}/{group}")));
    }
    let asked = clients.eks().list_fargate_profiles().cluster_name(name);
    let mut pages = asked.into_paginator().items().send();
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
        let subnets = network.subnet_ids().iter();
        let subnets = subnets.map(|id| clients.arn("ec2", &format!("subnet/{id}")));
        let groups = network.security_group_ids().iter();
        let groups = groups.map(|id| clients.arn("ec2", &format!("security-group/{id}")));
        resource.uses = subnets.chain(groups).collect();
    }
    let keys = cluster.encryption_config().iter();
    let keys = keys.filter_map(|config| config.provider()?.key_arn());
    let arns = cluster.role_arn().into_iter().chain(keys);
    let arns = arns.map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(arns);
    if !matches!(
        cluster.status(),
        Some(ClusterStatus::Creating | ClusterStatus::Failed)
    ) {
        resource.usage = vec![hourly("eks:cluster", Decimal::ONE)];
        let support = cluster.upgrade_policy();
        let support = support.and_then(|policy| policy.support_type());
        if support == Some(&SupportType::Extended) {
            resource.unpriced = vec!["extended support of an old version".to_owned()];
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

    /// A cluster goes before its network and its role, and not against its protection.
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

    /// It costs by the hour, idle or not, but not while it is being made; what an old version adds is named.
    #[test]
    fn what_a_cluster_costs() {
        let usage = [hourly("eks:cluster", Decimal::ONE)];
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

    /// Only what carries the tag is listed, and of one stack only its own.
    #[test]
    fn whose_a_cluster_is() {
        let found = resource(cluster());
        let named = |name: &str| DiscoveryScope::Stack(StackName::new(name).unwrap());
        assert!(carries(&found, &DiscoveryScope::All) && carries(&found, &named("one")));
        assert!(!carries(&found, &named("two")));
        let untagged = Cluster::builder().arn("arn:aws:eks:eu-west-1:1:cluster/main");
        assert!(!carries(&resource(untagged), &DiscoveryScope::All));
    }
}
