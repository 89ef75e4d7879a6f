//! Operations: parameters, dashboards, backups, transfers.

use super::super::table_type::{TableType, TagSource, arns, names};

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "ssm:parameter",
        "AWS::SSM::Parameter",
        "ssm:{region}:{account}:parameter/{name*}",
        "{/name}",
    )
    .leaves("its name stays taken for 30 seconds"),
    TableType::new(
        "ssm:document",
        "AWS::SSM::Document",
        "ssm:{region}:{account}:document/{name*}",
        "{name}",
    ),
    TableType::new(
        "ssm:maintenancewindow",
        "AWS::SSM::MaintenanceWindow",
        "ssm:{region}:{account}:maintenancewindow/{id}",
        "{id}",
    ),
    TableType::new(
        "ssm:patchbaseline",
        "AWS::SSM::PatchBaseline",
        "ssm:{region}:{account}:patchbaseline/{id}",
        "{id}",
    ),
    TableType::new(
        "cloudwatch:dashboard",
        "AWS::CloudWatch::Dashboard",
        "cloudwatch::{account}:dashboard/{name}",
        "{name}",
    )
    .costs("dashboard"),
    TableType::new(
        "cloudwatch:metric-stream",
        "AWS::CloudWatch::MetricStream",
        "cloudwatch:{region}:{account}:metric-stream/{name}",
        "{name}",
    )
    .created("/CreationDate")
    .state("/State")
    .uses(&[arns("/FirehoseArn"), arns("/RoleArn")])
    .costs("streamed metrics"),
    TableType::new(
        "cloudwatch:insight-rule",
        "AWS::CloudWatch::InsightRule",
        "cloudwatch:{region}:{account}:insight-rule/{name}",
        "{arn}",
    )
    .costs("matched log events"),
    TableType::new(
        "backup:backup-vault",
        "AWS::Backup::BackupVault",
        "backup:{region}:{account}:backup-vault:{name}",
        "{name}",
    )
    .tags(TagSource::Property("/BackupVaultTags"))
    .uses(&[
        arns("/EncryptionKeyArn"),
        arns("/Notifications/SNSTopicArn"),
    ])
    .spares(&["Default"])
    .costs("stored recovery points"),
    TableType::new(
        "backup:backup-plan",
        "AWS::Backup::BackupPlan",
        "backup:{region}:{account}:backup-plan:{id}",
        "{id}",
    )
    .tags(TagSource::Property("/BackupPlanTags"))
    .uses(&[names(
        "/BackupPlan/BackupPlanRule/*/TargetBackupVault",
        "backup:{region}:{account}:backup-vault:{name}",
    )])
    .leaves("the recovery points that it made"),
    TableType::new(
        "datasync:task",
        "AWS::DataSync::Task",
        "datasync:{region}:{account}:task/{id}",
        "{arn}",
    )
    .state("/Status")
    .uses(&[
        arns("/CloudWatchLogGroupArn"),
        arns("/SourceLocationArn"),
        arns("/DestinationLocationArn"),
    ]),
    TableType::new(
        "datasync:location",
        "AWS::DataSync::LocationS3",
        "datasync:{region}:{account}:location/{id}",
        "{arn}",
    )
    .also(&[
        "AWS::DataSync::LocationEFS",
        "AWS::DataSync::LocationNFS",
        "AWS::DataSync::LocationSMB",
        "AWS::DataSync::LocationHDFS",
        "AWS::DataSync::LocationObjectStorage",
        "AWS::DataSync::LocationAzureBlob",
        "AWS::DataSync::LocationFSxLustre",
        "AWS::DataSync::LocationFSxONTAP",
        "AWS::DataSync::LocationFSxOpenZFS",
        "AWS::DataSync::LocationFSxWindows",
    ])
    .uses(&[
        arns("/S3BucketArn"),
        arns("/S3Config/BucketAccessRoleArn"),
        arns("/Ec2Config/SecurityGroupArns/*"),
        arns("/Ec2Config/SubnetArn"),
        arns("/OnPremConfig/AgentArns/*"),
        arns("/AgentArns/*"),
    ]),
    TableType::new(
        "datasync:agent",
        "AWS::DataSync::Agent",
        "datasync:{region}:{account}:agent/{id}",
        "{arn}",
    )
    .uses(&[arns("/SecurityGroupArns/*"), arns("/SubnetArns/*")])
    .leaves("the machine that runs the agent"),
    TableType::new(
        "transfer:server",
        "AWS::Transfer::Server",
        "transfer:{region}:{account}:server/{id}",
        "{arn}",
    )
    .state("/State")
    .uses(&[
        arns("/Certificate"),
        arns("/LoggingRole"),
        arns("/EndpointDetails/SecurityGroupIds/*"),
        arns("/EndpointDetails/SubnetIds/*"),
        arns("/EndpointDetails/AddressAllocationIds/*"),
        arns("/EndpointDetails/VpcId"),
    ])
    .costs("endpoint and transferred data"),
    TableType::new(
        "transfer:user",
        "AWS::Transfer::User",
        "transfer:{region}:{account}:user/{server}/{name}",
        "{arn}",
    )
    .uses(&[
        arns("/Role"),
        names("/ServerId", "transfer:{region}:{account}:server/{id}"),
    ]),
    TableType::new(
        "transfer:workflow",
        "AWS::Transfer::Workflow",
        "transfer:{region}:{account}:workflow/{id}",
        "{id}",
    ),
    TableType::new(
        "transfer:connector",
        "AWS::Transfer::Connector",
        "transfer:{region}:{account}:connector/{id}",
        "{id}",
    )
    .uses(&[arns("/AccessRole"), arns("/LoggingRole")]),
    TableType::new(
        "resource-groups:group",
        "AWS::ResourceGroups::Group",
        "resource-groups:{region}:{account}:group/{name}",
        "{name}",
    ),
    TableType::new(
        "xray:group",
        "AWS::XRay::Group",
        "xray:{region}:{account}:group/{name}/{id}",
        "{arn}",
    )
    .spares(&["Default"]),
    TableType::new(
        "synthetics:canary",
        "AWS::Synthetics::Canary",
        "synthetics:{region}:{account}:canary:{name}",
        "{name}",
    )
    .state("/State")
    .uses(&[
        arns("/ExecutionRoleArn"),
        arns("/VPCConfig/SecurityGroupIds/*"),
        arns("/VPCConfig/SubnetIds/*"),
    ])
    .costs("canary runs")
    .leaves("its function, log group and results in its bucket"),
    TableType::new(
        "cloudtrail:trail",
        "AWS::CloudTrail::Trail",
        "cloudtrail:{region}:{account}:trail/{name}",
        "{name}",
    )
    .uses(&[
        arns("/CloudWatchLogsLogGroupArn"),
        arns("/CloudWatchLogsRoleArn"),
        arns("/KMSKeyId"),
    ])
    .costs("recorded events")
    .leaves("the log files in its bucket"),
];
