//! Snapshots of volumes.

use aws_sdk_ec2::types::Snapshot;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::ec2::{BATCH, foreign, tags};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "ec2:snapshot";

/// How the tags begin by which AWS Backup says that a snapshot is a recovery point of its own.
const BACKUP: &str = "aws:backup:";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ids_begin(&self) -> Option<&'static str> {
        Some("snap")
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
            let id = short(&resource.id, "snapshot");
            let answer = at.ec2().delete_snapshot().snapshot_id(id).send().await;
            deleted(
                answer.map_err(failed!("ec2", "DeleteSnapshot", id)),
                Deletion::Gone,
            )
        })
    }
}

/// Snapshots of this account: a filter alone would look among all that are public.
async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let mut pages = at
        .ec2()
        .describe_snapshots()
        .owner_ids("self")
        .filters(crate::services::ec2::filter("snapshot-id", ids, "snapshot"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(snapshot) = pages.next().await {
        let snapshot = snapshot.map_err(failed!("ec2", "DescribeSnapshots"))?;
        found.extend(seen(at, &snapshot).map(Sighting::from));
    }
    Ok(found)
}

fn seen(at: &Clients, snapshot: &Snapshot) -> Option<Resource> {
    let id = at.id("ec2", &format!("snapshot/{}", snapshot.snapshot_id()?));
    let mut resource = at.resource(id, NAME);
    resource.tags = tags(snapshot.tags());
    resource.state = snapshot.state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(snapshot.start_time());
    resource.standing = Standing::Confirmed;
    let key = snapshot.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses = key.into_iter().collect();
    let backup = resource.tags.keys().any(|key| key.starts_with(BACKUP));
    resource.untouchable = if backup {
        Some("it belongs to AWS Backup".to_owned())
    } else {
        foreign(at, snapshot.owner_id())
    };
    // What is billed is what differs from the snapshot before, which nothing tells.
    resource.unpriced = vec!["snapshot storage".to_owned()];
    Some(resource)
}
