//! What jiti does about each AWS resource type: the guide shows it, and AWS's schemas agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use aws::{TypeCoverage, UNLISTED, UnlistedCause, type_coverage};
use e2e::Sandbox;
use e2e::source::project;
use serde_json::Value;

/// The guide's table and the list of unsupported types are what the code says. `make docs` updates
/// them.
#[test]
fn the_coverage_docs_are_fresh() {
    let guide = project().join("docs/guides/aws.md");
    let committed = std::fs::read_to_string(&guide).unwrap();
    let text = with_block(&committed, "types", &table(&type_coverage()));
    let text = with_block(&text, "unlisted", &unlisted());
    expect_fresh(&guide, &text);
    let page = project().join("docs/guides/aws-unsupported.md");
    expect_fresh(&page, &unsupported_page());
}

/// Every type whose schema says that it has tags is supported, reported as residue with the command
/// of the AWS CLI, or named as unsupported. The list of these types is that of the schemas.
#[test]
fn every_taggable_type_has_a_verdict() {
    let (date, listed) = taggable();
    let sandbox = Sandbox::new();
    let schemas = sandbox.python("schemas.py", &[]);
    let types = schemas["types"].as_object().unwrap();
    let tagged = types.iter().filter(|(_, facts)| !facts["tags"].is_null());
    let tagged: BTreeSet<&str> = tagged.map(|(name, _)| name.as_str()).collect();
    let date_of_schemas = schemas["date"].as_str().unwrap();
    if blesses() {
        let mut text = format!("# {date_of_schemas}\n");
        tagged
            .iter()
            .for_each(|name| writeln!(text, "{name}").unwrap());
        std::fs::write(list_path(), text).unwrap();
        return;
    }
    assert_eq!(date, date_of_schemas);
    assert_eq!(
        listed.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        tagged
    );
    assert!(listed.len() > 1_000, "{}", listed.len());
    let supported = supported();
    let page = std::fs::read_to_string(project().join("docs/guides/aws-unsupported.md")).unwrap();
    for name in &listed {
        let named = is_named(&page, name);
        assert!(supported.contains(name.as_str()) != named, "{name}");
    }
}

/// Each row of the table rests on the CloudFormation resource schema of its type: the schema has
/// the identifier, the tags, the properties and the calls that the row uses.
#[test]
fn every_row_rests_on_its_schema() {
    let rows: Vec<TypeCoverage> = type_coverage();
    let rows: Vec<&TypeCoverage> = rows.iter().filter(|row| row.schema.is_some()).collect();
    assert!(rows.len() > 100, "{}", rows.len());
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.cloud_formation.clone())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let schemas = Sandbox::new().python("schemas.py", &names);
    let mut wrong = Vec::new();
    for row in rows {
        let used = row.schema.as_ref().unwrap();
        let of = |name: &str| schemas["types"][name].clone();
        let all: Vec<Value> = row.cloud_formation.iter().map(|name| of(name)).collect();
        let mut properties = BTreeSet::new();
        for (name, facts) in row.cloud_formation.iter().zip(&all) {
            let mut check = |is_right: bool, what: &str| {
                if !is_right {
                    wrong.push(format!("{} ({name}): {what}: {facts:.300}", row.name));
                }
            };
            let calls = texts(&facts["calls"]);
            check(
                calls.contains(&"read") && calls.contains(&"delete"),
                "no calls",
            );
            check(!used.updates || calls.contains(&"update"), "no update");
            let parts = facts["identifier"].as_array().map_or(0, Vec::len);
            let is_whole = used.is_whole_identifier || used.identifier_parts == parts;
            check(is_whole, "another identifier");
            let tags = facts["tags"].as_str();
            match (used.tags, used.tags_from_index) {
                (Some(path), _) => {
                    check(tags == Some(path), "other tags");
                    check(
                        facts["tags_are_returned"] == true,
                        "its tags are not returned",
                    );
                }
                (None, true) => check(tags.is_some(), "no tags"),
                (None, false) => check(tags.is_none(), "it has tags"),
            }
            properties.extend(texts(&facts["properties"]).into_iter().map(str::to_owned));
        }
        for path in &used.properties {
            if !properties.contains(*path) {
                wrong.push(format!("{}: there is no {path}", row.name));
            }
        }
        for (kind, property) in &used.listed_by {
            let listed_by = of(kind)["listed_by"].clone();
            if !texts(&listed_by).contains(property) {
                wrong.push(format!("{kind} is not listed by {property}: {listed_by}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The ARN of each row is one that the service authorization reference has.
#[test]
fn every_arn_is_in_the_reference() {
    let rows = type_coverage();
    let arns: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.schema.as_ref())
        .map(|schema| schema.arn)
        .collect();
    let known = Sandbox::new().python(
        "arn_reference.py",
        &[&serde_json::to_string(&arns).unwrap()],
    );
    let unknown: Vec<&&str> = arns.iter().filter(|arn| known[**arn] != true).collect();
    // These have no ARN of their own: jiti makes one from the identifier.
    let made = [
        "elasticfilesystem:{region}:{account}:mount-target/{id}",
        "route53:::recordset/{identifier*}",
    ];
    let unknown: BTreeSet<&str> = unknown.into_iter().copied().collect();
    assert_eq!(unknown, made.into_iter().collect::<BTreeSet<_>>());
}

/// The schemas say of each type without tags that it has none.
#[test]
fn unlisted_types_have_their_cause() {
    let without = UNLISTED
        .iter()
        .filter(|one| one.cause == UnlistedCause::NoTags);
    let names: Vec<&str> = without.map(|one| one.cloud_formation).collect();
    let schemas = Sandbox::new().python("schemas.py", &names);
    for name in names {
        let facts = &schemas["types"][name];
        assert!(
            facts.is_object() && facts["tags"].is_null(),
            "{name}: {facts}"
        );
    }
}

/// The guide has a verdict for each of these types, in its table, in the list of the types that no
/// index lists, or in the list of unsupported types.
#[test]
fn the_common_types_have_a_verdict() {
    let read = |name: &str| {
        let guides = project().join("docs/guides");
        std::fs::read_to_string(guides.join(name)).unwrap()
    };
    let (guide, page) = (read("aws.md"), read("aws-unsupported.md"));
    for name in COMMON {
        let mut rows = guide.lines().filter(|line| line.starts_with("| "));
        let in_table = rows.any(|row| row.split([' ', ',']).any(|word| word == *name));
        let is_unsupported = is_named(&page, &format!("AWS::{name}"));
        assert_eq!(is_unsupported, UNSUPPORTED.contains(name), "{name}");
        assert!(in_table != is_unsupported, "{name}");
    }
    // Cloud Control cannot delete a project of CodeBuild.
    let row = guide
        .lines()
        .find(|line| line.contains("CodeBuild::Project"));
    assert!(row.unwrap().contains("aws codebuild delete-project"));
}

/// Types that Cloud Control has, and whose ARN does not lead to the identifier.
const UNSUPPORTED: [&str; 1] = ["ApplicationAutoScaling::ScalableTarget"];

#[rustfmt::skip]
const COMMON: &[&str] = &[
    "ECR::Repository", "ApiGateway::RestApi", "ApiGatewayV2::Api", "ApiGateway::DomainName",
    "ApiGatewayV2::DomainName", "SSM::Parameter", "CertificateManager::Certificate",
    "ElasticLoadBalancing::LoadBalancer", "EFS::FileSystem", "EFS::MountTarget", "EFS::AccessPoint",
    "Events::Rule", "Events::EventBus", "Scheduler::ScheduleGroup", "Scheduler::Schedule",
    "StepFunctions::StateMachine", "Route53::HostedZone", "Route53::RecordSet", "Route53::HealthCheck",
    "CloudFront::Distribution", "CloudFront::Function", "CloudFront::CachePolicy",
    "CloudFront::OriginRequestPolicy", "CloudFront::ResponseHeadersPolicy",
    "CloudFront::OriginAccessControl", "Kinesis::Stream", "KinesisFirehose::DeliveryStream",
    "Cognito::UserPool", "Cognito::IdentityPool", "OpenSearchService::Domain", "MSK::Cluster",
    "MSK::ServerlessCluster", "Redshift::Cluster", "RedshiftServerless::Namespace",
    "RedshiftServerless::Workgroup", "ElastiCache::ServerlessCache", "MemoryDB::Cluster",
    "DocDB::DBCluster", "DocDB::DBInstance", "Neptune::DBCluster", "Neptune::DBInstance",
    "EC2::VPNGateway", "EC2::VPNConnection", "EC2::CustomerGateway", "EC2::TransitGateway",
    "EC2::TransitGatewayAttachment", "EC2::TransitGatewayPeeringAttachment",
    "EC2::TransitGatewayVpcAttachment", "EC2::NetworkAcl", "EC2::DHCPOptions",
    "EC2::EgressOnlyInternetGateway", "EC2::PrefixList", "CloudWatch::Alarm",
    "CloudWatch::Dashboard", "CloudWatch::MetricStream", "WAFv2::WebACL", "WAFv2::IPSet",
    "WAFv2::RuleGroup", "CodeBuild::Project", "CodePipeline::Pipeline", "Batch::ComputeEnvironment",
    "Batch::JobQueue", "Glue::Job", "Glue::Crawler", "Glue::Trigger", "Glue::Database",
    "Athena::WorkGroup", "SageMaker::NotebookInstance", "SageMaker::Endpoint",
    "SageMaker::EndpointConfig", "SageMaker::Model", "AppSync::GraphQLApi", "Amplify::App",
    "AppRunner::Service", "Lambda::LayerVersion", "Lambda::EventSourceMapping", "EKS::Addon",
    "EKS::AccessEntry", "EKS::FargateProfile", "EKS::PodIdentityAssociation",
    "ECS::CapacityProvider", "Backup::BackupVault", "Backup::BackupPlan", "DataSync::Task",
    "DataSync::LocationS3", "Transfer::Server", "Transfer::User", "IoT::TopicRule",
    "ServiceDiscovery::PrivateDnsNamespace", "ServiceDiscovery::PublicDnsNamespace",
    "ServiceDiscovery::HttpNamespace", "ServiceDiscovery::Service",
    "ApplicationAutoScaling::ScalableTarget", "IAM::SAMLProvider", "IAM::OIDCProvider",
    "IAM::ServerCertificate", "IAM::User", "IAM::AccessKey",
];

/// Whether the page of unsupported types has this type.
fn is_named(page: &str, name: &str) -> bool {
    let (service, kind) = parts(name);
    let mut lines = page.lines();
    let line = lines.find(|line| line.starts_with(&format!("* {service}: ")));
    let words = line.map(|line| line.replace([',', ':', '.'], ""));
    words.is_some_and(|line| line.split(' ').any(|word| word == kind))
}

/// The types of CloudFormation that jiti deletes, or for which the residue has a command.
fn supported() -> BTreeSet<&'static str> {
    let all = type_coverage().into_iter();
    all.flat_map(|one| one.cloud_formation).collect()
}

fn table(all: &[TypeCoverage]) -> String {
    let mut text = String::from(
        "| type | in CloudFormation | found by | confirmed by | deleted by | priced | measured | stopped |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for one in all {
        let yes = |flag: bool| if flag { "yes" } else { "no" };
        let names = one.cloud_formation.iter();
        let names: Vec<&str> = names.map(|name| name.trim_start_matches("AWS::")).collect();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            one.name,
            names.join(", "),
            one.found_by,
            one.confirmed_by,
            one.deleted_by,
            one.priced,
            yes(one.measured),
            yes(one.stopped)
        )
        .unwrap();
    }
    text += "\nWhat a deletion leaves:\n\n";
    for one in all {
        if let Some(what) = one.outlives {
            writeln!(text, "* {}: {what}.", one.name).unwrap();
        }
    }
    text
}

fn unlisted() -> String {
    let mut text = String::from("| type | why | what happens |\n| --- | --- | --- |\n");
    for one in UNLISTED {
        let name = one.cloud_formation.trim_start_matches("AWS::");
        let cause = one.cause.as_str();
        writeln!(text, "| {name} | {cause} | {} |", one.outcome).unwrap();
    }
    text
}

/// The types with tags that jiti neither deletes nor has a command for, by service.
fn unsupported_page() -> String {
    let (date, listed) = taggable();
    let supported = supported();
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in listed
        .iter()
        .filter(|name| !supported.contains(name.as_str()))
    {
        let (service, kind) = parts(name);
        services
            .entry(service.to_owned())
            .or_default()
            .push(kind.to_owned());
    }
    let mut text = format!(
        "---\npage_title: \"Unsupported types on AWS\"\ndescription: |-\n  The types of AWS resources with \
         tags that jiti does not delete.\n---\n\n# Unsupported types on AWS\n\njiti does not delete these types, \
         and has no command of the AWS CLI for them. If a resource of one\ncarries a stack's tags, a sweep leaves it as \
         residue with its ARN. The list has every type of\nCloudFormation whose resource schema of {date} says that it \
         has tags, without those of the [table](aws.md#types).\n\n"
    );
    for (service, kinds) in services {
        writeln!(text, "* {service}: {}.", kinds.join(", ")).unwrap();
    }
    text
}

/// The date of the list of types with tags, and the types.
fn taggable() -> (String, Vec<String>) {
    let text = std::fs::read_to_string(list_path()).unwrap_or_default();
    let mut lines = text.lines();
    let date = lines.next().unwrap_or_default().trim_start_matches("# ");
    (date.to_owned(), lines.map(str::to_owned).collect())
}

fn list_path() -> PathBuf {
    project().join("tests/aws/taggable-types.txt")
}

/// `ECR` and `Repository` of `AWS::ECR::Repository`.
fn parts(name: &str) -> (&str, &str) {
    let rest = name.strip_prefix("AWS::").unwrap_or(name);
    rest.split_once("::").unwrap_or(("", rest))
}

/// A page with the text between its markers replaced.
fn with_block(page: &str, name: &str, block: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}: generated -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let (before, rest) = page
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{before}{begin}\n{block}\n{end}{after}")
}

#[track_caller]
fn expect_fresh(path: &std::path::Path, text: &str) {
    if blesses() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is stale: run `make docs`",
        path.display()
    );
}

fn blesses() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "`make docs` sets JITI_BLESS to rewrite the pages"
    )]
    std::env::var_os("JITI_BLESS").is_some()
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap()).collect()
}
