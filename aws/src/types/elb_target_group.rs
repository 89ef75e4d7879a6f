//! Load balancer target groups. What forwards to one, or registers with one, is deleted first.

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::TargetGroup;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::bisected_batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::elb::{BATCH, arns, tags_of, with_tags};

pub(super) struct ElbTargetGroup;

const NAME: &str = "elasticloadbalancing:targetgroup";

#[async_trait]
impl ResourceType for ElbTargetGroup {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        bisected_batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let arn = resource.id.as_str();
        let answer = clients
            .elb()
            .delete_target_group()
            .target_group_arn(arn)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticloadbalancing", "DeleteTargetGroup", arn)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let call = clients
        .elb()
        .describe_target_groups()
        .set_target_group_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(call.send(), tags_of(clients, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeTargetGroups"))?;
    let found = answer.target_groups().iter();
    Ok(with_tags(
        found.filter_map(|group| to_resource(clients, group)),
        tags?,
    ))
}

fn to_resource(clients: &Clients, group: &TargetGroup) -> Option<Resource> {
    let id = ResourceId(group.target_group_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.confirmation = Confirmation::Confirmed;
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target group is free and uses nothing.
    #[test]
    fn a_target_group_is_free() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1";
        let group = TargetGroup::builder().target_group_arn(arn).vpc_id("vpc-1");
        let resource = to_resource(&Clients::for_tests(), &group.build()).unwrap();
        assert!(resource.is_confirmed() && resource.uses.is_empty());
        assert!(resource.usage.is_empty() && resource.unpriced.is_empty());
    }
}
