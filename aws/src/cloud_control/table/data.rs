//! What stores data: file systems, caches, warehouses, search, Kafka.

use super::super::table_type::{Parts, TableType, TagSource, arns, names};

/// AWS keeps automated snapshots of a Redshift cluster only with the cluster.
const NO_FINAL_SNAPSHOT: &str = "manual snapshots; no final snapshot is taken";

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "elasticfilesystem:file-system",
        "AWS::EFS::FileSystem",
        "elasticfilesystem:{region}:{account}:file-system/{id}",
        "{id}",
    )
    .tags(TagSource::Property("/FileSystemTags"))
    .uses(&[arns("/KmsKeyId")])
    .contains(&[Parts {
        kind: "elasticfilesystem:mount-target",
        listed_by: "FileSystemId",
        is_deleted: |_, _| true,
    }])
    .costs("stored data")
    .leaves("backups in AWS Backup"),
    TableType::new(
        "elasticfilesystem:mount-target",
        "AWS::EFS::MountTarget",
        "elasticfilesystem:{region}:{account}:mount-target/{id}",
        "{id}",
    )
    .tags(TagSource::None)
    .part_of(names(
        "/FileSystemId",
        "elasticfilesystem:{region}:{account}:file-system/{id}",
    ))
    .uses(&[arns("/SecurityGroups/*"), arns("/SubnetId")]),
    TableType::new(
        "elasticfilesystem:access-point",
        "AWS::EFS::AccessPoint",
        "elasticfilesystem:{region}:{account}:access-point/{id}",
        "{id}",
    )
    .tags(TagSource::Property("/AccessPointTags"))
    .uses(&[names(
        "/FileSystemId",
        "elasticfilesystem:{region}:{account}:file-system/{id}",
    )]),
    TableType::new(
        "es:domain",
        "AWS::OpenSearchService::Domain",
        "es:{region}:{account}:domain/{name}",
        "{name}",
    )
    .uses(&[
        arns("/EncryptionAtRestOptions/KmsKeyId"),
        arns("/CognitoOptions/RoleArn"),
        arns("/DomainEndpointOptions/CustomEndpointCertificateArn"),
        arns("/VPCOptions/SecurityGroupIds/*"),
        arns("/VPCOptions/SubnetIds/*"),
        names(
            "/CognitoOptions/UserPoolId",
            "cognito-idp:{region}:{account}:userpool/{id}",
        ),
    ])
    .slow()
    .costs("its instances and storage")
    .leaves("manual snapshots in your own bucket; automated ones are deleted"),
    TableType::new(
        "aoss:collection",
        "AWS::OpenSearchServerless::Collection",
        "aoss:{region}:{account}:collection/{id}",
        "{id}",
    )
    .tags(TagSource::Index)
    .uses(&[arns("/KmsKeyArn")])
    .protected_by("/DeletionProtection", &["ENABLED"])
    .costs("capacity units"),
    TableType::new(
        "kafka:cluster",
        "AWS::MSK::Cluster",
        "kafka:{region}:{account}:cluster/{name*}",
        "{arn}",
    )
    .also(&["AWS::MSK::ServerlessCluster"])
    .uses(&[
        arns("/BrokerNodeGroupInfo/ClientSubnets/*"),
        arns("/BrokerNodeGroupInfo/SecurityGroups/*"),
        arns("/VpcConfigs/*/SecurityGroups/*"),
        arns("/VpcConfigs/*/SubnetIds/*"),
        arns("/EncryptionInfo/EncryptionAtRest/DataVolumeKMSKeyId"),
    ])
    .slow()
    .costs("its brokers and storage"),
    TableType::new(
        "kafka:replicator",
        "AWS::MSK::Replicator",
        "kafka:{region}:{account}:replicator/{name}/{id}",
        "{arn}",
    )
    .uses(&[
        arns("/KafkaClusters/*/AmazonMskCluster/MskClusterArn"),
        arns("/KafkaClusters/*/VpcConfig/SecurityGroupIds/*"),
        arns("/KafkaClusters/*/VpcConfig/SubnetIds/*"),
        arns("/ServiceExecutionRoleArn"),
    ])
    .slow()
    .costs("replicated data"),
    TableType::new(
        "redshift:cluster",
        "AWS::Redshift::Cluster",
        "redshift:{region}:{account}:cluster:{name}",
        "{name}",
    )
    .uses(&[
        arns("/KmsKeyId"),
        arns("/VpcSecurityGroupIds/*"),
        arns("/IamRoles/*"),
        names(
            "/ClusterSubnetGroupName",
            "redshift:{region}:{account}:subnetgroup:{name}",
        ),
        names(
            "/ClusterParameterGroupName",
            "redshift:{region}:{account}:parametergroup:{name}",
        ),
    ])
    .slow()
    .costs("its nodes and storage")
    .leaves(NO_FINAL_SNAPSHOT),
    TableType::new(
        "redshift:parametergroup",
        "AWS::Redshift::ClusterParameterGroup",
        "redshift:{region}:{account}:parametergroup:{name}",
        "{name}",
    ),
    TableType::new(
        "redshift:subnetgroup",
        "AWS::Redshift::ClusterSubnetGroup",
        "redshift:{region}:{account}:subnetgroup:{name}",
        "{name}",
    )
    .uses(&[arns("/SubnetIds/*")])
    .spares(&["default"]),
    TableType::new(
        "redshift-serverless:namespace",
        "AWS::RedshiftServerless::Namespace",
        "redshift-serverless:{region}:{account}:namespace/{id}",
        "",
    )
    .found_by("/Namespace/NamespaceArn")
    .created("/Namespace/CreationDate")
    .state("/Namespace/Status")
    .uses(&[
        arns("/KmsKeyId"),
        arns("/Namespace/KmsKeyId"),
        arns("/DefaultIamRoleArn"),
    ])
    .slow()
    .costs("stored data")
    .leaves(NO_FINAL_SNAPSHOT),
    TableType::new(
        "redshift-serverless:workgroup",
        "AWS::RedshiftServerless::Workgroup",
        "redshift-serverless:{region}:{account}:workgroup/{id}",
        "",
    )
    .found_by("/Workgroup/WorkgroupArn")
    .created("/Workgroup/CreationDate")
    .state("/Workgroup/Status")
    .uses(&[
        arns("/SecurityGroupIds/*"),
        arns("/SubnetIds/*"),
        arns("/Workgroup/SecurityGroupIds/*"),
        arns("/Workgroup/SubnetIds/*"),
    ])
    .slow()
    .costs("capacity units"),
    TableType::new(
        "elasticache:serverlesscache",
        "AWS::ElastiCache::ServerlessCache",
        "elasticache:{region}:{account}:serverlesscache:{name}",
        "{name}",
    )
    .created("/CreateTime")
    .state("/Status")
    .uses(&[
        arns("/KmsKeyId"),
        arns("/SecurityGroupIds/*"),
        arns("/SubnetIds/*"),
        names(
            "/UserGroupId",
            "elasticache:{region}:{account}:usergroup:{name}",
        ),
    ])
    .slow()
    .costs("stored data and requests"),
    TableType::new(
        "elasticache:user",
        "AWS::ElastiCache::User",
        "elasticache:{region}:{account}:user:{id}",
        "{id}",
    )
    .state("/Status")
    .spares(&["default"]),
    TableType::new(
        "elasticache:usergroup",
        "AWS::ElastiCache::UserGroup",
        "elasticache:{region}:{account}:usergroup:{id}",
        "{id}",
    )
    .state("/Status")
    .uses(&[names(
        "/UserIds/*",
        "elasticache:{region}:{account}:user:{id}",
    )]),
    TableType::new(
        "memorydb:cluster",
        "AWS::MemoryDB::Cluster",
        "memorydb:{region}:{account}:cluster/{name}",
        "{name}",
    )
    .state("/Status")
    .uses(&[
        arns("/KmsKeyId"),
        arns("/SecurityGroupIds/*"),
        arns("/SnsTopicArn"),
        names("/ACLName", "memorydb:{region}:{account}:acl/{name}"),
        names(
            "/ParameterGroupName",
            "memorydb:{region}:{account}:parametergroup/{name}",
        ),
        names(
            "/SubnetGroupName",
            "memorydb:{region}:{account}:subnetgroup/{name}",
        ),
    ])
    .slow()
    .costs("its nodes"),
    TableType::new(
        "memorydb:acl",
        "AWS::MemoryDB::ACL",
        "memorydb:{region}:{account}:acl/{name}",
        "{name}",
    )
    .state("/Status")
    .uses(&[names(
        "/UserNames/*",
        "memorydb:{region}:{account}:user/{name}",
    )])
    .spares(&["open-access"]),
    TableType::new(
        "memorydb:user",
        "AWS::MemoryDB::User",
        "memorydb:{region}:{account}:user/{name}",
        "{name}",
    )
    .state("/Status")
    .spares(&["default"]),
    TableType::new(
        "memorydb:parametergroup",
        "AWS::MemoryDB::ParameterGroup",
        "memorydb:{region}:{account}:parametergroup/{name}",
        "{name}",
    ),
    TableType::new(
        "memorydb:subnetgroup",
        "AWS::MemoryDB::SubnetGroup",
        "memorydb:{region}:{account}:subnetgroup/{name}",
        "{name}",
    )
    .uses(&[arns("/SubnetIds/*")]),
    TableType::new(
        "docdb-elastic:cluster",
        "AWS::DocDBElastic::Cluster",
        "docdb-elastic:{region}:{account}:cluster/{id}",
        "{arn}",
    )
    .uses(&[
        arns("/KmsKeyId"),
        arns("/SubnetIds/*"),
        arns("/VpcSecurityGroupIds/*"),
    ])
    .slow()
    .costs("its shards and storage"),
    TableType::new(
        "neptune-graph:graph",
        "AWS::NeptuneGraph::Graph",
        "neptune-graph:{region}:{account}:graph/{id}",
        "{id}",
    )
    .protected_by("/DeletionProtection", &["true"])
    .slow()
    .costs("its memory"),
    TableType::new(
        "timestream:database",
        "AWS::Timestream::Database",
        "timestream:{region}:{account}:database/{name}",
        "{name}",
    )
    .uses(&[arns("/KmsKeyId")]),
    TableType::new(
        "timestream:table",
        "AWS::Timestream::Table",
        "timestream:{region}:{account}:database/{database}/table/{name}",
        "{database}|{name}",
    )
    .uses(&[names(
        "/DatabaseName",
        "timestream:{region}:{account}:database/{name}",
    )])
    .costs("stored data"),
];
