//! EKS node groups. Each has an Auto Scaling group, which is deleted with it.

use async_trait::async_trait;
use aws_sdk_eks::types::{
    Nodegroup, NodegroupResources, NodegroupScalingConfig, RemoteAccessConfig,
};
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::autoscaling_group;
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::saved_size::number;
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct EksNodeGroup;

const NAME: &str = "eks:nodegroup";

#[async_trait]
impl ResourceType for EksNodeGroup {
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
        let (cluster, name) = names(&resource.id, "nodegroup");
        let answer = clients
            .eks()
            .delete_nodegroup()
            .cluster_name(cluster)
            .nodegroup_name(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("eks", "DeleteNodegroup", name)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        // The maximum size cannot be zero, and need not be: nothing asks for more nodes.
        let size = NodegroupScalingConfig::builder()
            .min_size(0)
            .desired_size(0);
        resize(clients, resource, size.build()).await
    }

    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &Value,
    ) -> Result<(), CloudError> {
        let saved = |key| number(prior, key, resource);
        let size = NodegroupScalingConfig::builder()
            .min_size(saved("min")?)
            .max_size(saved("max")?)
            .desired_size(saved("desired")?);
        resize(clients, resource, size.build()).await
    }
}

async fn resize(
    clients: &Clients,
    resource: &Resource,
    size: NodegroupScalingConfig,
) -> Result<(), CloudError> {
    let (cluster, name) = names(&resource.id, "nodegroup");
    let answer = clients
        .eks()
        .update_nodegroup_config()
        .cluster_name(cluster)
        .nodegroup_name(name)
        .scaling_config(size)
        .send()
        .await
        .map_err(failed!("eks", "UpdateNodegroupConfig", name));
    answer.map(|_| ())
}

async fn describe(clients: &Clients, id: &ResourceId) -> Result<Description, CloudError> {
    let (cluster, name) = names(id, "nodegroup");
    let answer = clients
        .eks()
        .describe_nodegroup()
        .cluster_name(cluster)
        .nodegroup_name(name)
        .send()
        .await
        .map_err(failed!("eks", "DescribeNodegroup", name))?;
    let group = answer
        .nodegroup()
        .ok_or_else(|| missing("eks", "DescribeNodegroup", name))?;
    let resource =
        to_resource(clients, group).ok_or_else(|| missing("eks", "DescribeNodegroup", name))?;
    Ok(Description {
        resource,
        owns: auto_scaling_groups_of(clients, group).await?,
    })
}

/// The Auto Scaling groups that it created. EKS returns only their names; their ARNs contain more.
async fn auto_scaling_groups_of(
    clients: &Clients,
    group: &Nodegroup,
) -> Result<Vec<ResourceId>, CloudError> {
    let groups: Vec<_> = group
        .resources()
        .map(NodegroupResources::auto_scaling_groups)
        .unwrap_or_default()
        .iter()
        .filter_map(|group| group.name.clone())
        .collect();
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let found = autoscaling_group::by_name(clients, groups)
        .await?
        .into_iter();
    Ok(found.map(|description| description.resource.id).collect())
}

fn to_resource(clients: &Clients, group: &Nodegroup) -> Option<Resource> {
    let id = ResourceId(group.nodegroup_arn()?.to_owned());
    let cluster = clients.arn("eks", &format!("cluster/{}", group.cluster_name()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags_of(group.tags());
    resource.state = group.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(group.created_at());
    resource.confirmation = Confirmation::Confirmed;
    resource.recreates = true;
    resource.owner = Some(cluster.clone());
    resource.uses = vec![cluster];
    let subnets = group
        .subnets()
        .iter()
        .map(|id| clients.arn("ec2", &format!("subnet/{id}")));
    let template = group.launch_template().and_then(|template| template.id());
    let template = template.map(|id| clients.arn("ec2", &format!("launch-template/{id}")));
    let access = group
        .remote_access()
        .map(RemoteAccessConfig::source_security_groups)
        .unwrap_or_default()
        .iter()
        .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let role = group.node_role().map(|arn| ResourceId(arn.to_owned()));
    let others = subnets.chain(template).chain(access).chain(role);
    resource.uses.extend(others);
    if let Some(size) = group.scaling_config() {
        let (min, max, desired) = (size.min_size()?, size.max_size()?, size.desired_size()?);
        resource.size = Some(json!({ "min": min, "max": max, "desired": desired }));
        resource.stopped = (min, desired) == (0, 0);
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{LaunchTemplateSpecification, builders::NodegroupBuilder};

    use super::*;

    fn group(min: i32, desired: i32) -> NodegroupBuilder {
        let size = NodegroupScalingConfig::builder()
            .min_size(min)
            .max_size(4)
            .desired_size(desired);
        Nodegroup::builder()
            .nodegroup_arn("arn:aws:eks:eu-west-1:123456789012:nodegroup/main/workers/0cc2")
            .cluster_name("main")
            .scaling_config(size.build())
    }

    fn resource(group: NodegroupBuilder) -> Resource {
        to_resource(&Clients::for_tests(), &group.build()).unwrap()
    }

    /// A node group belongs to its cluster. It is deleted before the cluster and before what its
    /// nodes use.
    #[test]
    fn what_a_node_group_uses() {
        let clients = Clients::for_tests();
        let template = LaunchTemplateSpecification::builder().id("lt-1").build();
        let group = group(1, 2)
            .subnets("subnet-1")
            .launch_template(template)
            .node_role("arn:role");
        let found = resource(group);
        let cluster = clients.arn("eks", "cluster/main");
        let wanted = [
            cluster.clone(),
            clients.arn("ec2", "subnet/subnet-1"),
            clients.arn("ec2", "launch-template/lt-1"),
            ResourceId("arn:role".to_owned()),
        ];
        assert_eq!(
            (found.uses.as_slice(), found.owner),
            (wanted.as_slice(), Some(cluster))
        );
        assert!(found.recreates && found.usage.is_empty());
    }

    /// The size has three numbers. During a sleep the maximum stays, because EKS does not accept
    /// zero.
    #[test]
    fn the_size_of_a_node_group() {
        let awake = resource(group(1, 2));
        assert_eq!(
            awake.size,
            Some(json!({ "min": 1, "max": 4, "desired": 2 }))
        );
        assert!(!awake.stopped && resource(group(0, 0)).stopped);
    }
}
