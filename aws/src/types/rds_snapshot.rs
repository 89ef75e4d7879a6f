//! RDS snapshots.

use async_trait::async_trait;
use aws_sdk_rds::types::DbSnapshot;
use stack::cloud::{CloudError, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::services::rds::{self, BATCH, Snapshot};

pub(super) struct RdsSnapshot;

const NAME: &str = "rds:snapshot";

#[async_trait]
impl ResourceType for RdsSnapshot {
    fn name(&self) -> &'static str {
        NAME
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
        let name = resource_name(&resource.id, "snapshot");
        let answer = clients
            .rds()
            .delete_db_snapshot()
            .db_snapshot_identifier(name)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBSnapshot", name)),
            Deletion::Started,
        )
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut pages = clients
        .rds()
        .describe_db_snapshots()
        .filters(rds::filter("db-snapshot-id", ids, "snapshot"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(snapshot) = pages.next().await {
        let snapshot = snapshot.map_err(failed!("rds", "DescribeDBSnapshots"))?;
        found.extend(to_resource(clients, &snapshot).map(Description::from));
    }
    Ok(found)
}

fn to_resource(clients: &Clients, snapshot: &DbSnapshot) -> Option<Resource> {
    let described = Snapshot {
        arn: snapshot.db_snapshot_arn(),
        name: snapshot.db_snapshot_identifier(),
        database: snapshot.db_instance_identifier(),
        unique_id: snapshot.dbi_resource_id(),
        tags: snapshot.tag_list(),
        state: snapshot.status(),
        created: snapshot.snapshot_create_time(),
        kind: snapshot.snapshot_type(),
        key: snapshot.kms_key_id(),
    };
    described.to_resource(clients, NAME, "db")
}
