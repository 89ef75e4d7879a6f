//! Add-ons of a Kubernetes cluster: they go with it.

use aws_sdk_eks::types::Addon;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Type};
use crate::batch::each;
use crate::client::Clients;
use crate::client::error::{deleted, failed, missing};
use crate::services::eks::{names, tags_of};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "eks:addon";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(each(ids, |id| describe(at, id)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let (cluster, name) = names(&resource.id, "addon");
            let asked = at.eks().delete_addon().cluster_name(cluster);
            let answer = asked.addon_name(name).send().await;
            deleted(
                answer.map_err(failed!("eks", "DeleteAddon", name)),
                Deletion::Begun,
            )
        })
    }
}

async fn describe(at: &Clients, id: &ResourceId) -> Result<Resource, CloudError> {
    let (cluster, name) = names(id, "addon");
    let asked = at.eks().describe_addon().cluster_name(cluster);
    let answer = asked.addon_name(name).send().await;
    let answer = answer.map_err(failed!("eks", "DescribeAddon", name))?;
    let addon = answer.addon().and_then(|addon| seen(at, addon));
    addon.ok_or_else(|| missing("eks", "DescribeAddon", name))
}

fn seen(at: &Clients, addon: &Addon) -> Option<Resource> {
    let id = ResourceId(addon.addon_arn()?.to_owned());
    let mut resource = at.resource(id, NAME);
    resource.tags = tags_of(addon.tags());
    resource.state = addon.status().map(|status| status.as_str().to_owned());
    resource.created_at = timestamp(addon.created_at());
    resource.standing = Standing::Confirmed;
    let cluster = addon.cluster_name()?;
    resource.owner = Some(at.id("eks", &format!("cluster/{cluster}")));
    let role = addon.service_account_role_arn();
    resource
        .uses
        .extend(role.map(|arn| ResourceId(arn.to_owned())));
    if addon.marketplace_information().is_some() {
        resource.unpriced = vec!["its licence in the marketplace".to_owned()];
    }
    Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An add-on goes with its cluster, and before its role.
    #[test]
    fn what_an_addon_is() {
        let at = Clients::of_nobody();
        let addon = Addon::builder()
            .addon_arn("arn:aws:eks:eu-west-1:123456789012:addon/main/vpc-cni/0cc2")
            .cluster_name("main")
            .service_account_role_arn("arn:role");
        let resource = seen(&at, &addon.build()).unwrap();
        assert_eq!(resource.owner, Some(at.id("eks", "cluster/main")));
        assert_eq!(resource.uses, [ResourceId("arn:role".to_owned())]);
        assert!(resource.unpriced.is_empty());
    }
}
