//! Load balancer listeners. They are deleted with their balancer, or alone if the balancer belongs
//! to another stack.

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::Listener;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::batch::bisected_batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::elb::{BATCH, arns, balancer, tags_of, targets, with_tags};

pub(super) struct ElbListener;

const NAME: &str = "elasticloadbalancing:listener";

#[async_trait]
impl ResourceType for ElbListener {
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
            .delete_listener()
            .listener_arn(arn)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("elasticloadbalancing", "DeleteListener", arn)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let call = clients
        .elb()
        .describe_listeners()
        .set_listener_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(call.send(), tags_of(clients, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeListeners"))?;
    let found = answer.listeners().iter();
    Ok(with_tags(
        found.filter_map(|listener| to_resource(clients, listener)),
        tags?,
    ))
}

fn to_resource(clients: &Clients, listener: &Listener) -> Option<Resource> {
    let id = ResourceId(listener.listener_arn()?.to_owned());
    let owner = balancer(&id);
    let mut resource = clients.resource(id, NAME);
    resource.confirmation = Confirmation::Confirmed;
    resource.owner = owner;
    let certificates = listener
        .certificates()
        .iter()
        .filter_map(|certificate| certificate.certificate_arn());
    let trust = listener
        .mutual_authentication()
        .and_then(|mutual| mutual.trust_store_arn());
    let others = certificates.chain(trust);
    resource.uses = targets(listener.default_actions()).into_iter().collect();
    resource
        .uses
        .extend(others.map(|arn| ResourceId(arn.to_owned())));
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Certificate};

    use super::*;

    /// A listener belongs to its balancer and is deleted before its target groups and certificates.
    #[test]
    fn what_a_listener_uses() {
        let action = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn("arn:target");
        let certificate = Certificate::builder().certificate_arn("arn:certificate");
        let listener = Listener::builder()
            .listener_arn("arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/a/1/2")
            .default_actions(action.build())
            .certificates(certificate.build());
        let resource = to_resource(&Clients::for_tests(), &listener.build()).unwrap();
        let owner = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1";
        assert_eq!(resource.owner, Some(ResourceId(owner.to_owned())));
        let uses = ["arn:target", "arn:certificate"].map(|arn| ResourceId(arn.to_owned()));
        assert_eq!(resource.uses, uses);
    }
}
