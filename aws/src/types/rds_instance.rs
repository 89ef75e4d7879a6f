//! RDS instances.

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_rds::types::DbInstance;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stack::cloud::{CloudError, Confirmation, DeleteOptions, Deletion, Resource, ResourceId};

use crate::arn::resource_name;
use crate::batch::batches;
use crate::client::Clients;
use crate::client::error::{deleted, failed};
use crate::governance::{set_encrypted, set_public_if};
use crate::pricing::{DatabaseEngine, DatabaseStorage, Item, Meter, usage_of};
use crate::resource_type::{Description, Descriptions, ResourceType};
use crate::saved_size::running;
use crate::services::rds::{self, BATCH, Charge};
use crate::signal::Signal;
use crate::time::timestamp;

pub(super) struct RdsInstance;

const NAME: &str = "rds:db";

/// AWS charges for at least this time after each start. RDS does not report when an instance was
/// restarted.
const MIN_CHARGED_TIME: Duration = Duration::from_secs(600);

/// The IOPS that the price of gp3 storage includes.
const GP3_INCLUDED_IOPS: i32 = 12_000;

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
        options: DeleteOptions,
    ) -> Result<Deletion, CloudError> {
        let name = resource_name(&resource.id, "db");
        let snapshot = rds::final_snapshot(options, resource, name);
        let answer = clients
            .rds()
            .delete_db_instance()
            .db_instance_identifier(name)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot)
            .delete_automated_backups(true)
            .send()
            .await;
        deleted(
            answer.map_err(failed!("rds", "DeleteDBInstance", name)),
            Deletion::Started,
        )
    }

    async fn stop(&self, clients: &Clients, resource: &Resource) -> Result<(), CloudError> {
        let name = resource_name(&resource.id, "db");
        let call = clients
            .rds()
            .stop_db_instance()
            .db_instance_identifier(name);
        match call
            .send()
            .await
            .map_err(failed!("rds", "StopDBInstance", name))
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
        let name = resource_name(&resource.id, "db");
        let call = clients
            .rds()
            .start_db_instance()
            .db_instance_identifier(name);
        match call
            .send()
            .await
            .map_err(failed!("rds", "StartDBInstance", name))
        {
            Ok(_) => Ok(()),
            Err(error) => {
                self.ignore_if_reached(clients, resource, error, false)
                    .await
            }
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
    set_public_if(
        &mut resource,
        instance.publicly_accessible(),
        "it has a public address",
    );
    set_encrypted(&mut resource, instance.storage_encrypted());
    if instance.deletion_protection() == Some(true) {
        resource.protection = Some("DeletionProtection".to_owned());
    }
    if can_stop(instance) {
        let stopped = rds::is_stopped(instance.db_instance_status());
        resource.size = Some(json!({ "running": !stopped }));
        resource.stopped = stopped;
    }
    let unique = instance.dbi_resource_id();
    rds::set_details(&mut resource, unique, instance.automatic_restart_time());
    // The data of a cluster member belong to the cluster, and those of a replica to its source.
    // Neither can have a final snapshot.
    if instance.db_cluster_identifier().is_some() || is_replica(instance) {
        rds::set_no_final_snapshot(&mut resource);
    }
    price(&mut resource, instance);
    if instance.db_instance_status() == Some("available") {
        let created = resource.created_at;
        resource.charged_until = created.and_then(|time| time.checked_add(MIN_CHARGED_TIME).ok());
    }
    Some(resource)
}

/// Its cluster, if that has independent members; its source; its groups, key and role.
fn uses(clients: &Clients, instance: &DbInstance) -> Vec<ResourceId> {
    let engine = instance.engine().unwrap_or_default();
    let cluster = instance
        .db_cluster_identifier()
        .filter(|_| rds::has_independent_members(engine));
    let cluster = cluster.map(|name| clients.arn("rds", &format!("cluster:{name}")));
    // A replica of an instance in another region has the ARN of its source.
    let source = instance
        .read_replica_source_db_instance_identifier()
        .map(|name| match name.starts_with("arn:") {
            true => ResourceId(name.to_owned()),
            false => clients.arn("rds", &format!("db:{name}")),
        });
    let groups = instance
        .vpc_security_groups()
        .iter()
        .filter_map(|group| group.vpc_security_group_id())
        .map(|id| clients.arn("ec2", &format!("security-group/{id}")));
    let subnets = instance
        .db_subnet_group()
        .and_then(|group| group.db_subnet_group_name())
        .map(|name| clients.arn("rds", &format!("subgrp:{name}")));
    let parameters = instance
        .db_parameter_groups()
        .iter()
        .filter_map(|group| group.db_parameter_group_name())
        .map(|name| clients.arn("rds", &format!("pg:{name}")));
    let options = instance
        .option_group_memberships()
        .iter()
        .filter_map(|group| group.option_group_name())
        .map(|name| clients.arn("rds", &format!("og:{name}")));
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

/// Whether the instance can be stopped: not a member of a cluster, a replica, the source of one, a
/// SQL Server with a standby, or an RDS Custom instance.
fn can_stop(instance: &DbInstance) -> bool {
    let engine = instance.engine().unwrap_or_default();
    instance.db_cluster_identifier().is_none()
        && !is_replica(instance)
        && instance.read_replica_db_instance_identifiers().is_empty()
        && !engine.starts_with("custom-")
        && !(engine.starts_with("sqlserver") && instance.multi_az() == Some(true))
}

fn price(resource: &mut Resource, instance: &DbInstance) {
    let charge = rds::charge(instance.db_instance_status());
    let in_cluster = instance.db_cluster_identifier().is_some();
    // A standby is a second instance with a second storage.
    let copies = if instance.multi_az() == Some(true) {
        Decimal::TWO
    } else {
        Decimal::ONE
    };
    if charge == Charge::All {
        match meter(instance, in_cluster) {
            Some(meter) => resource.usage.push(usage_of(meter, copies)),
            None => {
                let class = instance.db_instance_class().unwrap_or("unknown class");
                let engine = instance.engine().unwrap_or("unknown engine");
                resource.unpriced.push(format!("{class} with {engine}"));
            }
        }
        if instance.publicly_accessible() == Some(true) {
            resource.usage.push(usage_of(Item::PublicIpv4, copies));
        }
    }
    if in_cluster || charge == Charge::Nothing {
        return;
    }
    let kind = instance.storage_type().unwrap_or("unknown");
    match (
        instance.allocated_storage(),
        DatabaseStorage::from_name(kind),
    ) {
        (Some(gigabytes), Some(storage)) => {
            let quantity = copies * Decimal::from(gigabytes);
            let usage = usage_of(Meter::DatabaseStorage(storage), quantity);
            resource.usage.push(usage);
        }
        (Some(_), None) => resource.unpriced.push(format!("{kind} storage")),
        (None, _) => resource.unpriced.push("its storage".to_owned()),
    }
    let iops = instance.iops().unwrap_or(0);
    if kind.starts_with("io") || iops > GP3_INCLUDED_IOPS {
        resource.unpriced.push("provisioned IOPS".to_owned());
    }
    resource.unpriced.push("backups".to_owned());
}

/// The meter of an instance; `None` if more than class and engine decides its price.
fn meter(instance: &DbInstance, in_cluster: bool) -> Option<Meter> {
    let name = instance.engine()?;
    let (class, engine) = (
        instance.db_instance_class()?,
        DatabaseEngine::from_name(name)?,
    );
    let has_list_price = name.starts_with("aurora") == in_cluster
        && class != "db.serverless"
        && instance.storage_type() != Some("aurora-iopt1");
    has_list_price.then(|| Meter::Database {
        class: class.to_owned(),
        engine,
    })
}
