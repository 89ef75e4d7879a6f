//! Analytics: Glue and Athena.

use super::super::table_type::{TableType, arns, names};

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "glue:job",
        "AWS::Glue::Job",
        "glue:{region}:{account}:job/{name}",
        "{name}",
    )
    .uses(&[
        arns("/Role"),
        names(
            "/Connections/Connections/*",
            "glue:{region}:{account}:connection/{name}",
        ),
    ])
    .costs("job runs"),
    TableType::new(
        "glue:crawler",
        "AWS::Glue::Crawler",
        "glue:{region}:{account}:crawler/{name}",
        "{name}",
    )
    .uses(&[arns("/Role")])
    .costs("crawler runs"),
    TableType::new(
        "glue:trigger",
        "AWS::Glue::Trigger",
        "glue:{region}:{account}:trigger/{name}",
        "{name}",
    )
    .uses(&[
        names(
            "/Actions/*/CrawlerName",
            "glue:{region}:{account}:crawler/{name}",
        ),
        names("/Actions/*/JobName", "glue:{region}:{account}:job/{name}"),
        names("/WorkflowName", "glue:{region}:{account}:workflow/{name}"),
    ]),
    TableType::new(
        "glue:workflow",
        "AWS::Glue::Workflow",
        "glue:{region}:{account}:workflow/{name}",
        "{name}",
    ),
    TableType::new(
        "glue:connection",
        "AWS::Glue::Connection",
        "glue:{region}:{account}:connection/{name}",
        "{account}|{name}",
    )
    .uses(&[arns(
        "/ConnectionInput/PhysicalConnectionRequirements/SubnetId",
    )]),
    TableType::new(
        "glue:registry",
        "AWS::Glue::Registry",
        "glue:{region}:{account}:registry/{name}",
        "{arn}",
    ),
    TableType::new(
        "glue:schema",
        "AWS::Glue::Schema",
        "glue:{region}:{account}:schema/{registry}/{name}",
        "{arn}",
    )
    .uses(&[
        arns("/Registry/Arn"),
        names("/Registry/Name", "glue:{region}:{account}:registry/{name}"),
    ]),
    TableType::new(
        "athena:workgroup",
        "AWS::Athena::WorkGroup",
        "athena:{region}:{account}:workgroup/{name}",
        "{name}",
    )
    .created("/CreationTime")
    .spares(&["primary"])
    .costs("queries")
    .leaves("query results in their bucket"),
    TableType::new(
        "athena:datacatalog",
        "AWS::Athena::DataCatalog",
        "athena:{region}:{account}:datacatalog/{name}",
        "{name}",
    )
    .spares(&["AwsDataCatalog"]),
];
