//! Snapshots of database clusters.

use aws_sdk_rds::types::DbClusterSnapshot;
use stack::cloud::{CloudError, Deleting, Deletion, Resource, ResourceId, Soon};

use super::{Seen, Sighting, Type};
use crate::arn::short;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::services::rds::{self, BATCH, Snapshot};

pub(super) struct This;

const NAME: &str = "rds:cluster-snapshot";

impl Type for This {
    fn name(&self) -> &'static str {
        NAME
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
            let answer = asked.send().await;
            deleted(
                answer.map_err(failed!("rds", "DeleteDBClusterSnapshot", name)),
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
    let described = Snapshot {
        arn: snapshot.db_cluster_snapshot_arn(),
        name: snapshot.db_cluster_snapshot_identifier(),
        database: snapshot.db_cluster_identifier(),
        unique: snapshot.db_cluster_resource_id(),
        tags: snapshot.tag_list(),
        state: snapshot.status(),
        created: snapshot.snapshot_create_time(),
        kind: snapshot.snapshot_type(),
        key: snapshot.kms_key_id(),
    };
    described.seen(at, NAME, "cluster")
}
