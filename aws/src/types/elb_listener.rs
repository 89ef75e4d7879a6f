//! Listeners of load balancers: they go with their balancer, or alone where the balancer is somebody else's.

use aws_sdk_elasticloadbalancingv2::types::Listener;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::batch::halves;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::elb::{BATCH, arns, balancer, tagged, tags_of, targets};

pub(super) struct This;

const NAME: &str = "elasticloadbalancing:listener";

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
            let answer = at.elb().delete_listener().listener_arn(arn).send().await;
            deleted(
                answer.map_err(failed!("elasticloadbalancing", "DeleteListener", arn)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let asked = at
        .elb()
        .describe_listeners()
        .set_listener_arns(Some(arns(ids)));
    let (answer, tags) = tokio::join!(asked.send(), tags_of(at, ids));
    let answer = answer.map_err(failed!("elasticloadbalancing", "DescribeListeners"))?;
    let found = answer.listeners().iter();
    Ok(tagged(
        found.filter_map(|listener| seen(at, listener)),
        tags?,
    ))
}

fn seen(at: &Clients, listener: &Listener) -> Option<Resource> {
    let id = ResourceId(listener.listener_arn()?.to_owned());
    let owner = balancer(&id);
    let mut resource = at.resource(id, NAME);
    resource.standing = Standing::Confirmed;
    resource.owner = owner;
    let certificates = listener.certificates().iter();
    let certificates = certificates.filter_map(|one| one.certificate_arn());
    let trust = listener.mutual_authentication();
    let trust = trust.and_then(|mutual| mutual.trust_store_arn());
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

    /// A listener goes with its balancer, and before what it forwards to and presents.
    #[test]
    fn what_a_listener_hangs_on() {
        let action = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn("arn:target");
        let certificate = Certificate::builder().certificate_arn("arn:certificate");
        let listener = Listener::builder()
            .listener_arn("arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/a/1/2")
            .default_actions(action.build())
            .certificates(certificate.build());
        let resource = seen(&Clients::of_nobody(), &listener.build()).unwrap();
        let owner = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1";
        assert_eq!(resource.owner, Some(ResourceId(owner.to_owned())));
        let uses = ["arn:target", "arn:certificate"].map(|arn| ResourceId(arn.to_owned()));
        assert_eq!(resource.uses, uses);
    }
}
