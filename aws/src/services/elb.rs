//! What the types of Elastic Load Balancing share.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{Action, ForwardActionConfig};
use stack::cloud::{CloudError, Resource, ResourceId};

use crate::client::Clients;
use crate::client::error::failed;
use crate::resource_type::Description;
use crate::tags;

/// ARNs in one call: `DescribeTags` accepts no more.
pub(crate) const BATCH: usize = 20;

/// Converts the ids of a batch to ARNs.
pub(crate) fn arns(ids: &[ResourceId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

/// Reads the tags of a batch, by ARN.
pub(crate) async fn tags_of(
    clients: &Clients,
    ids: &[ResourceId],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, CloudError> {
    let answer = clients
        .elb()
        .describe_tags()
        .set_resource_arns(Some(arns(ids)))
        .send()
        .await
        .map_err(failed!("elasticloadbalancing", "DescribeTags"))?;
    let by_arn = answer.tag_descriptions().iter().filter_map(|entry| {
        let pairs = entry.tags().iter().map(|tag| (tag.key(), tag.value()));
        Some((entry.resource_arn()?.to_owned(), tags::map(pairs)))
    });
    Ok(by_arn.collect())
}

/// Adds the tags, which come from another call, to resources.
pub(crate) fn with_tags(
    resources: impl Iterator<Item = Resource>,
    mut tags: BTreeMap<String, BTreeMap<String, String>>,
) -> Vec<Description> {
    resources
        .map(|mut resource| {
            resource.tags = tags.remove(resource.id.as_str()).unwrap_or_default();
            Description::from(resource)
        })
        .collect()
}

/// The distinct target groups that actions forward to.
pub(crate) fn targets(actions: &[Action]) -> BTreeSet<ResourceId> {
    let weighted = actions
        .iter()
        .filter_map(|action| action.forward_config())
        .flat_map(ForwardActionConfig::target_groups)
        .filter_map(|target| target.target_group_arn());
    let single = actions
        .iter()
        .filter_map(|action| action.target_group_arn());
    single
        .chain(weighted)
        .map(|arn| ResourceId(arn.to_owned()))
        .collect()
}

/// The load balancer that a listener or rule belongs to. Both are deleted with it.
pub(crate) fn balancer(id: &ResourceId) -> Option<ResourceId> {
    let (head, path) = id.as_str().split_once(":listener")?;
    let mut parts = path
        .strip_prefix("-rule")
        .unwrap_or(path)
        .split('/')
        .skip(1);
    let (kind, name, number) = (parts.next()?, parts.next()?, parts.next()?);
    Some(ResourceId(format!(
        "{head}:loadbalancer/{kind}/{name}/{number}"
    )))
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{ActionTypeEnum, TargetGroupTuple};

    use super::*;

    /// The ARN of a listener or rule leads to its load balancer.
    #[test]
    fn listeners_lead_to_their_balancer() {
        let head = "arn:aws:elasticloadbalancing:eu-west-1:1";
        let balancer_of = |path: &str| balancer(&ResourceId(format!("{head}:{path}")));
        let balancer = ResourceId(format!("{head}:loadbalancer/app/web/50dc"));
        assert_eq!(
            balancer_of("listener/app/web/50dc/f2f7"),
            Some(balancer.clone())
        );
        assert_eq!(
            balancer_of("listener-rule/app/web/50dc/f2f7/9683"),
            Some(balancer)
        );
        assert_eq!(balancer_of("targetgroup/web/50dc"), None);
    }

    /// All target groups of an action count, single or weighted.
    #[test]
    fn finds_the_target_groups_of_actions() {
        let tuple = |arn: &str| TargetGroupTuple::builder().target_group_arn(arn).build();
        let weighted = ForwardActionConfig::builder()
            .target_groups(tuple("arn:a"))
            .target_groups(tuple("arn:b"));
        let action = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn("arn:a")
            .forward_config(weighted.build());
        let found: Vec<_> = targets(&[action.build()]).into_iter().collect();
        let wanted = ["arn:a", "arn:b"].map(|arn| ResourceId(arn.to_owned()));
        assert_eq!(found, wanted);
    }
}
