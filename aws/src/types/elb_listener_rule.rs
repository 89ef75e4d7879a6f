//! Listener rules. They are deleted with their balancer, or alone if the balancer belongs to
//! another stack.

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::Rule;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::bisected_batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::elb::{BATCH, arns, balancer, tags_of, targets, with_tags};

pub(super) struct ElbListenerRule;

const NAME: &str = "elasticloadbalancing:listener-rule";

#[async_trait]
impl ResourceType for ElbListenerRule {
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
        let answer = clients.elb().delete_rule().rule_arn(arn).send().await;
        deleted(
            answer.map_err(failed!("elasticloadbalancing", "DeleteRule", arn)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let call = clients
        .elb()
        .describe_rules()
        .set_rule_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(call.send(), tags_of(clients, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeRules"))?;
    let found = answer.rules().iter();
    Ok(with_tags(
        found.filter_map(|rule| to_resource(clients, rule)),
        tags?,
    ))
}

fn to_resource(clients: &Clients, rule: &Rule) -> Option<Resource> {
    let id = ResourceId(rule.rule_arn()?.to_owned());
    let owner = balancer(&id);
    let mut resource = clients.resource(id, NAME);
    resource.confirmation = Confirmation::Confirmed;
    resource.owner = owner;
    resource.uses = targets(rule.actions()).into_iter().collect();
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum};

    use super::*;

    /// A rule belongs to its balancer. It is deleted before its target group, if the balancer
    /// stays.
    #[test]
    fn what_a_rule_uses() {
        let action = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn("arn:target");
        let rule = Rule::builder()
            .rule_arn("arn:aws:elasticloadbalancing:eu-west-1:1:listener-rule/app/a/1/2/3")
            .actions(action.build());
        let resource = to_resource(&Clients::for_tests(), &rule.build()).unwrap();
        let owner = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1";
        assert_eq!(resource.owner, Some(ResourceId(owner.to_owned())));
        assert_eq!(resource.uses, [ResourceId("arn:target".to_owned())]);
    }
}
