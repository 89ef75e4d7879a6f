//! The AWS resource types that jiti knows, one file each.
//!
//! To add one, write its file in `types/`, declare the module here and list its type in [`ALL`].

mod autoscaling_group;
mod cloudformation_stack;
mod cloudwatch_alarm;
mod dynamodb_table;
mod ec2_dhcp_options;
mod ec2_egress_only_internet_gateway;
mod ec2_elastic_ip;
mod ec2_flow_log;
mod ec2_image;
mod ec2_instance;
mod ec2_internet_gateway;
mod ec2_key_pair;
mod ec2_launch_template;
mod ec2_natgateway;
mod ec2_network_acl;
mod ec2_network_interface;
mod ec2_prefix_list;
mod ec2_route_table;
mod ec2_security_group;
mod ec2_security_group_rule;
mod ec2_snapshot;
mod ec2_subnet;
mod ec2_volume;
mod ec2_vpc;
mod ec2_vpc_endpoint;
mod ec2_vpc_peering_connection;
mod ecs_capacity_provider;
mod ecs_cluster;
mod ecs_service;
mod ecs_task;
mod ecs_task_definition;
mod eks_access_entry;
mod eks_addon;
mod eks_cluster;
mod eks_fargate_profile;
mod eks_node_group;
mod eks_pod_identity_association;
mod elasticache_cluster;
mod elasticache_parameter_group;
mod elasticache_replication_group;
mod elasticache_subnet_group;
mod elb_listener;
mod elb_listener_rule;
mod elb_load_balancer;
mod elb_target_group;
mod iam_instance_profile;
mod iam_oidc_provider;
mod iam_policy;
mod iam_role;
mod iam_saml_provider;
mod iam_server_certificate;
mod iam_user;
mod kms_key;
mod lambda_event_source_mapping;
mod lambda_function;
mod logs_log_group;
mod rds_cluster;
mod rds_cluster_parameter_group;
mod rds_cluster_snapshot;
mod rds_instance;
mod rds_option_group;
mod rds_parameter_group;
mod rds_snapshot;
mod rds_subnet_group;
mod s3_bucket;
mod secretsmanager_secret;
mod sns_topic;
mod sqs_queue;

use std::collections::BTreeSet;

use stack::ResourceId;
use stack::cloud::RecoveryCommands;

use crate::arn::Arn;
use crate::client::Clients;
use crate::cloud_control::table;
use crate::resource_type::ResourceType;

/// Every resource type that has a file of its own.
pub(crate) static ALL: &[&dyn ResourceType] = &[
    &autoscaling_group::AutoscalingGroup,
    &cloudformation_stack::CloudformationStack,
    &cloudwatch_alarm::CloudwatchAlarm,
    &dynamodb_table::DynamodbTable,
    &ec2_dhcp_options::Ec2DhcpOptions,
    &ec2_egress_only_internet_gateway::Ec2EgressOnlyInternetGateway,
    &ec2_elastic_ip::Ec2ElasticIp,
    &ec2_flow_log::Ec2FlowLog,
    &ec2_image::Ec2Image,
    &ec2_instance::Ec2Instance,
    &ec2_internet_gateway::Ec2InternetGateway,
    &ec2_key_pair::Ec2KeyPair,
    &ec2_launch_template::Ec2LaunchTemplate,
    &ec2_natgateway::Ec2NatGateway,
    &ec2_network_acl::Ec2NetworkAcl,
    &ec2_network_interface::Ec2NetworkInterface,
    &ec2_prefix_list::Ec2PrefixList,
    &ec2_route_table::Ec2RouteTable,
    &ec2_security_group::Ec2SecurityGroup,
    &ec2_security_group_rule::Ec2SecurityGroupRule,
    &ec2_snapshot::Ec2Snapshot,
    &ec2_subnet::Ec2Subnet,
    &ec2_volume::Ec2Volume,
    &ec2_vpc::Ec2Vpc,
    &ec2_vpc_endpoint::Ec2VpcEndpoint,
    &ec2_vpc_peering_connection::Ec2VpcPeeringConnection,
    &ecs_capacity_provider::EcsCapacityProvider,
    &ecs_cluster::EcsCluster,
    &ecs_service::EcsService,
    &ecs_task::EcsTask,
    &ecs_task_definition::EcsTaskDefinition,
    &eks_access_entry::EksAccessEntry,
    &eks_addon::EksAddon,
    &eks_cluster::EksCluster,
    &eks_fargate_profile::EksFargateProfile,
    &eks_node_group::EksNodeGroup,
    &eks_pod_identity_association::EksPodIdentityAssociation,
    &elasticache_cluster::ElasticacheCluster,
    &elasticache_parameter_group::ElasticacheParameterGroup,
    &elasticache_replication_group::ElasticacheReplicationGroup,
    &elasticache_subnet_group::ElasticacheSubnetGroup,
    &elb_listener::ElbListener,
    &elb_listener_rule::ElbListenerRule,
    &elb_load_balancer::ElbLoadBalancer,
    &elb_target_group::ElbTargetGroup,
    &iam_instance_profile::IamInstanceProfile,
    &iam_oidc_provider::IamOidcProvider,
    &iam_policy::IamPolicy,
    &iam_role::IamRole,
    &iam_saml_provider::IamSamlProvider,
    &iam_server_certificate::IamServerCertificate,
    &iam_user::IamUser,
    &kms_key::KmsKey,
    &lambda_event_source_mapping::LambdaEventSourceMapping,
    &lambda_function::LambdaFunction,
    &logs_log_group::LogsLogGroup,
    &rds_cluster::RdsCluster,
    &rds_cluster_parameter_group::RdsClusterParameterGroup,
    &rds_cluster_snapshot::RdsClusterSnapshot,
    &rds_instance::RdsInstance,
    &rds_option_group::RdsOptionGroup,
    &rds_parameter_group::RdsParameterGroup,
    &rds_snapshot::RdsSnapshot,
    &rds_subnet_group::RdsSubnetGroup,
    &s3_bucket::S3Bucket,
    &secretsmanager_secret::SecretsmanagerSecret,
    &sns_topic::SnsTopic,
    &sqs_queue::SqsQueue,
];

/// The commands of the AWS CLI that restore a resource with this ARN, or delete it for good, while
/// its deletion is scheduled and its name stays taken. `None` for types that free their names.
#[must_use]
pub fn recovery_commands(arn: &str) -> Option<RecoveryCommands> {
    secretsmanager_secret::recovery_commands(&ResourceId(arn.to_owned()))
}

/// The resource type that an ARN belongs to; `None` when jiti does not know it.
pub(crate) fn by_arn(id: &ResourceId) -> Option<&'static dyn ResourceType> {
    let arn = Arn::from_id(id)?;
    all().find(|kind| kind.matches(&arn))
}

/// The resource type of this name, such as `ec2:instance`.
pub(crate) fn by_name(name: &str) -> Option<&'static dyn ResourceType> {
    all().find(|kind| kind.name() == name)
}

/// Every known resource type, first those with a file of their own.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn ResourceType> {
    let table = table().map(|row| row as &dyn ResourceType);
    ALL.iter().copied().chain(table)
}

/// Whether a resource belongs to no region. An unknown type does if its ARN names no region; the
/// ARN of a bucket names none either.
pub(crate) fn is_global(id: &ResourceId) -> bool {
    let names_none =
        || Arn::from_id(id).is_some_and(|arn| arn.region.is_empty() && arn.service != "s3");
    by_arn(id).map_or_else(names_none, ResourceType::is_global)
}

/// The name of the type of a resource. For a type that jiti does not know, it is read from the ARN:
/// `sagemaker:endpoint`.
pub(crate) fn name_of(id: &ResourceId) -> String {
    if let Some(kind) = by_arn(id) {
        return kind.name().to_owned();
    }
    let Some(arn) = Arn::from_id(id) else {
        return "unknown".to_owned();
    };
    match arn.resource.split_once(['/', ':']) {
        Some((kind, _)) if !kind.is_empty() => format!("{}:{kind}", arn.service),
        _ => arn.service.to_owned(),
    }
}

/// The resource part of the ARN for an EC2 id: `volume/vol-1` for `vol-1`. `None` if jiti does not
/// know the type. Calls name some types in two ways, but the prefix of an id is stable. The prefix
/// ends at the last `-`: a `vpce-svc-1` is no VPC endpoint.
pub(crate) fn ec2_path(id: &str) -> Option<String> {
    let (prefix, _) = id.rsplit_once('-')?;
    let kind = all().find(|kind| kind.id_prefix() == Some(prefix))?;
    let name = kind.name().strip_prefix("ec2:")?;
    Some(format!("{name}/{id}"))
}

/// The distinct ARNs of EC2 ids. Leaves out ids of unknown types.
pub(crate) fn ec2_arns<'a, I>(clients: &Clients, ids: I) -> Vec<ResourceId>
where
    I: IntoIterator<Item = &'a str>,
{
    let ids: BTreeSet<_> = ids.into_iter().collect();
    ids.into_iter()
        .filter_map(|id| Some(clients.arn("ec2", &ec2_path(id)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::services::ec2::testing::resource_parts;

    /// Each EC2 type has an id prefix of its own, and recognises the ARN made from such an id.
    #[test]
    fn ec2_id_prefixes_lead_to_their_types() {
        let clients = Clients::for_tests();
        let ec2_types = ALL.iter().filter(|kind| kind.name().starts_with("ec2:"));
        let mut count = 0;
        for kind in ec2_types {
            let id = format!("{}-1", kind.id_prefix().unwrap());
            let arn = clients.arn("ec2", &ec2_path(&id).unwrap());
            assert_eq!(by_arn(&arn).map(ResourceType::name), Some(kind.name()));
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    /// The prefix of an id gives its type, whatever a call names the type.
    #[test]
    fn id_prefixes_give_the_type() {
        let ids = [
            "nat-1",
            "eipalloc-1",
            "vpce-1",
            "vpc-1",
            "sgr-1",
            "sg-1",
            "cvpn-endpoint-1",
            "vpce-svc-1",
            "x",
        ];
        let expected = [
            "elastic-ip/eipalloc-1",
            "natgateway/nat-1",
            "security-group/sg-1",
            "security-group-rule/sgr-1",
            "vpc/vpc-1",
            "vpc-endpoint/vpce-1",
            "vpc-endpoint-service/vpce-svc-1",
        ];
        assert_eq!(
            resource_parts(&ec2_arns(&Clients::for_tests(), ids)),
            expected
        );
    }

    /// No two types share a name.
    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ALL.len());
    }

    /// Each file in `types/` is a module here and its type is in [`ALL`]. Rust ignores a file that
    /// no module names.
    #[test]
    fn lists_every_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types");
        let source = include_str!("types.rs");
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() {
                continue;
            }
            let (module, listed) = (format!("\nmod {stem};"), format!("    &{stem}::"));
            assert!(source.contains(&module), "types.rs does not declare {stem}");
            assert!(source.contains(&listed), "ALL does not list {stem}");
            count += 1;
        }
        assert_eq!(count, ALL.len());
    }
}
