//! Amazon machine images.

use async_trait::async_trait;
use aws_sdk_ec2::types::{Image, ImageState};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::ec2_arns;
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, filter, foreign_owner_reason, tags};

pub(super) struct Ec2Image;

const NAME: &str = "ec2:image";

/// The value of the deregistration protection when it is not set.
const UNPROTECTED: &str = "disabled";

#[async_trait]
impl ResourceType for Ec2Image {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("ami")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    /// Keeps its snapshots, because another image may use them. Snapshots that carry the tag are
    /// deleted on their own.
    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "image");
        let answer = clients.ec2().deregister_image().image_id(id).send().await;
        match answer.map_err(failed!("ec2", "DeregisterImage", id)) {
            Ok(_) => Ok(Deletion::Gone),
            // EC2 reports a deregistered image as unavailable, not as missing.
            Err(error) if error.code.as_deref() == Some("InvalidAMIID.Unavailable") => {
                Ok(Deletion::Gone)
            }
            Err(error) => gone_is_done(error),
        }
    }
}

/// Describes images of this account. Without the owner, the filter would search all public images.
async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut items = clients
        .ec2()
        .describe_images()
        .owners("self")
        .filters(filter("image-id", ids, "image"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(image) = items.next().await {
        let image = image.map_err(failed!("ec2", "DescribeImages"))?;
        found.extend(to_resource(clients, &image).map(Description::from));
    }
    Ok(found)
}

fn to_resource(clients: &Clients, image: &Image) -> Option<Resource> {
    if image.state() == Some(&ImageState::Deregistered) {
        return None;
    }
    let id = clients.arn("ec2", &format!("image/{}", image.image_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(image.tags());
    resource.state = image.state().map(|state| state.as_str().to_owned());
    resource.created_at = image.creation_date().and_then(|date| date.parse().ok());
    resource.confirmation = Confirmation::Confirmed;
    let devices = image.block_device_mappings().iter();
    let snapshots = devices.filter_map(|device| device.ebs()?.snapshot_id());
    resource.uses = ec2_arns(clients, snapshots);
    resource.untouchable = foreign_owner_reason(clients, image.owner_id());
    let protection = image.deregistration_protection();
    resource.protection = protection
        .filter(|flag| *flag != UNPROTECTED)
        .map(|_| "DeregistrationProtection".to_owned());
    Some(resource)
}
