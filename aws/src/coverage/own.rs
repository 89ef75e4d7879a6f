//! The types that have a file of their own.
//!
//! The document and the graph databases of AWS share the API of RDS, and the form of its ARNs.

use super::{INDEX, OWN_LIST, OWN_SERVICE, TypeCoverage};

/// Name, types of CloudFormation, how a resource is found, and whether it has a price.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

#[rustfmt::skip]
static OWN: &[Row] = &[
    ("autoscaling:autoScalingGroup", &["AWS::AutoScaling::AutoScalingGroup"], OWN_LIST, "free"),
    ("cloudformation:stack", &["AWS::CloudFormation::Stack"], INDEX, "free"),
    ("cloudwatch:alarm", &["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"], INDEX, "no"),
    ("dynamodb:table", &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"], INDEX, "no"),
    ("ec2:dhcp-options", &["AWS::EC2::DHCPOptions"], INDEX, "free"),
    ("ec2:egress-only-internet-gateway", &["AWS::EC2::EgressOnlyInternetGateway"], INDEX, "free"),
    ("ec2:elastic-ip", &["AWS::EC2::EIP"], INDEX, "yes"),
    ("ec2:vpc-flow-log", &["AWS::EC2::FlowLog"], INDEX, "no"),
    ("ec2:image", &[], INDEX, "free"),
    ("ec2:instance", &["AWS::EC2::Instance"], INDEX, "yes"),
    ("ec2:internet-gateway", &["AWS::EC2::InternetGateway"], INDEX, "free"),
    ("ec2:key-pair", &["AWS::EC2::KeyPair"], INDEX, "free"),
    ("ec2:launch-template", &["AWS::EC2::LaunchTemplate"], INDEX, "free"),
    ("ec2:natgateway", &["AWS::EC2::NatGateway"], INDEX, "yes"),
    ("ec2:network-acl", &["AWS::EC2::NetworkAcl"], INDEX, "free"),
    ("ec2:network-interface", &["AWS::EC2::NetworkInterface"], INDEX, "yes"),
    ("ec2:prefix-list", &["AWS::EC2::PrefixList"], INDEX, "free"),
    ("ec2:route-table", &["AWS::EC2::RouteTable"], INDEX, "free"),
    ("ec2:security-group", &["AWS::EC2::SecurityGroup"], INDEX, "free"),
    ("ec2:security-group-rule", &["AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"], INDEX, "free"),
    ("ec2:snapshot", &["AWS::EC2::Snapshot"], INDEX, "no"),
    ("ec2:subnet", &["AWS::EC2::Subnet"], INDEX, "free"),
    ("ec2:volume", &["AWS::EC2::Volume"], INDEX, "yes"),
    ("ec2:vpc", &["AWS::EC2::VPC"], INDEX, "free"),
    ("ec2:vpc-endpoint", &["AWS::EC2::VPCEndpoint"], INDEX, "yes"),
    ("ec2:vpc-peering-connection", &["AWS::EC2::VPCPeeringConnection"], INDEX, "free"),
    ("ecs:capacity-provider", &["AWS::ECS::CapacityProvider"], INDEX, "free"),
    ("ecs:cluster", &["AWS::ECS::Cluster"], INDEX, "free"),
    ("ecs:service", &["AWS::ECS::Service"], INDEX, "yes"),
    ("ecs:task", &[], INDEX, "free"),
    ("ecs:task-definition", &["AWS::ECS::TaskDefinition"], INDEX, "free"),
    ("eks:access-entry", &["AWS::EKS::AccessEntry"], INDEX, "free"),
    ("eks:addon", &["AWS::EKS::Addon"], INDEX, "no"),
    ("eks:cluster", &["AWS::EKS::Cluster"], OWN_LIST, "yes"),
    ("eks:fargateprofile", &["AWS::EKS::FargateProfile"], INDEX, "no"),
    ("eks:nodegroup", &["AWS::EKS::Nodegroup"], INDEX, "free"),
    ("eks:podidentityassociation", &["AWS::EKS::PodIdentityAssociation"], INDEX, "free"),
    ("elasticache:cluster", &["AWS::ElastiCache::CacheCluster"], INDEX, "yes"),
    ("elasticache:parametergroup", &["AWS::ElastiCache::ParameterGroup"], INDEX, "free"),
    ("elasticache:replicationgroup", &["AWS::ElastiCache::ReplicationGroup"], INDEX, "free"),
    ("elasticache:subnetgroup", &["AWS::ElastiCache::SubnetGroup"], INDEX, "free"),
    ("elasticloadbalancing:listener", &["AWS::ElasticLoadBalancingV2::Listener"], INDEX, "free"),
    ("elasticloadbalancing:listener-rule", &["AWS::ElasticLoadBalancingV2::ListenerRule"], INDEX, "free"),
    ("elasticloadbalancing:loadbalancer", &["AWS::ElasticLoadBalancingV2::LoadBalancer"], INDEX, "yes"),
    ("elasticloadbalancing:targetgroup", &["AWS::ElasticLoadBalancingV2::TargetGroup"], INDEX, "free"),
    ("iam:instance-profile", &["AWS::IAM::InstanceProfile"], OWN_LIST, "free"),
    ("iam:oidc-provider", &["AWS::IAM::OIDCProvider"], OWN_LIST, "free"),
    ("iam:policy", &["AWS::IAM::ManagedPolicy"], OWN_LIST, "free"),
    ("iam:role", &["AWS::IAM::Role"], OWN_LIST, "free"),
    ("iam:saml-provider", &["AWS::IAM::SAMLProvider"], OWN_LIST, "free"),
    ("iam:server-certificate", &["AWS::IAM::ServerCertificate"], OWN_LIST, "free"),
    ("iam:user", &["AWS::IAM::User", "AWS::IAM::AccessKey"], OWN_LIST, "free"),
    ("kms:key", &["AWS::KMS::Key", "AWS::KMS::ReplicaKey"], INDEX, "yes"),
    ("lambda:event-source-mapping", &["AWS::Lambda::EventSourceMapping"], INDEX, "free"),
    ("lambda:function", &["AWS::Lambda::Function"], INDEX, "no"),
    ("logs:log-group", &["AWS::Logs::LogGroup"], INDEX, "yes"),
    ("rds:cluster", &["AWS::RDS::DBCluster", "AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster"], INDEX, "no"),
    ("rds:cluster-pg", &["AWS::RDS::DBClusterParameterGroup", "AWS::DocDB::DBClusterParameterGroup", "AWS::Neptune::DBClusterParameterGroup"], INDEX, "free"),
    ("rds:cluster-snapshot", &[], INDEX, "no"),
    ("rds:db", &["AWS::RDS::DBInstance", "AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance"], INDEX, "yes"),
    ("rds:og", &["AWS::RDS::OptionGroup"], INDEX, "free"),
    ("rds:pg", &["AWS::RDS::DBParameterGroup", "AWS::Neptune::DBParameterGroup"], INDEX, "free"),
    ("rds:snapshot", &[], INDEX, "no"),
    ("rds:subgrp", &["AWS::RDS::DBSubnetGroup", "AWS::DocDB::DBSubnetGroup", "AWS::Neptune::DBSubnetGroup"], INDEX, "free"),
    ("s3:bucket", &["AWS::S3::Bucket"], INDEX, "no"),
    ("secretsmanager:secret", &["AWS::SecretsManager::Secret"], INDEX, "yes"),
    ("sns:topic", &["AWS::SNS::Topic"], INDEX, "no"),
    ("sqs:queue", &["AWS::SQS::Queue"], INDEX, "no"),
];

/// The types that `sleep` stops.
const STOPPED: [&str; 6] = [
    "autoscaling:autoScalingGroup",
    "ec2:instance",
    "ecs:service",
    "eks:nodegroup",
    "rds:cluster",
    "rds:db",
];

/// The types whose use is measured.
const MEASURED: [&str; 11] = [
    "autoscaling:autoScalingGroup",
    "dynamodb:table",
    "ec2:instance",
    "ec2:natgateway",
    "ec2:volume",
    "ec2:vpc-endpoint",
    "ecs:service",
    "elasticache:cluster",
    "elasticloadbalancing:loadbalancer",
    "lambda:function",
    "rds:db",
];

/// What jiti does about a type that has a file of its own. Without a row, it is found by its index
/// and has no price.
pub(super) fn coverage(name: &'static str) -> TypeCoverage {
    let without_row: Row = (name, &[], INDEX, "no");
    let row = OWN.iter().find(|(of, ..)| *of == name);
    let (_, cloud_formation, found_by, priced) = row.unwrap_or(&without_row);
    TypeCoverage {
        name: name.to_owned(),
        cloud_formation: cloud_formation.to_vec(),
        found_by,
        confirmed_by: OWN_SERVICE,
        deleted_by: OWN_SERVICE.to_owned(),
        priced,
        measured: MEASURED.contains(&name),
        stopped: STOPPED.contains(&name),
        outlives: outlives(name),
        schema: None,
    }
}

/// What is left after a deletion by the type's own service.
pub(crate) fn outlives(name: &str) -> Option<&'static str> {
    Some(match name {
        "kms:key" => "the key, until its scheduled deletion 30 days later",
        "secretsmanager:secret" => "the secret and its name, until its scheduled deletion",
        "rds:db" | "rds:cluster" => "manual snapshots, and the final one if you ask for it",
        "ec2:volume" | "ec2:image" => "snapshots, if they do not carry the stack's tags",
        "dynamodb:table" => "backups; one of the system for 35 days with point-in-time recovery",
        "lambda:function" => "its log group, if it carries other tags",
        "ecs:task-definition" => "the inactive revision, until no task refers to it",
        "sqs:queue" => "its name stays taken for 60 seconds",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::types::ALL;

    /// The code of a type's file and folder, without its tests.
    fn source_of(name: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types");
        let declaration = format!("const NAME: &str = \"{name}\";");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains(&declaration) {
                let inner = path.with_extension("");
                let inner = std::fs::read_dir(inner).into_iter().flatten();
                let parts = inner
                    .map(|entry| entry.unwrap().path())
                    .filter(|path| !path.ends_with("tests.rs"))
                    .map(|path| std::fs::read_to_string(path).unwrap());
                let own = text.split("\nmod tests {").next().unwrap().to_owned();
                return parts.fold(own, |all, part| all + &part);
            }
        }
        panic!("no file has {declaration}");
    }

    /// The table has exactly the types that have a file, and says of each what its file does.
    #[test]
    fn the_table_agrees_with_the_files() {
        let names: BTreeSet<&str> = ALL.iter().map(|kind| kind.name()).collect();
        let listed: BTreeSet<&str> = OWN.iter().map(|(name, ..)| *name).collect();
        assert_eq!(listed, names);
        for name in names {
            let (source, told) = (source_of(name), coverage(name));
            let has = |text: &str| source.contains(text);
            assert_eq!(told.found_by == OWN_LIST, has("async fn list("), "{name}");
            assert_eq!(told.measured, has("fn signals("), "{name}");
            assert_eq!(told.stopped, has("async fn stop("), "{name}");
            if told.priced == "free" {
                assert!(!has("usage_of") && !has(".unpriced = vec"), "{name}");
            }
            assert_eq!(told.priced == "yes", has("usage_of"), "{name}");
        }
    }
}
