//! The actions that jiti's calls need, and the resources that AWS lets a policy name for each.
//!
//! Source: the service authorization reference of AWS. `tests/test_iam.rs` compares this list with
//! a copy of it.

/// The resources of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum On {
    /// `*` in the configured regions: AWS supports no resource-level permissions for the action.
    Any,
    /// `*` in every region: the service has one endpoint, or the bill and the prices.
    AnyGlobal,
    /// Everything of the service in the configured accounts and regions.
    Account,
    /// Everything of a service without regions in the configured accounts.
    AccountGlobal,
    /// Images and snapshots of EC2: their ARNs name no account.
    Image,
    /// Buckets and objects: their ARNs name neither an account nor a region.
    Bucket,
    /// Everything of the service in the configured regions: its ARNs name no account.
    Regional,
    /// Everything of a service without regions: its ARNs name neither an account nor a region.
    Nowhere,
}

/// Actions of one service on one kind of resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) service: &'static str,
    pub(crate) on: On,
    pub(crate) names: &'static [&'static str],
}

impl Grant {
    pub(super) const fn new(service: &'static str, on: On, names: &'static [&'static str]) -> Self {
        Self { service, on, names }
    }

    /// `ec2:DescribeVolumes` and so on.
    pub(crate) fn actions(&self) -> impl Iterator<Item = String> {
        let service = self.service;
        self.names
            .iter()
            .map(move |name| format!("{service}:{name}"))
    }
}

/// Reads the ledger. A `TransactGetItems` needs `GetItem`.
pub(crate) const LEDGER_READ: &[&str] = &["GetItem", "Query"];

/// Appends to the ledger. A `TransactWriteItems` needs the action of each of its parts: `PutItem`,
/// and `DeleteItem` for the snapshot of a stack that changes between live and gone.
pub(crate) const LEDGER_WRITE: &[&str] = &["DeleteItem", "PutItem"];

/// Creates the table of a ledger, once. No role has these. `TagResource` is for the tags of
/// `CreateTable`, and `Scan` reads one item to see whether a table is empty.
pub(crate) const LEDGER_CREATE: &[&str] = &[
    "CreateTable",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Scan",
    "TagResource",
    "UpdateContinuousBackups",
];

/// Reads tags, descriptions, metrics, prices and the bill.
///
/// The tagging API and Cloud Control, whose actions are those of CloudFormation, are also called in
/// the region that lists resources without a region.
///
/// Two actions are on `*` although the reference has a resource for them, because an ordinary call
/// names none: `GetMetricData` (a data set) and `ListTasks` (a container instance). The bill's
/// resource is a billing view, which jiti does not name either.
pub(crate) const READ: &[Grant] = &[
    Grant::new(
        "application-autoscaling",
        On::Any,
        &[
            "DescribeScalableTargets",
            "DescribeScalingPolicies",
            "DescribeScheduledActions",
        ],
    ),
    Grant::new(
        "autoscaling",
        On::Any,
        &[
            "DescribeAutoScalingGroups",
            "DescribeScalingActivities",
            "DescribeScheduledActions",
        ],
    ),
    Grant::new("ce", On::AnyGlobal, &["GetCostAndUsage"]),
    Grant::new("cloudformation", On::Account, &["DescribeStacks"]),
    Grant::new(
        "cloudformation",
        On::AnyGlobal,
        &["GetResource", "GetResourceRequestStatus", "ListResources"],
    ),
    Grant::new(
        "cloudwatch",
        On::Account,
        &["DescribeAlarms", "ListTagsForResource"],
    ),
    Grant::new("cloudwatch", On::Any, &["GetMetricData"]),
    Grant::new(
        "dynamodb",
        On::Account,
        &["DescribeTable", "ListTagsOfResource"],
    ),
    Grant::new(
        "ec2",
        On::Any,
        &[
            "DescribeAddresses",
            "DescribeDhcpOptions",
            "DescribeEgressOnlyInternetGateways",
            "DescribeFlowLogs",
            "DescribeImages",
            "DescribeInstances",
            "DescribeInternetGateways",
            "DescribeKeyPairs",
            "DescribeLaunchTemplates",
            "DescribeManagedPrefixLists",
            "DescribeNatGateways",
            "DescribeNetworkAcls",
            "DescribeNetworkInterfaces",
            "DescribeRouteTables",
            "DescribeSecurityGroupRules",
            "DescribeSecurityGroups",
            "DescribeSnapshots",
            "DescribeSubnets",
            "DescribeTags",
            "DescribeVolumes",
            "DescribeVpcEndpoints",
            "DescribeVpcPeeringConnections",
            "DescribeVpcs",
        ],
    ),
    Grant::new("ec2", On::Account, &["DescribeInstanceAttribute"]),
    Grant::new(
        "ecs",
        On::Account,
        &[
            "DescribeCapacityProviders",
            "DescribeClusters",
            "DescribeServices",
            "DescribeTasks",
        ],
    ),
    Grant::new(
        "ecs",
        On::Any,
        &["DescribeTaskDefinition", "ListServices", "ListTasks"],
    ),
    Grant::new(
        "eks",
        On::Account,
        &[
            "DescribeAccessEntry",
            "DescribeAddon",
            "DescribeCluster",
            "DescribeFargateProfile",
            "DescribeNodegroup",
            "DescribePodIdentityAssociation",
            "ListAccessEntries",
            "ListFargateProfiles",
            "ListNodegroups",
        ],
    ),
    Grant::new("eks", On::Any, &["ListClusters"]),
    Grant::new(
        "elasticache",
        On::Account,
        &[
            "DescribeCacheClusters",
            "DescribeCacheParameterGroups",
            "DescribeCacheSubnetGroups",
            "DescribeReplicationGroups",
            "ListTagsForResource",
        ],
    ),
    Grant::new(
        "elasticloadbalancing",
        On::Any,
        &[
            "DescribeListeners",
            "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancers",
            "DescribeRules",
            "DescribeTags",
            "DescribeTargetGroups",
        ],
    ),
    Grant::new(
        "iam",
        On::AnyGlobal,
        &[
            "GetAccountAuthorizationDetails",
            "ListInstanceProfiles",
            "ListOpenIDConnectProviders",
            "ListPolicies",
            "ListSAMLProviders",
            "ListServerCertificates",
        ],
    ),
    Grant::new(
        "iam",
        On::AccountGlobal,
        &[
            "GetInstanceProfile",
            "GetOpenIDConnectProvider",
            "GetPolicy",
            "GetRole",
            "GetSAMLProvider",
            "GetServerCertificate",
            "GetUser",
            "ListAccessKeys",
            "ListAttachedRolePolicies",
            "ListAttachedUserPolicies",
            "ListEntitiesForPolicy",
            "ListGroupsForUser",
            "ListInstanceProfilesForRole",
            "ListMFADevices",
            "ListPolicyVersions",
            "ListRolePolicies",
            "ListSSHPublicKeys",
            "ListServiceSpecificCredentials",
            "ListSigningCertificates",
            "ListUserPolicies",
        ],
    ),
    Grant::new("kms", On::Account, &["DescribeKey", "ListResourceTags"]),
    Grant::new("kms", On::Any, &["ListAliases"]),
    Grant::new(
        "lambda",
        On::Account,
        &["GetEventSourceMapping", "GetFunction", "ListTags"],
    ),
    Grant::new("lambda", On::Any, &["ListEventSourceMappings"]),
    Grant::new("logs", On::Any, &["DescribeLogGroups"]),
    Grant::new("logs", On::Account, &["ListTagsForResource"]),
    Grant::new("pricing", On::AnyGlobal, &["GetProducts"]),
    Grant::new(
        "rds",
        On::Account,
        &[
            "DescribeDBClusterParameterGroups",
            "DescribeDBClusterSnapshots",
            "DescribeDBClusters",
            "DescribeDBInstances",
            "DescribeDBParameterGroups",
            "DescribeDBSnapshots",
            "DescribeDBSubnetGroups",
            "DescribeOptionGroups",
            "ListTagsForResource",
        ],
    ),
    Grant::new(
        "s3",
        On::Bucket,
        &[
            "GetBucketLocation",
            "GetBucketObjectLockConfiguration",
            "GetBucketTagging",
            "ListBucketMultipartUploads",
            "ListBucketVersions",
        ],
    ),
    Grant::new("s3", On::Any, &["ListAllMyBuckets"]),
    Grant::new("secretsmanager", On::Account, &["DescribeSecret"]),
    Grant::new("sns", On::Account, &["ListTagsForResource"]),
    Grant::new("sns", On::Any, &["ListTopics"]),
    Grant::new(
        "sqs",
        On::Account,
        &["GetQueueAttributes", "GetQueueUrl", "ListQueueTags"],
    ),
    Grant::new("tag", On::AnyGlobal, &["GetResources"]),
];

/// Stops, starts, resizes and deletes what a stack owns. Only `--final-snapshot` needs the two
/// `Create` actions.
pub(crate) const CHANGE: &[Grant] = &[
    Grant::new(
        "autoscaling",
        On::Account,
        &["DeleteAutoScalingGroup", "UpdateAutoScalingGroup"],
    ),
    Grant::new("cloudformation", On::Account, &["DeleteStack"]),
    Grant::new(
        "cloudformation",
        On::AnyGlobal,
        &["DeleteResource", "UpdateResource"],
    ),
    Grant::new("cloudwatch", On::Account, &["DeleteAlarms"]),
    Grant::new("dynamodb", On::Account, &["DeleteTable"]),
    Grant::new(
        "ec2",
        On::Account,
        &[
            "CancelSpotInstanceRequests",
            "DeleteDhcpOptions",
            "DeleteEgressOnlyInternetGateway",
            "DeleteFlowLogs",
            "DeleteInternetGateway",
            "DeleteKeyPair",
            "DeleteLaunchTemplate",
            "DeleteManagedPrefixList",
            "DeleteNatGateway",
            "DeleteNetworkAcl",
            "DeleteNetworkInterface",
            "DeleteRouteTable",
            "DeleteSecurityGroup",
            "DeleteSubnet",
            "DeleteVolume",
            "DeleteVpc",
            "DeleteVpcEndpoints",
            "DeleteVpcPeeringConnection",
            "DetachInternetGateway",
            "DisassociateAddress",
            "DisassociateRouteTable",
            "ReleaseAddress",
            "ReplaceNetworkAclAssociation",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "StartInstances",
            "StopInstances",
            "TerminateInstances",
        ],
    ),
    Grant::new("ec2", On::Image, &["DeleteSnapshot", "DeregisterImage"]),
    Grant::new(
        "ecs",
        On::Account,
        &[
            "DeleteCapacityProvider",
            "DeleteCluster",
            "DeleteService",
            "DeleteTaskDefinitions",
            "StopTask",
            "UpdateService",
        ],
    ),
    Grant::new("ecs", On::Any, &["DeregisterTaskDefinition"]),
    Grant::new(
        "eks",
        On::Account,
        &[
            "DeleteAccessEntry",
            "DeleteAddon",
            "DeleteCluster",
            "DeleteFargateProfile",
            "DeleteNodegroup",
            "DeletePodIdentityAssociation",
            "UpdateNodegroupConfig",
        ],
    ),
    Grant::new(
        "elasticache",
        On::Account,
        &[
            "DeleteCacheCluster",
            "DeleteCacheParameterGroup",
            "DeleteCacheSubnetGroup",
            "DeleteReplicationGroup",
        ],
    ),
    Grant::new(
        "elasticloadbalancing",
        On::Account,
        &[
            "DeleteListener",
            "DeleteLoadBalancer",
            "DeleteRule",
            "DeleteTargetGroup",
        ],
    ),
    Grant::new(
        "iam",
        On::AccountGlobal,
        &[
            "DeactivateMFADevice",
            "DeleteAccessKey",
            "DeleteInstanceProfile",
            "DeleteLoginProfile",
            "DeleteOpenIDConnectProvider",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteRole",
            "DeleteRolePolicy",
            "DeleteSAMLProvider",
            "DeleteSSHPublicKey",
            "DeleteServerCertificate",
            "DeleteServiceSpecificCredential",
            "DeleteSigningCertificate",
            "DeleteUser",
            "DeleteUserPolicy",
            "DeleteVirtualMFADevice",
            "DetachRolePolicy",
            "DetachUserPolicy",
            "RemoveRoleFromInstanceProfile",
            "RemoveUserFromGroup",
        ],
    ),
    Grant::new("kms", On::Account, &["DeleteAlias", "ScheduleKeyDeletion"]),
    Grant::new(
        "lambda",
        On::Account,
        &["DeleteEventSourceMapping", "DeleteFunction"],
    ),
    Grant::new("logs", On::Account, &["DeleteLogGroup"]),
    Grant::new(
        "rds",
        On::Account,
        &[
            "CreateDBClusterSnapshot",
            "CreateDBSnapshot",
            "DeleteDBCluster",
            "DeleteDBClusterParameterGroup",
            "DeleteDBClusterSnapshot",
            "DeleteDBInstance",
            "DeleteDBParameterGroup",
            "DeleteDBSnapshot",
            "DeleteDBSubnetGroup",
            "DeleteOptionGroup",
            "StartDBCluster",
            "StartDBInstance",
            "StopDBCluster",
            "StopDBInstance",
        ],
    ),
    Grant::new(
        "s3",
        On::Bucket,
        &[
            "AbortMultipartUpload",
            "DeleteBucket",
            "DeleteObject",
            "DeleteObjectVersion",
        ],
    ),
    Grant::new(
        "secretsmanager",
        On::Account,
        &["DeleteSecret", "RemoveRegionsFromReplication"],
    ),
    Grant::new("sns", On::Account, &["DeleteTopic"]),
    Grant::new("sqs", On::Account, &["DeleteQueue"]),
];
