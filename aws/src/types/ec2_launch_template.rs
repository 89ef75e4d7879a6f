//! Launch templates.

use aws_sdk_ec2::types::LaunchTemplate;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{managed, tags, tolerant};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "ec2:launch-template";
const KIND: &str = "launch-template";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("lt")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(tolerant(ids, KIND, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, KIND);
            let call = at.ec2().delete_launch_template();
            let answer = call.launch_template_id(id).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteLaunchTemplate", id)),
                Deletion::Gone,
            )
        })
    }
}

async fn describe(at: &Clients, ids: Vec<String>) -> Result<Vec<Sighting>, CloudError> {
    let call = at.ec2().describe_launch_templates();
    let answer = call.set_launch_template_ids(Some(ids)).send().await;
    let answer = answer.map_err(failed!("ec2", "DescribeLaunchTemplates"))?;
    let all = answer.launch_templates().iter();
    let all = all.filter_map(|template| seen(at, template));
    Ok(all.map(Sighting::from).collect())
}

fn seen(at: &Clients, template: &LaunchTemplate) -> Option<Resource> {
    let id = template.launch_template_id()?;
    let id = at.id("ec2", &format!("{KIND}/{id}"));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(template.tags());
    resource.created_at = timestamp(template.create_time());
    resource.standing = Standing::Confirmed;
    resource.untouchable = managed(template.operator());
    Some(resource)
}
