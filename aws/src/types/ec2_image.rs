//! Images of machines.

use aws_sdk_ec2::types::{Image, ImageState};
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{failed, gone_is_done};
use crate::services::ec2::{BATCH, filter, foreign, named, tags};

pub(super) struct This;

const NAME: &str = "ec2:image";

/// What the flag against deregistration is when nobody has set it.
const UNPROTECTED: &str = "disabled";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("ami")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    /// Its snapshots stay: another image may be made of them. Those that carry the tag go by themselves.
    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "image");
            let answer = at.ec2().deregister_image().image_id(id).send().await;
            match answer.map_err(failed!("ec2", "DeregisterImage", id)) {
                Ok(_) => Ok(Deletion::Gone),
                // An image that was deregistered is not available rather than not found.
                Err(error) if error.code.as_deref() == Some("InvalidAMIID.Unavailable") => {
                    Ok(Deletion::Gone)
                }
                Err(error) => gone_is_done(error),
            }
        })
    }
}

/// Images of this account: a filter alone would look among all that are public.
async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let call = at.ec2().describe_images().owners("self");
    let call = call.filters(filter("image-id", ids, "image"));
    let mut items = call.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(image) = items.next().await {
        let image = image.map_err(failed!("ec2", "DescribeImages"))?;
        found.extend(seen(at, &image).map(Sighting::from));
    }
    Ok(found)
}

fn seen(at: &Clients, image: &Image) -> Option<Resource> {
    if image.state() == Some(&ImageState::Deregistered) {
        return None;
    }
    let id = at.id("ec2", &format!("image/{}", image.image_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(image.tags());
    resource.state = image.state().map(|state| state.as_str().to_owned());
    resource.created_at = image.creation_date().and_then(|date| date.parse().ok());
    resource.standing = Standing::Confirmed;
    let devices = image.block_device_mappings().iter();
    let snapshots = devices.filter_map(|device| device.ebs()?.snapshot_id());
    resource.uses = named(at, snapshots);
    resource.untouchable = foreign(at, image.owner_id());
    let protection = image.deregistration_protection();
    resource.protection = protection
        .filter(|flag| *flag != UNPROTECTED)
        .map(|_| "DeregistrationProtection".to_owned());
    Some(resource)
}
