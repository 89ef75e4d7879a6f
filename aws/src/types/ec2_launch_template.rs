//! Launch templates.

use async_trait::async_trait;
use aws_sdk_ec2::types::LaunchTemplate;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{existing_batches, service_managed_reason, tags};
use crate::time::timestamp;

pub(super) struct Ec2LaunchTemplate;

const NAME: &str = "ec2:launch-template";
const KIND: &str = "launch-template";

#[async_trait]
impl ResourceType for Ec2LaunchTemplate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("lt")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        existing_batches(ids, KIND, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, KIND);
        let answer = clients
            .ec2()
            .delete_launch_template()
            .launch_template_id(id)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteLaunchTemplate", id)),
            Deletion::Gone,
        )
    }
}

async fn describe(clients: &Clients, ids: Vec<String>) -> Result<Vec<Description>, CloudError> {
    let answer = clients
        .ec2()
        .describe_launch_templates()
        .set_launch_template_ids(Some(ids))
        .send()
        .await
        .map_err(failed!("ec2", "DescribeLaunchTemplates"))?;
    let all = answer
        .launch_templates()
        .iter()
        .filter_map(|template| to_resource(clients, template));
    Ok(all.map(Description::from).collect())
}

fn to_resource(clients: &Clients, template: &LaunchTemplate) -> Option<Resource> {
    let id = template.launch_template_id()?;
    let id = clients.arn("ec2", &format!("{KIND}/{id}"));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(template.tags());
    resource.created_at = timestamp(template.create_time());
    resource.confirmation = Confirmation::Confirmed;
    resource.untouchable = service_managed_reason(template.operator());
    Some(resource)
}
