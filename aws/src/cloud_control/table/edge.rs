//! What faces the internet: DNS zones, distributions, certificates, firewalls, APIs.

use serde_json::Value;

use super::super::properties::Reference;
use super::super::table_type::{Parts, TableType, TagSource, arns, names};

pub(super) const ROWS: &[TableType] = &[
    TableType::new(
        "route53:hostedzone",
        "AWS::Route53::HostedZone",
        "route53:::hostedzone/{id}",
        "{id}",
    )
    .tags(TagSource::Property("/HostedZoneTags"))
    .uses(&[
        arns("/QueryLoggingConfig/CloudWatchLogsLogGroupArn"),
        arns("/VPCs/*/VPCId"),
    ])
    .contains(&[Parts {
        kind: "route53:recordset",
        listed_by: "HostedZoneId",
        is_deleted: is_own_record,
    }])
    .costs("hosted zone"),
    TableType::new(
        "route53:recordset",
        "AWS::Route53::RecordSet",
        "route53:::recordset/{identifier*}",
        "{identifier}",
    )
    .tags(TagSource::None)
    .part_of(names("/HostedZoneId", "route53:::hostedzone/{id}"))
    .uses(&[names("/HealthCheckId", "route53:::healthcheck/{id}")]),
    TableType::new(
        "route53:healthcheck",
        "AWS::Route53::HealthCheck",
        "route53:::healthcheck/{id}",
        "{id}",
    )
    .tags(TagSource::Property("/HealthCheckTags"))
    .costs("health check"),
    TableType::new(
        "cloudfront:distribution",
        "AWS::CloudFront::Distribution",
        "cloudfront::{account}:distribution/{id}",
        "{id}",
    )
    .uses(&[
        arns("/DistributionConfig/ViewerCertificate/AcmCertificateArn"),
        arns("/DistributionConfig/WebACLId"),
        arns("/DistributionConfig/DefaultCacheBehavior/FunctionAssociations/*/FunctionARN"),
        arns("/DistributionConfig/CacheBehaviors/*/FunctionAssociations/*/FunctionARN"),
        arns(
            "/DistributionConfig/DefaultCacheBehavior/LambdaFunctionAssociations/*/LambdaFunctionARN",
        ),
        names(
            "/DistributionConfig/Origins/*/VpcOriginConfig/VpcOriginId",
            "cloudfront::{account}:vpcorigin/{id}",
        ),
    ])
    .disabled_first("/DistributionConfig/Enabled")
    .slow()
    .costs("traffic and requests"),
    TableType::new(
        "cloudfront:function",
        "AWS::CloudFront::Function",
        "cloudfront::{account}:function/{name}",
        "{arn}",
    )
    .uses(&[arns(
        "/FunctionConfig/KeyValueStoreAssociations/*/KeyValueStoreARN",
    )]),
    TableType::new(
        "cloudfront:vpcorigin",
        "AWS::CloudFront::VpcOrigin",
        "cloudfront::{account}:vpcorigin/{id}",
        "{id}",
    )
    .uses(&[arns("/VpcOriginEndpointConfig/Arn")])
    .created("/CreatedTime")
    .slow(),
    TableType::new(
        "acm:certificate",
        "AWS::CertificateManager::Certificate",
        "acm:{region}:{account}:certificate/{id}",
        "{arn}",
    ),
    TableType::new(
        "wafv2:webacl",
        "AWS::WAFv2::WebACL",
        "wafv2:{region}:{account}:regional/webacl/{name}/{id}",
        "{name}|{id}|REGIONAL",
    )
    .uses(WAF_PARTS)
    .costs("web ACL and its rules"),
    TableType::new(
        "wafv2:global-webacl",
        "AWS::WAFv2::WebACL",
        "wafv2:{region}:{account}:global/webacl/{name}/{id}",
        "{name}|{id}|CLOUDFRONT",
    )
    .uses(WAF_PARTS)
    .costs("web ACL and its rules"),
    TableType::new(
        "wafv2:rulegroup",
        "AWS::WAFv2::RuleGroup",
        "wafv2:{region}:{account}:regional/rulegroup/{name}/{id}",
        "{name}|{id}|REGIONAL",
    )
    .uses(WAF_SETS)
    .costs("rule group"),
    TableType::new(
        "wafv2:global-rulegroup",
        "AWS::WAFv2::RuleGroup",
        "wafv2:{region}:{account}:global/rulegroup/{name}/{id}",
        "{name}|{id}|CLOUDFRONT",
    )
    .uses(WAF_SETS)
    .costs("rule group"),
    TableType::new(
        "wafv2:ipset",
        "AWS::WAFv2::IPSet",
        "wafv2:{region}:{account}:regional/ipset/{name}/{id}",
        "{name}|{id}|REGIONAL",
    ),
    TableType::new(
        "wafv2:global-ipset",
        "AWS::WAFv2::IPSet",
        "wafv2:{region}:{account}:global/ipset/{name}/{id}",
        "{name}|{id}|CLOUDFRONT",
    ),
    TableType::new(
        "wafv2:regexpatternset",
        "AWS::WAFv2::RegexPatternSet",
        "wafv2:{region}:{account}:regional/regexpatternset/{name}/{id}",
        "{name}|{id}|REGIONAL",
    ),
    TableType::new(
        "apigateway:restapi",
        "AWS::ApiGateway::RestApi",
        "apigateway:{region}::/restapis/{id}",
        "{id}",
    )
    .uses(&[arns("/EndpointConfiguration/VpcEndpointIds/*")])
    .costs("API requests"),
    TableType::new(
        "apigateway:restapi-stage",
        "AWS::ApiGateway::Stage",
        "apigateway:{region}::/restapis/{api}/stages/{stage}",
        "{api}|{stage}",
    )
    .uses(&[
        arns("/AccessLogSetting/DestinationArn"),
        names(
            "/ClientCertificateId",
            "apigateway:{region}::/clientcertificates/{id}",
        ),
        names("/RestApiId", "apigateway:{region}::/restapis/{id}"),
    ])
    .costs("a cache of its answers, if it has one"),
    TableType::new(
        "apigateway:api",
        "AWS::ApiGatewayV2::Api",
        "apigateway:{region}::/apis/{id}",
        "{id}",
    )
    .costs("API requests"),
    TableType::new(
        "apigateway:api-stage",
        "AWS::ApiGatewayV2::Stage",
        "apigateway:{region}::/apis/{api}/stages/{stage}",
        "{api}|{stage}",
    )
    .uses(&[
        arns("/AccessLogSettings/DestinationArn"),
        names("/ApiId", "apigateway:{region}::/apis/{id}"),
    ]),
    TableType::new(
        "apigateway:domainname",
        "AWS::ApiGateway::DomainName",
        "apigateway:{region}::/domainnames/{name}",
        "{name}",
    )
    .also(&["AWS::ApiGatewayV2::DomainName"])
    .uses(&[
        arns("/CertificateArn"),
        arns("/DomainNameConfigurations/*/CertificateArn"),
        arns("/RegionalCertificateArn"),
        arns("/OwnershipVerificationCertificateArn"),
    ]),
    TableType::new(
        "apigateway:vpclink",
        "AWS::ApiGatewayV2::VpcLink",
        "apigateway:{region}::/vpclinks/{id}",
        "{id}",
    )
    .also(&["AWS::ApiGateway::VpcLink"])
    .uses(&[
        arns("/SecurityGroupIds/*"),
        arns("/SubnetIds/*"),
        arns("/TargetArns/*"),
    ]),
    TableType::new(
        "apigateway:apikey",
        "AWS::ApiGateway::ApiKey",
        "apigateway:{region}::/apikeys/{id}",
        "{id}",
    ),
    TableType::new(
        "apigateway:usageplan",
        "AWS::ApiGateway::UsagePlan",
        "apigateway:{region}::/usageplans/{id}",
        "{id}",
    )
    .uses(&[names(
        "/ApiStages/*/ApiId",
        "apigateway:{region}::/restapis/{id}",
    )]),
    TableType::new(
        "apigateway:clientcertificate",
        "AWS::ApiGateway::ClientCertificate",
        "apigateway:{region}::/clientcertificates/{id}",
        "{id}",
    ),
];

/// What the rules of a web ACL refer to.
const WAF_PARTS: &[Reference] = &[
    WAF_SETS[0],
    WAF_SETS[1],
    arns("/Rules/*/Statement/RuleGroupReferenceStatement/Arn"),
];

/// What the rules of a rule group refer to.
const WAF_SETS: &[Reference] = &[
    arns("/Rules/*/Statement/IPSetReferenceStatement/Arn"),
    arns("/Rules/*/Statement/RegexPatternSetReferenceStatement/Arn"),
];

/// Whether a record has to be deleted before its zone: Route 53 deletes the zone's own name servers
/// and start of authority itself, and refuses to delete them before.
fn is_own_record(zone: &Value, record: &Value) -> bool {
    let name = |value: &Value| {
        let name = value.get("Name").and_then(Value::as_str);
        name.unwrap_or_default().trim_end_matches('.').to_owned()
    };
    let kind = record.get("Type").and_then(Value::as_str);
    !(matches!(kind, Some("NS" | "SOA")) && name(zone) == name(record))
}
