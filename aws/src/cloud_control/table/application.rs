//! What serves an app: users, front ends, deployment, service discovery.

use super::super::table_type::{TableType, TagSource, arns, names};

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "cognito-idp:userpool",
        "AWS::Cognito::UserPool",
        "cognito-idp:{region}:{account}:userpool/{id}",
        "{id}",
    )
    .tags(TagSource::Property("/UserPoolTags"))
    .protected_by("/DeletionProtection", &["ACTIVE"])
    .uses(&[
        arns("/SmsConfiguration/SnsCallerArn"),
        arns("/LambdaConfig/PreSignUp"),
        arns("/LambdaConfig/PostConfirmation"),
        arns("/LambdaConfig/PreAuthentication"),
        arns("/LambdaConfig/PostAuthentication"),
        arns("/LambdaConfig/CustomMessage"),
        arns("/LambdaConfig/PreTokenGeneration"),
        arns("/LambdaConfig/UserMigration"),
        arns("/LambdaConfig/KMSKeyID"),
    ])
    .costs("active users"),
    TableType::new(
        "cognito-identity:identitypool",
        "AWS::Cognito::IdentityPool",
        "cognito-identity:{region}:{account}:identitypool/{id*}",
        "{id}",
    )
    .tags(TagSource::Property("/IdentityPoolTags"))
    .uses(&[
        arns("/OpenIdConnectProviderARNs/*"),
        arns("/SamlProviderARNs/*"),
    ]),
    TableType::new(
        "amplify:apps",
        "AWS::Amplify::App",
        "amplify:{region}:{account}:apps/{id}",
        "{arn}",
    )
    .uses(&[arns("/IAMServiceRole"), arns("/ComputeRoleArn")])
    .costs("builds, storage and traffic"),
    TableType::new(
        "amplify:branches",
        "AWS::Amplify::Branch",
        "amplify:{region}:{account}:apps/{app}/branches/{name*}",
        "{arn}",
    )
    .uses(&[names("/AppId", "amplify:{region}:{account}:apps/{id}")]),
    TableType::new(
        "codepipeline:pipeline",
        "AWS::CodePipeline::Pipeline",
        "codepipeline:{region}:{account}:{name}",
        "{name}",
    )
    .uses(&[arns("/RoleArn")])
    .costs("pipeline"),
    TableType::new(
        "codeartifact:domain",
        "AWS::CodeArtifact::Domain",
        "codeartifact:{region}:{account}:domain/{name}",
        "{arn}",
    )
    .uses(&[arns("/EncryptionKey")]),
    TableType::new(
        "codeartifact:repository",
        "AWS::CodeArtifact::Repository",
        "codeartifact:{region}:{account}:repository/{domain}/{name}",
        "{arn}",
    )
    .uses(&[names(
        "/DomainName",
        "codeartifact:{region}:{account}:domain/{name}",
    )])
    .costs("stored packages"),
    TableType::new(
        "codedeploy:application",
        "AWS::CodeDeploy::Application",
        "codedeploy:{region}:{account}:application:{name}",
        "{name}",
    ),
    TableType::new(
        "codedeploy:deploymentgroup",
        "AWS::CodeDeploy::DeploymentGroup",
        "codedeploy:{region}:{account}:deploymentgroup:{application}/{name}",
        "{application}|{name}",
    )
    .uses(&[
        arns("/ServiceRoleArn"),
        names(
            "/ApplicationName",
            "codedeploy:{region}:{account}:application:{name}",
        ),
    ]),
    TableType::new(
        "servicediscovery:namespace",
        "AWS::ServiceDiscovery::PrivateDnsNamespace",
        "servicediscovery:{region}:{account}:namespace/{id}",
        "{id}",
    )
    .also(&[
        "AWS::ServiceDiscovery::PublicDnsNamespace",
        "AWS::ServiceDiscovery::HttpNamespace",
    ])
    .uses(&[arns("/Vpc")])
    .costs("its hosted zone, if it has one"),
    TableType::new(
        "servicediscovery:service",
        "AWS::ServiceDiscovery::Service",
        "servicediscovery:{region}:{account}:service/{id}",
        "{id}",
    )
    .uses(&[names(
        "/NamespaceId",
        "servicediscovery:{region}:{account}:namespace/{id}",
    )])
    .costs("registered instances"),
];
