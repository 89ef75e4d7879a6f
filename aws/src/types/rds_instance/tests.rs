use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types::{DbSubnetGroup, VpcSecurityGroupMembership, builders::DbInstanceBuilder};

use jiff::Timestamp;

use super::*;

fn instance(engine: &str, state: &str) -> DbInstanceBuilder {
    DbInstance::builder()
        .db_instance_arn("arn:aws:rds:eu-west-1:123456789012:db:main")
        .db_instance_class("db.t3.micro")
        .dbi_resource_id("db-ABC")
        .engine(engine)
        .db_instance_status(state)
        .allocated_storage(20)
        .storage_type("gp3")
}

fn resource(instance: DbInstanceBuilder) -> Resource {
    to_resource(&Clients::for_tests(), &instance.build()).unwrap()
}

fn meters(resource: &Resource) -> Vec<String> {
    let usage = resource.usage.iter();
    usage.map(|usage| usage.meter.clone()).collect()
}

/// A stopped instance costs its storage, one that is being created nothing, and a standby doubles
/// all.
#[test]
fn what_a_database_costs() {
    let class = Meter::Database {
        class: "db.t3.micro".to_owned(),
        engine: DatabaseEngine::Postgres,
    };
    let running = resource(instance("postgres", "available"));
    let expected = ["rds:db.t3.micro:postgres", "rds:storage:gp3"];
    assert_eq!(meters(&running), expected);
    assert_eq!(running.usage[0], usage_of(class.clone(), Decimal::ONE));
    assert_eq!(
        meters(&resource(instance("postgres", "stopped"))),
        ["rds:storage:gp3"]
    );
    assert!(meters(&resource(instance("postgres", "creating"))).is_empty());
    // AWS charges for at least ten minutes.
    let created =
        |state| instance("postgres", state).instance_create_time(DateTime::from_secs(9_000));
    let until = |state| {
        resource(created(state))
            .charged_until
            .map(Timestamp::as_second)
    };
    assert_eq!((until("available"), until("stopped")), (Some(9_600), None));
    let multi_az = resource(instance("postgres", "available").multi_az(true));
    assert_eq!(multi_az.usage[0], usage_of(class, Decimal::TWO));
    let storage = Meter::DatabaseStorage(DatabaseStorage::Gp3);
    assert_eq!(multi_az.usage[1], usage_of(storage, Decimal::from(40)));
}

/// A running database with a public address is charged for it, and so is its standby.
#[test]
fn a_public_database_has_an_address() {
    let public = |state| resource(instance("postgres", state).publicly_accessible(true));
    assert!(meters(&public("available")).contains(&"vpc:public-ipv4".to_owned()));
    assert!(!meters(&public("stopped")).contains(&"vpc:public-ipv4".to_owned()));
    let standby = resource(
        instance("postgres", "available")
            .publicly_accessible(true)
            .multi_az(true),
    );
    let expected = usage_of(Item::PublicIpv4, Decimal::TWO);
    assert!(standby.usage.contains(&expected));
}

/// What has no list price is listed as unpriced.
#[test]
fn lists_what_has_no_price() {
    let oracle = resource(instance("oracle-ee", "available").storage_type("io1"));
    assert_eq!(meters(&oracle), ["rds:storage:io1"]);
    assert_eq!(
        oracle.unpriced,
        ["db.t3.micro with oracle-ee", "provisioned IOPS", "backups"]
    );
    let aurora = instance("aurora-mysql", "available").db_cluster_identifier("c");
    assert_eq!(
        meters(&resource(aurora.clone())),
        ["rds:db.t3.micro:aurora-mysql"]
    );
    let serverless = resource(aurora.db_instance_class("db.serverless"));
    assert!(serverless.usage.is_empty());
    assert_eq!(serverless.unpriced, ["db.serverless with aurora-mysql"]);
}

/// A member of an Aurora cluster is deleted before the cluster; a member of a Multi-AZ cluster is
/// deleted with it.
#[test]
fn what_a_database_uses() {
    let clients = Clients::for_tests();
    let group = VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1");
    let subnets = DbSubnetGroup::builder().db_subnet_group_name("nets");
    let member = instance("aurora-mysql", "available")
        .db_cluster_identifier("c")
        .vpc_security_groups(group.build())
        .db_subnet_group(subnets.build());
    let wanted = [
        clients.arn("rds", "cluster:c"),
        clients.arn("ec2", "security-group/sg-1"),
        clients.arn("rds", "subgrp:nets"),
    ];
    assert_eq!(resource(member).uses, wanted);
    let owned = resource(instance("mysql", "available").db_cluster_identifier("c"));
    assert!(owned.uses.is_empty());
    let replica = instance("mysql", "available").read_replica_source_db_instance_identifier("s");
    assert_eq!(resource(replica).uses, [clients.arn("rds", "db:s")]);
}

/// Only an instance that can be stopped has a size; the size says whether it runs.
#[test]
fn the_size_of_a_database() {
    let awake = resource(instance("mysql", "available"));
    assert_eq!(
        (awake.size, awake.stopped),
        (Some(json!({ "running": true })), false)
    );
    let restart = DateTime::from_secs(1_800_000_000);
    let asleep = resource(instance("mysql", "stopped").automatic_restart_time(restart));
    assert!(asleep.stopped && RdsInstance.signals(&asleep).is_empty());
    assert_eq!(asleep.details["restarts_at"], "2027-01-15T08:00:00Z");
    let member = instance("aurora-mysql", "available").db_cluster_identifier("c");
    assert_eq!(resource(member).size, None);
    let replicated = instance("mysql", "available").read_replica_db_instance_identifiers("r");
    assert_eq!(resource(replicated).size, None);
}
