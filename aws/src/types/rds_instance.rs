//! Database instances.

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_rds::types::DbInstance;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use super::{Description, Descriptions, ResourceType};
use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::metrics::Signal;
use crate::pricing::{hourly, monthly};
use crate::saved_size::running;
use crate::services::rds::{self, BATCH, Paid};
use crate::time::timestamp;

pub(super) struct RdsInstance;

const NAME: &str = "rds:db";

/// Engines whose price is that of their class alone; for the others a license, or an edition, decides.
const PRICED: [&str; 5] = [
    "mysql",
    "mariadb",
    "postgres",
    "aurora-mysql",
    "aurora-postgresql",
];

/// It is charged for so long after each start; when it was started again nothing tells.
const LEAST_TIME: Duration = Duration::from_secs(600);

/// Operations a second of gp3 storage that its price includes.
const INCLUDED_IOPS: i32 = 12_000;

#[async_trait]
impl ResourceType for RdsInstance {
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
        how: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "db");
        let snapshot = rds::wanted_snapshot(how, resource, name);
        let asked = clients
            .rds()
            .delete_db_instance()
            .db_instance_identifier(name)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot)
            .delete_automated_backups(true);
        let answer = asked.send().await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBInstance", name)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        let name = resource_name(&resource.id, "db");
        let asked = clients
            .rds()
            .stop_db_instance()
            .db_instance_identifier(name);
        match asked
            .send()
            .await
            .map_err(failed!("rds", "StopDBInstance", name))
        {
            Ok(_) => Ok(()),
            Err(error) => self.unless_so(clients, resource, error, true).await,
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
        let name = resource_name(&resource.id, "db");
        let asked = clients
            .rds()
            .start_db_instance()
            .db_instance_identifier(name);
        match asked
            .send()
            .await
            .map_err(failed!("rds", "StartDBInstance", name))
        {
            Ok(_) => Ok(()),
            Err(error) => self.unless_so(clients, resource, error, false).await,
        }
    }

    fn signals(&self, resource: &Resource) -> Vec<Signal> {
        if rds::is_stopped(resource.state.as_deref()) {
            return Vec::new();
        }
        vec![Signal {
            namespace: "AWS/RDS",
            metric: "DatabaseConnections",
            statistic: "Maximum",
            dimensions: vec![(
                "DBInstanceIdentifier",
                resource_name(&resource.id, "db").to_owned(),
            )],
            threshold: 1.0,
            silence_is_zero: false,
        }]
    }
}

impl RdsInstance {
    async fn unless_so(
        &self,
        clients: &Clients,
        resource: &Resource,
        error: CloudError,
        stopped: bool,
    ) -> Result<(), CloudError> {
        let descriptions = self
            .describe(clients, std::slice::from_ref(&resource.id))
            .await;
        rds::unless_so(error, &descriptions, stopped)
    }
}

async fn describe(clients: &Clients, ids: &[ResourceId]) -> Result<Vec<Description>, CloudError> {
    let mut pages = clients
        .rds()
        .describe_db_instances()
        .filters(rds::filter("db-instance-id", ids, "db"))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(instance) = pages.next().await {
        let instance = instance.map_err(failed!("rds", "DescribeDBInstances"))?;
        found.extend(to_resource(clients, &instance).map(Description::from));
    }
    Ok(found)
}

fn to_resource(clients: &Clients, instance: &DbInstance) -> Option<Resource> {
    let id = ResourceId(instance.db_instance_arn()?.to_owned());
    let mut resource = clients.resource(id, NAME);
    resource.tags = rds::tags_of(instance.tag_list());
    resource.state = instance.db_instance_status().map(str::to_owned);
    resource.created_at = timestamp(instance.instance_create_time());
    resource.confirmation = Confirmation::Confirmed;
    resource.uses = uses(clients, instance);
    if instance.deletion_protection() == Some(true) {
        resource.protection = Some("DeletionProtection".to_owned());
    }
    if can_stop(instance) {
        let stopped = rds::is_stopped(instance.db_instance_status());
        resource.size = Some(json!({ "running": !stopped }));
        resource.stopped = stopped;
    }
    let unique = instance.dbi_resource_id();
    rds::note(&mut resource, unique, instance.automatic_restart_time());
    // A member's data are its cluster's, and a replica's are its source's: neither can be asked for one.
    if instance.db_cluster_identifier().is_some() || is_replica(instance) {
        rds::note_no_snapshot(&mut resource);
    }
    price(&mut resource, instance);
    if instance.db_instance_status() == Some("available") {
        let created = resource.created_at;
        resource.charged_until = created.and_then(|time| time.checked_add(LEAST_TIME).ok());
    }
    Some(resource)
}

/// Its cluster, where that waits for it; what it copies; its groups, its key, its role.
fn uses(clients: &Clients, instance: &DbInstance) -> Vec<ResourceId> {
    let engine = instance.engine().unwrap_or_default();
    let cluster = instance.db_cluster_identifier();
    let cluster = cluster.filter(|_| rds::has_members_of_their_own(engine));
    let cluster = cluster.map(|name| clients.arn("rds", &format!("cluster:{name}")));
    // A replica in another region names its source by ARN.
    let source = instance.read_replica_source_db_instance_identifier();
    let source = source.map(|name| match name.starts_with("arn:") {
        true => ResourceId(name.to_owned()),
        false => clients.arn("rds", &format!("db:{name}")),
    });
    let groups = instance.vpc_security_groups().iter();
    let groups = groups.filter_map(|group| group.vpc_security_group_id());
    let groups = groups.map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let subnets = instance.db_subnet_group();
    let subnets = subnets.and_then(|group| group.db_subnet_group_name());
    let subnets = subnets.map(|name| clients.arn("rds", &format!("subgrp:{name}")));
    let parameters = instance.db_parameter_groups().iter();
    let parameters = parameters.filter_map(|group| group.db_parameter_group_name());
    let parameters = parameters.map(|name| clients.arn("rds", &format!("pg:{name}")));
    let options = instance.option_group_memberships().iter();
    let options = options.filter_map(|group| group.option_group_name());
    let options = options.map(|name| clients.arn("rds", &format!("og:{name}")));
    let arns = [instance.kms_key_id(), instance.monitoring_role_arn()];
    let arns = arns.into_iter().flatten();
    cluster
        .into_iter()
        .chain(source)
        .chain(groups)
        .chain(subnets)
        .chain(parameters)
        .chain(options)
        .chain(arns.map(|arn| ResourceId(arn.to_owned())))
        .collect()
}

fn is_replica(instance: &DbInstance) -> bool {
    instance
        .read_replica_source_db_instance_identifier()
        .is_some()
}

/// Whether it can be stopped by itself: not a member of a cluster, not a replica or replicated, not a SQL Server with a
/// standby, not one of those whose machine is the customer's.
fn can_stop(instance: &DbInstance) -> bool {
    let engine = instance.engine().unwrap_or_default();
    instance.db_cluster_identifier().is_none()
        && !is_replica(instance)
        && instance.read_replica_db_instance_identifiers().is_empty()
        && !engine.starts_with("custom-")
        && !(engine.starts_with("sqlserver") && instance.multi_az() == Some(true))
}

fn price(resource: &mut Resource, instance: &DbInstance) {
    let paid = rds::paid(instance.db_instance_status());
    let engine = instance.engine().unwrap_or("an unknown engine");
    let class = instance.db_instance_class().unwrap_or("an unknown class");
    let storage = instance.storage_type().unwrap_or("an unknown type");
    let in_cluster = instance.db_cluster_identifier().is_some();
    // A standby is a second instance with a second storage.
    let times = Decimal::from(if instance.multi_az() == Some(true) {
        2
    } else {
        1
    });
    if paid == Paid::All {
        let priced = PRICED.contains(&engine)
            && engine.starts_with("aurora") == in_cluster
            && class != "db.serverless"
            && storage != "aurora-iopt1";
        if priced {
            let meter = format!("rds:{class}:{engine}");
            resource.usage.push(hourly(&meter, times));
        } else {
            resource.unpriced.push(format!("a {class} of {engine}"));
        }
    }
    if in_cluster || paid == Paid::Nothing {
        return;
    }
    match instance.allocated_storage() {
        Some(size) => {
            let meter = format!("rds:storage:{storage}");
            resource
                .usage
                .push(monthly(&meter, times * Decimal::from(size)));
        }
        None => resource.unpriced.push("its storage".to_owned()),
    }
    let iops = instance.iops().unwrap_or(0);
    if storage.starts_with("io") || iops > INCLUDED_IOPS {
        resource.unpriced.push("provisioned IOPS".to_owned());
    }
    resource.unpriced.push("backups".to_owned());
}
