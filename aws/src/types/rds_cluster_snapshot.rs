//! Snapshots of database clusters.

use aws_sdk_rds::types::DbClusterSnapshot;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon, Standing};

use super::{Seen, Sighting, Type};
use crate::arn::{Arn, short};
use crate::batch::batches;
use crate::clients::Clients;
use crate::error::{deleted, failed};
use crate::rds::{self, BATCH};
use crate::time::timestamp;

pub(super) struct This;

const NAME: &str = "rds:cluster-snapshot";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
    }

    fn covers(&self, arn: &Arn<'_>) -> bool {
        arn.is("rds", "cluster-snapshot")
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
            let name = short(&resource.id, "cluster-snapshot");
            let asked = at
                .rds()
                .delete_db_cluster_snapshot()
                .db_cluster_snapshot_identifier(name);
            deleted(
                asked
                    .send()
                    .await
                    .map_err(failed!("rds", "DeleteDBClusterSnapshot", name)),
                Deletion::Begun,
            )
        })
    }
}

async fn describe(at: &Clients, ids: &[ResourceId]) -> Result<Vec<Sighting>, CloudError> {
    let mut pages = at
        .rds()
        .describe_db_cluster_snapshots()
        .filters(rds::filter(
            "db-cluster-snapshot-id",
            ids,
            "cluster-snapshot",
        ))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(snapshot) = pages.next().await {
        let snapshot = snapshot.map_err(failed!("rds", "DescribeDBClusterSnapshots"))?;
        found.extend(seen(at, &snapshot).map(Sighting::from));
    }
    Ok(found)
}

fn seen(at: &Clients, snapshot: &DbClusterSnapshot) -> Option<Resource> {
    let name = snapshot.db_cluster_snapshot_identifier()?;
    let database = snapshot.db_cluster_identifier().unwrap_or_default();
    // What a teardown was asked to keep is nobody's stack any longer, whatever tags were copied to it.
    if name == rds::last_snapshot(database, snapshot.db_cluster_resource_id()) {
        return None;
    }
    let id = ResourceId(snapshot.db_cluster_snapshot_arn()?.to_owned());
    let mut resource = at.resource(id, NAME);
    resource.tags = rds::tags_of(snapshot.tag_list());
    resource.state = snapshot.status().map(str::to_owned);
    resource.created_at = timestamp(snapshot.snapshot_create_time());
    resource.standing = Standing::Confirmed;
    match snapshot.snapshot_type() {
        // An automated one goes with its database, and only so.
        Some("automated") => resource.owner = Some(at.id("rds", &format!("cluster:{database}"))),
        Some("awsbackup") => {
            resource.untouchable = Some("it is managed by AWS Backup".to_owned());
        }
        _ => {}
    }
    let key = snapshot.kms_key_id().map(|arn| ResourceId(arn.to_owned()));
    resource.uses.extend(key);
    // What it stores is told by nothing, and partly free.
    resource.unpriced = vec!["snapshot storage".to_owned()];
    Some(resource)
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::builders::DbClusterSnapshotBuilder;

    use super::*;

    fn snapshot(name: &str, kind: &str) -> DbClusterSnapshotBuilder {
        DbClusterSnapshot::builder()
            .db_cluster_snapshot_arn(format!(
                "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{name}"
            ))
            .db_cluster_snapshot_identifier(name)
            .db_cluster_identifier("main")
            .db_cluster_resource_id("cluster-ABC")
            .snapshot_type(kind)
    }

    /// Automated ones go with their database, others by themselves; one that was asked for at the end is kept.
    #[test]
    fn whose_a_snapshot_is() {
        let at = Clients::of_nobody();
        let seen = |name, kind| seen(&at, &snapshot(name, kind).build());
        let automated = seen("rds:main-2026-11-21", "automated").unwrap();
        assert_eq!(automated.owner, Some(at.id("rds", "cluster:main")));
        let manual = seen("before", "manual").unwrap();
        assert_eq!((manual.owner, manual.untouchable), (None, None));
        assert!(seen("backup", "awsbackup").unwrap().untouchable.is_some());
        assert_eq!(seen("main-final-abc", "manual"), None);
    }
}
