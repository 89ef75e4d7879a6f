//! Volumes.

use aws_sdk_ec2::types::{Filter, Volume, VolumeState};
use rust_decimal::Decimal;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::activity::Signal;
use crate::arn::{Arn, short};
use crate::batch::batches;
use crate::clients::Clients;
use crate::ec2::{BATCH, tags};
use crate::error::{failed, gone_is_done};
use crate::prices::monthly;
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "ec2:volume";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        arn.is("ec2", "volume")
    }

    fn describe<'a>(&'a self, at: &'a Clients, ids: &'a [ResourceId]) -> Soon<'a, Seen> {
        Box::pin(batches(ids, BATCH, |ids| describe(at, ids)))
    }

    fn delete<'a>(
        &'a self,
        at: &'a Clients,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let id = short(&resource.id, "volume");
            let answer = at.ec2().delete_volume().volume_id(id).send().await;
            match answer.map_err(failed!("ec2", "DeleteVolume", id)) {
                Ok(_) => Ok(Deletion::Begun),
                Err(error) => gone_is_done(error),
            }
        })
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        let signal = |metric| Signal {
            namespace: "AWS/EBS",
            metric,
            statistic: "Sum",
            dimensions: vec![("VolumeId", short(&resource.id, "volume").to_owned())],
            threshold: 1.0,
            silence_is_zero: false,
        };
        vec![signal("VolumeReadOps"), signal("VolumeWriteOps")]
    }
}

/// Volumes by a filter, which, unlike a list of ids, tolerates those that do not exist.
async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let ids = ids.iter().map(|id| short(id, "volume").to_owned());
    let filter = Filter::builder()
        .name("volume-id")
        .set_values(Some(ids.collect()));
    let mut pages = at
        .ec2()
        .describe_volumes()
        .filters(filter.build())
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(volume) = pages.next().await {
        let volume = volume.map_err(failed!("ec2", "DescribeVolumes"))?;
        found.extend(seen(at, &volume).map(Sighting::from));
    }
    Ok(found)
}

fn seen(at: &Clients, volume: &Volume) -> Option<Resource> {
    if volume.state() == Some(&VolumeState::Deleted) {
        return None;
    }
    let id = at.id("ec2", &format!("volume/{}", volume.volume_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(volume.tags());
    resource.state = volume.state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(volume.create_time());
    resource.standing = Standing::Confirmed;
    let kind = volume.volume_type().map_or("gp2", |kind| kind.as_str());
    let size = Decimal::from(volume.size().unwrap_or(0));
    resource.usage = vec![monthly(&format!("ebs:{kind}"), size)];
    Some(resource)
}
