//! Rules of listeners: they go with their balancer, or alone where the balancer is somebody else's.

use aws_sdk_elasticloadbalancingv2::types::Rule;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::batch::halves;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::elb::{BATCH, arns, balancer, tagged, tags_of, targets};

pub(super) struct This;

const NAME: &str = "elasticloadbalancing:listener-rule";

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
            let answer = at.elb().delete_rule().rule_arn(arn).send().await;
            deleted(
                answer.map_err(failed!("elasticloadbalancing", "DeleteRule", arn)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let asked = at.elb().describe_rules().set_rule_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(asked.send(), tags_of(at, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeRules"))?;
    let found = answer.rules().iter();
    Ok(tagged(found.filter_map(|rule| seen(at, rule)), tags?))
}

fn seen(at: &Clients, rule: &Rule) -> Option<Resource> {
    let id = ResourceId(rule.rule_arn()?.to_owned());
    let owner = balancer(&id);
    let mut resource = at.resource(id, NAME);
    resource.standing = Standing::Confirmed;
    resource.owner = owner;
    resource.uses = targets(rule.actions()).into_iter().collect();
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum};

    use super::*;

    /// A rule goes with its balancer, and before its target group when the balancer is somebody's and stays.
    #[test]
    fn what_a_rule_hangs_on() {
        let action = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn("arn:target");
        let rule = Rule::builder()
            .rule_arn("arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/3")
            .actions(action.build());
        let resource = seen(&Clients::of_nobody(), &rule.build()).unwrap();
        let owner = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1";
        assert_eq!(resource.owner, Some(ResourceId(owner.to_owned())));
        assert_eq!(resource.uses, [ResourceId("arn:target".to_owned())]);
    }
}
