//! Target groups of load balancers. Who forwards to one, or registers with one, goes first.

use aws_sdk_elasticloadbalancingv2::types::TargetGroup;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::batch::halves;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::elb::{BATCH, arns, tagged, tags_of};

pub(super) struct This;

const NAME: &str = "elasticloadbalancing:targetgroup";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(halves(ids, BATCH, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let arn = resource.id.as_str();
            let asked = at.elb().delete_target_group().target_group_arn(arn);
            let answer = asked.send().await;
            deleted(
                answer.map_err(failed!("elasticloadbalancing", "DeleteTargetGroup", arn)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let asked = at
        .elb()
        .describe_target_groups()
        .set_target_group_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(asked.send(), tags_of(at, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeTargetGroups"))?;
    let found = answer.target_groups().iter();
    Ok(tagged(found.filter_map(|group| seen(at, group)), tags?))
}

fn seen(at: &Clients, group: &TargetGroup) -> Option<Resource> {
    let id = ResourceId(group.target_group_arn()?.to_owned());
    let mut resource = at.resource(id, NAME);
    resource.standing = Standing::Confirmed;
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target group costs nothing, and uses nothing that would have to wait for it.
    #[test]
    fn a_target_group_is_free() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1";
        let group = TargetGroup::builder().target_group_arn(arn).vpc_id("vpc-1");
        let resource = seen(&Clients::of_nobody(), &group.build()).unwrap();
        assert!(resource.is_confirmed() && resource.uses.is_empty());
        assert!(resource.usage.is_empty() && resource.unpriced.is_empty());
    }
}
