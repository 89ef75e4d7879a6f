//! RDS clusters. The members of an Aurora cluster are deleted before it, those of a Multi-AZ
//! cluster with it.

use async_trait::async_trait;
use aws_sdk_rds::types::DbCluster;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::set_encrypted;
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::saved_size::running;
use crate::services::rds::{self, BATCH, Charge};
use crate::time::timestamp;

pub(super) struct RdsCluster;

const NAME: &str = "rds:cluster";

#[async_trait]
impl ResourceType for RdsCluster {
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
        options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "cluster");
        let snapshot = rds::final_snapshot(options, resource, name);
        let answer = clients
            .rds()
            .delete_db_cluster()
            .db_cluster_identifier(name)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot)
            .delete_automated_backups(true)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBCluster", name)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        let name = resource_name(&resource.id, "cluster");
        let call = clients.rds().stop_db_cluster().db_cluster_identifier(name);
        match call
            .send()
            .await
            .map_err(failed!("rds", "StopDBCluster", name))
        {
            Ok(_) => Ok(()),
            Err(error) => self.ignore_if_reached(clients, resource, error, true).await,
        }
    }

    async fn start(
        &self,
        clients: &Clients,
        resource: &Resource,
        prior: &Value,
    ) -> Result<(), CloudError> {
        if !running(prior, resource)? {
            return Ok(());
        }
        let name = resource_name(&resource.id, "cluster");
        let call = clients.rds().start_db_cluster().db_cluster_identifier(name);
        match call
            .send()
            .await
            .map_err(failed!("rds", "StartDBCluster", name))
        {
            Ok(_) => Ok(()),
            Err(error) => {
                self.ignore_if_reached(clients, resource, error, false)
                    .await
            }
        }
    }
}

impl RdsCluster {
    async fn ignore_if_reached(
        &self,
        clients: &Clients,
        resource: &Resource,
        error: CloudError,
        stopped: bool,
    ) -> Result<(), CloudError> {
        let descriptions = self
            .describe(clients, std::slice::from_ref(&resource.id))
            .await;
        rds::unless_reached(error, &descriptions, stopped)
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut pages = clients
        .rds()
        .describe_db_clusters()
        .filters(rds::filter("db-cluster-id", ids, "cluster"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(cluster) = pages.next().await {
        let cluster = cluster.map_err(failed!("rds", "DescribeDBClusters"))?;
        found.extend(to_description(clients, &cluster));
    }
    Ok(found)
}

fn to_description(clients: &Clients, cluster: &DbCluster) -> Option<Description> {
    let id = ResourceId(cluster.db_cluster_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = rds::tags_of(cluster.tag_list());
    resource.state = cluster.status().map(str::to_owned);
    resource.created_at = timestamp(cluster.cluster_create_time());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = uses(clients, cluster);
    set_encrypted(&mut resource, cluster.storage_encrypted());
    if cluster.deletion_protection() == Some(true) {
        resource.protection = Some("DeletionProtection".to_owned());
    }
    if can_stop(cluster) {
        let stopped = rds::is_stopped(cluster.status());
        resource.size = Some(json!({ "running": !stopped }));
        resource.stopped = stopped;
    }
    let unique = cluster.db_cluster_resource_id();
    rds::set_details(&mut resource, unique, cluster.automatic_restart_time());
    // Its instances have prices of their own; AWS charges its storage by use.
    if rds::charge(cluster.status()) != Charge::Nothing {
        let serverless = cluster.engine_mode() == Some("serverless");
        let unpriced = ["storage", "I/O requests", "backups"]
            .into_iter()
            .chain(serverless.then_some("capacity units"));
        resource.unpriced = unpriced.map(str::to_owned).collect();
    }
    let members = cluster
        .db_cluster_members()
        .iter()
        .filter_map(|member| member.db_instance_identifier());
    let owns = members.map(|name| clients.arn("rds", &format!("db:{name}")));
    Some(Description {
        resource,
        owns: owns.collect(),
    })
}

fn uses(clients: &Clients, cluster: &DbCluster) -> Vec<ResourceId> {
    let groups = cluster
        .vpc_security_groups()
        .iter()
        .filter_map(|group| group.vpc_security_group_id())
        .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let subnets = cluster
        .db_subnet_group()
        .map(|name| clients.arn("rds", &format!("subgrp:{name}")));
    let parameters = cluster
        .db_cluster_parameter_group()
        .map(|name| clients.arn("rds", &format!("cluster-pg:{name}")));
    let arns = [cluster.kms_key_id(), cluster.monitoring_role_arn()];
    let arns = arns.into_iter().flatten();
    groups
        .chain(subnets)
        .chain(parameters)
        .chain(arns.map(|arn| ResourceId(arn.to_owned())))
        .collect()
}

/// Whether the cluster can be stopped: a provisioned Aurora cluster that is not part of a global
/// database.
fn can_stop(cluster: &DbCluster) -> bool {
    cluster
        .engine()
        .is_some_and(|engine| engine.starts_with("aurora"))
        && cluster.engine_mode() != Some("serverless")
        && cluster
            .global_cluster_identifier()
            .is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{DbClusterMember, builders::DbClusterBuilder};

    use super::*;
    use crate::arn::Arn;

    fn cluster(engine: &str) -> DbClusterBuilder {
        DbCluster::builder()
            .db_cluster_arn("arn:aws:rds:eu-west-1:123456789012:cluster:main")
            .engine(engine)
            .status("available")
    }

    fn resource(cluster: DbClusterBuilder) -> Resource {
        to_description(&Clients::for_tests(), &cluster.build())
            .unwrap()
            .resource
    }

    /// A cluster owns its members and is deleted before its groups.
    #[test]
    fn what_belongs_to_a_cluster() {
        let clients = Clients::for_tests();
        let member = DbClusterMember::builder().db_instance_identifier("one");
        let cluster = cluster("aurora-mysql")
            .db_subnet_group("nets")
            .db_cluster_parameter_group("tuned")
            .db_cluster_members(member.build());
        let Description { resource, owns } = to_description(&clients, &cluster.build()).unwrap();
        assert_eq!(owns, [clients.arn("rds", "db:one")]);
        let wanted = [
            clients.arn("rds", "subgrp:nets"),
            clients.arn("rds", "cluster-pg:tuned"),
        ];
        assert_eq!(resource.uses, wanted);
        assert!(RdsCluster.matches(&Arn::from_id(&resource.id).unwrap()));
        let snapshot = "arn:aws:rds:eu-west-1:1:cluster-snapshot:main";
        assert!(!RdsCluster.matches(&Arn::parse(snapshot).unwrap()));
    }

    /// Only a provisioned Aurora cluster can be stopped.
    #[test]
    fn what_can_be_stopped() {
        let running = Some(json!({ "running": true }));
        assert_eq!(resource(cluster("aurora-postgresql")).size, running);
        assert!(resource(cluster("aurora-mysql").status("stopped")).stopped);
        assert_eq!(resource(cluster("postgres")).size, None);
        assert_eq!(
            resource(cluster("aurora").engine_mode("serverless")).size,
            None
        );
        let global = cluster("aurora-mysql").global_cluster_identifier("g");
        assert_eq!(resource(global).size, None);
    }

    /// The storage of a cluster is unpriced, unless AWS does not charge for the cluster.
    #[test]
    fn what_a_cluster_costs() {
        let unpriced = ["storage", "I/O requests", "backups"];
        assert_eq!(resource(cluster("aurora-mysql")).unpriced, unpriced);
        assert!(
            resource(cluster("aurora-mysql").status("creating"))
                .unpriced
                .is_empty()
        );
    }
}
