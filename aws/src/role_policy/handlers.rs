//! The actions that Cloud Control calls with the credentials of its caller, for the types of the
//! table.
//!
//! Source: the handlers in the CloudFormation resource schemas of these types. `tests/test_iam.rs`
//! compares the list with the schemas, and the actions with the service authorization reference.

use super::actions::{Grant, On};

/// Reads the resources of the table.
#[rustfmt::skip]
pub(crate) const TYPES_READ: &[Grant] = &[
    Grant::new("acm", On::Account, &["DescribeCertificate", "ListTagsForCertificate"]),
    Grant::new("amplify", On::Account, &["GetApp", "GetBranch", "ListTagsForResource"]),
    Grant::new("aoss", On::Any, &["BatchGetCollection", "ListTagsForResource"]),
    Grant::new("apigateway", On::Regional, &["GET"]),
    Grant::new("apprunner", On::Account, &[
        "DescribeAutoScalingConfiguration", "DescribeService", "DescribeVpcConnector",
    ]),
    Grant::new("appsync", On::Account, &["GetApi", "GetGraphqlApi", "ListTagsForResource"]),
    Grant::new("appsync", On::Any, &["GetGraphqlApiEnvironmentVariables"]),
    Grant::new("athena", On::Account, &["GetDataCatalog", "GetWorkGroup", "ListTagsForResource"]),
    Grant::new("backup", On::Account, &[
        "DescribeBackupVault", "GetBackupPlan", "GetBackupVaultAccessPolicy", "GetBackupVaultNotifications",
        "ListTags",
    ]),
    Grant::new("batch", On::Any, &["DescribeComputeEnvironments", "DescribeJobQueues", "DescribeSchedulingPolicies"]),
    Grant::new("cloudformation", On::Account, &["DescribeStacks"]),
    Grant::new("cloudfront", On::AccountGlobal, &[
        "DescribeFunction", "GetDistribution", "GetDistributionConfig", "GetFunction", "GetVpcOrigin",
        "ListTagsForResource",
    ]),
    Grant::new("cloudtrail", On::Account, &[
        "GetEventConfiguration", "GetEventSelectors", "GetInsightSelectors", "GetTrail", "GetTrailStatus",
        "ListTags",
    ]),
    Grant::new("cloudtrail", On::Any, &["DescribeTrails"]),
    Grant::new("cloudwatch", On::Account, &["GetMetricStream", "ListTagsForResource"]),
    Grant::new("cloudwatch", On::AccountGlobal, &["GetDashboard"]),
    Grant::new("cloudwatch", On::Any, &["DescribeInsightRules", "ListManagedInsightRules"]),
    Grant::new("codeartifact", On::Account, &[
        "DescribeDomain", "DescribeRepository", "GetDomainPermissionsPolicy", "GetRepositoryPermissionsPolicy",
        "ListTagsForResource",
    ]),
    Grant::new("codecommit", On::Account, &["GetRepository", "GetRepositoryTriggers"]),
    Grant::new("codedeploy", On::Account, &[
        "GetApplication", "GetDeployment", "GetDeploymentGroup", "ListDeployments", "ListTagsForResource",
    ]),
    Grant::new("codepipeline", On::Account, &["GetPipeline", "GetPipelineState", "ListTagsForResource"]),
    Grant::new("cognito-identity", On::Account, &["DescribeIdentityPool", "ListTagsForResource"]),
    Grant::new("cognito-idp", On::Account, &["DescribeUserPool", "GetUserPoolMfaConfig"]),
    Grant::new("datasync", On::Account, &[
        "DescribeAgent", "DescribeLocationAzureBlob", "DescribeLocationEfs", "DescribeLocationFsxLustre",
        "DescribeLocationFsxOntap", "DescribeLocationFsxOpenZfs", "DescribeLocationFsxWindows",
        "DescribeLocationHdfs", "DescribeLocationNfs", "DescribeLocationObjectStorage", "DescribeLocationS3",
        "DescribeLocationSmb", "DescribeTask", "ListTagsForResource",
    ]),
    Grant::new("docdb-elastic", On::Account, &["GetCluster", "ListTagsForResource"]),
    Grant::new("ds", On::Any, &["DescribeDirectories"]),
    Grant::new("ec2", On::Account, &["DescribeVpcAttribute"]),
    Grant::new("ec2", On::Any, &[
        "DescribeAccountAttributes", "DescribeAddresses", "DescribeAvailabilityZones",
        "DescribeCarrierGateways", "DescribeCustomerGateways", "DescribeInstanceConnectEndpoints",
        "DescribeInstances", "DescribeInternetGateways", "DescribeLaunchTemplateVersions",
        "DescribeNetworkInterfaces", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSubnets",
        "DescribeTags", "DescribeTransitGatewayConnects", "DescribeTransitGatewayPeeringAttachments",
        "DescribeTransitGatewayRouteTables", "DescribeTransitGatewayVpcAttachments", "DescribeTransitGateways",
        "DescribeVpcEndpointServiceConfigurations", "DescribeVpcEndpoints", "DescribeVpcs",
        "DescribeVpnConnections", "DescribeVpnGateways", "GetTransitGatewayRouteTableAssociations",
    ]),
    Grant::new("ecr", On::Account, &[
        "DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource",
    ]),
    Grant::new("eks", On::Account, &["DescribeAccessEntry", "DescribeCluster", "ListAssociatedAccessPolicies"]),
    Grant::new("elasticache", On::Account, &[
        "DescribeServerlessCaches", "DescribeUserGroups", "DescribeUsers", "ListTagsForResource",
    ]),
    Grant::new("elasticfilesystem", On::Account, &[
        "DescribeAccessPoints", "DescribeBackupPolicy", "DescribeFileSystemPolicy", "DescribeFileSystems",
        "DescribeLifecycleConfiguration", "DescribeMountTargetSecurityGroups", "DescribeMountTargets",
        "DescribeReplicationConfigurations",
    ]),
    Grant::new("elasticloadbalancing", On::Any, &[
        "DescribeLoadBalancerAttributes", "DescribeLoadBalancerPolicies", "DescribeLoadBalancers",
        "DescribeTags",
    ]),
    Grant::new("es", On::Account, &["DescribeDomain", "ListTags"]),
    Grant::new("events", On::Account, &[
        "DescribeEventBus", "DescribeRule", "ListTagsForResource", "ListTargetsByRule",
    ]),
    Grant::new("firehose", On::Account, &["DescribeDeliveryStream", "ListTagsForDeliveryStream"]),
    Grant::new("fsx", On::Any, &["DescribeFileSystems"]),
    Grant::new("glue", On::Account, &[
        "GetConnection", "GetCrawler", "GetJob", "GetRegistry", "GetSchema", "GetSchemaVersion", "GetTags",
        "GetTrigger", "GetWorkflow",
    ]),
    Grant::new("iam", On::AccountGlobal, &["GetRole", "GetServiceLinkedRoleDeletionStatus"]),
    Grant::new("iam", On::Any, &["ListRoles"]),
    Grant::new("iot", On::Account, &["GetTopicRule", "ListTagsForResource"]),
    Grant::new("kafka", On::Account, &[
        "DescribeCluster", "DescribeClusterV2", "DescribeReplicator", "ListTagsForResource",
    ]),
    Grant::new("kinesis", On::Account, &[
        "DescribeStreamConsumer", "DescribeStreamSummary", "ListTagsForResource", "ListTagsForStream",
    ]),
    Grant::new("kms", On::Account, &["DescribeKey"]),
    Grant::new("lambda", On::Account, &["GetCodeSigningConfig", "GetFunctionConfiguration", "ListTags"]),
    Grant::new("logs", On::Any, &[
        "DescribeLogGroups", "DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries",
    ]),
    Grant::new("memorydb", On::Account, &[
        "DescribeACLs", "DescribeClusters", "DescribeParameterGroups", "DescribeSubnetGroups", "DescribeUsers",
        "ListTags",
    ]),
    Grant::new("mq", On::Account, &["DescribeBroker", "DescribeSharedResources"]),
    Grant::new("neptune-graph", On::Account, &["GetGraph", "GetImportTask", "ListImportTasks", "ListTagsForResource"]),
    Grant::new("network-firewall", On::Account, &["DescribeFirewall", "ListTagsForResource"]),
    Grant::new("pipes", On::Account, &["DescribePipe"]),
    Grant::new("redshift", On::Account, &[
        "DescribeClusterParameters", "DescribeClusters", "DescribeLoggingStatus", "DescribeTags",
        "GetResourcePolicy",
    ]),
    Grant::new("redshift", On::Any, &[
        "DescribeClusterDbRevisions", "DescribeClusterParameterGroups", "DescribeClusterSubnetGroups",
    ]),
    Grant::new("redshift-serverless", On::Account, &[
        "GetNamespace", "GetWorkgroup", "ListSnapshotCopyConfigurations", "ListTagsForResource",
    ]),
    Grant::new("redshift-serverless", On::Any, &["ListNamespaces", "ListWorkgroups"]),
    Grant::new("resource-groups", On::Account, &[
        "GetGroup", "GetGroupConfiguration", "GetGroupQuery", "GetTags", "ListGroupResources",
    ]),
    Grant::new("route53", On::Any, &["ListHostedZones"]),
    Grant::new("route53", On::Nowhere, &[
        "GetChange", "GetHealthCheck", "GetHostedZone", "ListQueryLoggingConfigs", "ListResourceRecordSets",
        "ListTagsForResource",
    ]),
    Grant::new("route53resolver", On::Account, &[
        "GetResolverEndpoint", "ListResolverEndpointIpAddresses", "ListTagsForResource",
    ]),
    Grant::new("s3", On::Account, &["GetBucketLocation", "GetObject", "GetObjectAcl", "ListBucket"]),
    Grant::new("s3", On::Any, &["ListAllMyBuckets"]),
    Grant::new("sagemaker", On::Account, &[
        "DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel", "DescribeNotebookInstance",
        "DescribeNotebookInstanceLifecycleConfig", "ListTags",
    ]),
    Grant::new("scheduler", On::Account, &["GetScheduleGroup", "ListTagsForResource"]),
    Grant::new("secretsmanager", On::Account, &["DescribeSecret"]),
    Grant::new("servicediscovery", On::Account, &[
        "GetNamespace", "GetOperation", "GetService", "GetServiceAttributes",
    ]),
    Grant::new("servicediscovery", On::Any, &["ListTagsForResource"]),
    Grant::new("ssm", On::Account, &[
        "DescribeDocument", "GetDefaultPatchBaseline", "GetDocument", "GetMaintenanceWindow", "GetParameters",
        "GetPatchBaseline", "ListTagsForResource",
    ]),
    Grant::new("states", On::Account, &["DescribeActivity", "DescribeStateMachine", "ListTagsForResource"]),
    Grant::new("synthetics", On::Account, &["GetCanary", "ListTagsForResource"]),
    Grant::new("synthetics", On::Any, &["DescribeCanaries"]),
    Grant::new("timestream", On::Account, &["DescribeDatabase", "DescribeTable", "ListTagsForResource"]),
    Grant::new("timestream", On::Any, &["DescribeEndpoints"]),
    Grant::new("transfer", On::Account, &["DescribeConnector", "DescribeServer", "DescribeUser", "DescribeWorkflow"]),
    Grant::new("vpc-lattice", On::Account, &["GetService", "GetServiceNetwork"]),
    Grant::new("vpc-lattice", On::Any, &["ListTagsForResource"]),
    Grant::new("wafv2", On::Account, &[
        "GetIPSet", "GetRegexPatternSet", "GetRuleGroup", "GetWebACL", "ListTagsForResource",
    ]),
    Grant::new("xray", On::Account, &["GetGroup", "ListTagsForResource"]),
];

/// Deletes the resources of the table, and disables those that have to be disabled before.
#[rustfmt::skip]
pub(crate) const TYPES_CHANGE: &[Grant] = &[
    Grant::new("acm", On::Account, &["DeleteCertificate", "RemoveTagsFromCertificate"]),
    Grant::new("amplify", On::Account, &["DeleteApp", "DeleteBranch"]),
    Grant::new("aoss", On::Account, &["DeleteCollection"]),
    Grant::new("apigateway", On::Regional, &["DELETE", "PATCH", "RemoveCertificateFromDomain"]),
    Grant::new("apprunner", On::Account, &["DeleteAutoScalingConfiguration", "DeleteService", "DeleteVpcConnector"]),
    Grant::new("appsync", On::Account, &["DeleteApi", "DeleteGraphqlApi", "UntagResource"]),
    Grant::new("athena", On::Account, &["DeleteDataCatalog", "DeleteWorkGroup", "UntagResource"]),
    Grant::new("backup", On::Account, &["DeleteBackupPlan", "DeleteBackupVault"]),
    Grant::new("batch", On::Account, &[
        "DeleteComputeEnvironment", "DeleteJobQueue", "DeleteSchedulingPolicy", "UpdateComputeEnvironment",
        "UpdateJobQueue",
    ]),
    Grant::new("cloudformation", On::Account, &["DeleteStack"]),
    Grant::new("cloudfront", On::AccountGlobal, &[
        "DeleteDistribution", "DeleteFunction", "DeleteVpcOrigin", "UpdateDistribution",
        "UpdateDistributionWithStagingConfig",
    ]),
    Grant::new("cloudtrail", On::Account, &["DeleteTrail"]),
    Grant::new("cloudwatch", On::Account, &["DeleteInsightRules", "DeleteMetricStream"]),
    Grant::new("cloudwatch", On::AccountGlobal, &["DeleteDashboards"]),
    Grant::new("codeartifact", On::Account, &["DeleteDomain", "DeleteRepository"]),
    Grant::new("codedeploy", On::Account, &["DeleteApplication", "DeleteDeploymentGroup"]),
    Grant::new("codepipeline", On::Account, &["DeletePipeline"]),
    Grant::new("cognito-identity", On::Account, &["DeleteIdentityPool"]),
    Grant::new("cognito-idp", On::Account, &["DeleteUserPool"]),
    Grant::new("datasync", On::Account, &["DeleteAgent", "DeleteLocation", "DeleteTask"]),
    Grant::new("docdb-elastic", On::Account, &["DeleteCluster"]),
    Grant::new("ec2", On::Account, &[
        "DeleteCarrierGateway", "DeleteCustomerGateway", "DeleteInstanceConnectEndpoint",
        "DeleteNetworkInterface", "DeleteNetworkInterfacePermission", "DeleteTransitGateway",
        "DeleteTransitGatewayConnect", "DeleteTransitGatewayPeeringAttachment",
        "DeleteTransitGatewayRouteTable", "DeleteTransitGatewayVpcAttachment",
        "DeleteVpcEndpointServiceConfigurations", "DeleteVpcEndpoints", "DeleteVpnConnection",
        "DeleteVpnGateway", "DisassociateAddress", "DisassociateTransitGatewayRouteTable",
    ]),
    Grant::new("ec2", On::Regional, &["DeleteTags"]),
    Grant::new("ecr", On::Account, &["DeleteRepository"]),
    Grant::new("eks", On::Account, &["DeleteAccessEntry"]),
    Grant::new("elasticache", On::Account, &["DeleteServerlessCache", "DeleteUser", "DeleteUserGroup"]),
    Grant::new("elasticfilesystem", On::Account, &[
        "DeleteAccessPoint", "DeleteFileSystem", "DeleteMountTarget", "DeleteReplicationConfiguration",
    ]),
    Grant::new("elasticloadbalancing", On::Account, &["DeleteLoadBalancer"]),
    Grant::new("es", On::Account, &["DeleteDomain"]),
    Grant::new("events", On::Account, &[
        "DeleteEventBus", "DeleteRule", "RemoveTargets", "UntagResource", "UpdateEventBus",
    ]),
    Grant::new("events", On::Any, &["RemovePermission"]),
    Grant::new("firehose", On::Account, &["DeleteDeliveryStream"]),
    Grant::new("glue", On::Account, &[
        "DeleteConnection", "DeleteCrawler", "DeleteJob", "DeleteRegistry", "DeleteSchema", "DeleteTrigger",
        "DeleteWorkflow", "StopCrawler", "UntagResource", "UpdateConnection",
    ]),
    Grant::new("iam", On::AccountGlobal, &["DeleteServiceLinkedRole"]),
    Grant::new("iot", On::Account, &["DeleteTopicRule"]),
    Grant::new("kafka", On::Account, &["DeleteCluster", "DeleteReplicator", "UntagResource"]),
    Grant::new("kinesis", On::Account, &[
        "DeleteStream", "DeregisterStreamConsumer", "RemoveTagsFromStream", "UntagResource",
    ]),
    Grant::new("kms", On::Account, &["RetireGrant"]),
    Grant::new("lambda", On::Account, &["DeleteCodeSigningConfig", "DeleteFunction", "DeleteLayerVersion"]),
    Grant::new("logs", On::Any, &["DeleteLogDelivery", "UpdateLogDelivery"]),
    Grant::new("memorydb", On::Account, &[
        "DeleteACL", "DeleteCluster", "DeleteParameterGroup", "DeleteSubnetGroup", "DeleteUser",
    ]),
    Grant::new("mq", On::Account, &["DeleteBroker"]),
    Grant::new("neptune-graph", On::Account, &["DeleteGraph", "UntagResource"]),
    Grant::new("network-firewall", On::Account, &["DeleteFirewall", "UntagResource"]),
    Grant::new("pipes", On::Account, &["DeletePipe", "UntagResource"]),
    Grant::new("redshift", On::Account, &[
        "DeleteCluster", "DeleteClusterParameterGroup", "DeleteClusterSubnetGroup", "DeleteResourcePolicy",
        "DeleteTags",
    ]),
    Grant::new("redshift-serverless", On::Account, &["DeleteNamespace", "DeleteWorkgroup", "UntagResource"]),
    Grant::new("resource-groups", On::Account, &["DeleteGroup", "UngroupResources"]),
    Grant::new("route53", On::Nowhere, &[
        "ChangeResourceRecordSets", "DeleteHealthCheck", "DeleteHostedZone", "DeleteQueryLoggingConfig",
        "UpdateHostedZoneFeatures",
    ]),
    Grant::new("route53resolver", On::Account, &["DeleteResolverEndpoint"]),
    Grant::new("sagemaker", On::Account, &[
        "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteNotebookInstance",
        "DeleteNotebookInstanceLifecycleConfig", "StopNotebookInstance",
    ]),
    Grant::new("scheduler", On::Account, &["DeleteSchedule", "DeleteScheduleGroup"]),
    Grant::new("secretsmanager", On::Account, &["DeleteSecret"]),
    Grant::new("servicediscovery", On::Account, &["DeleteNamespace", "DeleteService"]),
    Grant::new("ssm", On::Account, &[
        "DeleteDocument", "DeleteMaintenanceWindow", "DeleteParameter", "DeletePatchBaseline",
        "DeregisterPatchBaselineForPatchGroup",
    ]),
    Grant::new("states", On::Account, &["DeleteActivity", "DeleteStateMachine"]),
    Grant::new("synthetics", On::Account, &["DeleteCanary", "UpdateCanary"]),
    Grant::new("timestream", On::Account, &["DeleteDatabase", "DeleteTable"]),
    Grant::new("transfer", On::Account, &["DeleteConnector", "DeleteServer", "DeleteUser", "DeleteWorkflow"]),
    Grant::new("vpc-lattice", On::Account, &["DeleteService", "DeleteServiceNetwork", "UntagResource"]),
    Grant::new("wafv2", On::Account, &["DeleteIPSet", "DeleteRegexPatternSet", "DeleteRuleGroup", "DeleteWebACL"]),
    Grant::new("xray", On::Account, &["DeleteGroup"]),
];
