//! EBS snapshots.

use async_trait::async_trait;
use aws_sdk_ec2::types::Snapshot;
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::set_encrypted;
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::ec2::{BATCH, foreign_owner_reason, tags};
use crate::time::timestamp;

pub(super) struct Ec2Snapshot;

const NAME: &str = "ec2:snapshot";

/// The prefix of the tags that AWS Backup puts on its recovery points.
const BACKUP: &str = "aws:backup:";

#[async_trait]
impl ResourceType for Ec2Snapshot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn id_prefix(&self) -> Option<&'static str> {
        Some("snap")
    }

    async fn describe(&self, clients: &Clients, ids: &[ResourceId]) -> Descriptions {
        batches(ids, BATCH, |ids| describe(clients, ids)).await
    }

    async fn delete(
        &self,
        clients: &Clients,
        resource: &Resource,
        _options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let id = resource_name(&resource.id, "snapshot");
        let answer = clients.ec2().delete_snapshot().snapshot_id(id).send().await;
        deleted(
            answer.map_err(failed!("ec2", "DeleteSnapshot", id)),
            Deletion::Gone,
        )
    }
}

/// Describes snapshots of this account. Without the owner, the filter would search all public
/// snapshots.
async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut pages = clients
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
        found.extend(to_resource(clients, &snapshot).map(Description::from));
    }
    Ok(found)
}

fn to_resource(clients: &Clients, snapshot: &Snapshot) -> Option<Resource> {
    let id = clients.arn("ec2", &format!("snapshot/{}", snapshot.snapshot_id()?));
    let mut resource = clients.resource(id, NAME);
    resource.tags = tags(snapshot.tags());
    resource.state = snapshot.state().map(|state| state.as_str().to_owned());
    resource.created_at = timestamp(snapshot.start_time());
    resource.confirmation = Confirmation::Confirmed;
    let key = snapshot.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses = key.into_iter().collect();
    set_encrypted(&mut resource, snapshot.encrypted());
    let backup = resource.tags.keys().any(|key| key.starts_with(BACKUP));
    resource.untouchable = if backup {
        Some("it belongs to AWS Backup".to_owned())
    } else {
        foreign_owner_reason(clients, snapshot.owner_id())
    };
    // AWS bills the difference from the previous snapshot, which no call returns.
    resource.unpriced = vec!["snapshot storage".to_owned()];
    Some(resource)
}
