//! What is known of a resource for the rules of `jiti check --live`, beyond its tags and its cost.
//!
//! The description of a type sets what its service says. What it does not set stays unknown, with
//! the reason, if the type can be public or stores data that can be unencrypted.

use serde_json::Value;
use stack::cloud::{Observed, Resource};

use crate::cloud_control::text_at;

/// Types that everyone may be able to reach, with what discovery does not read of them.
const REACHABLE: &[(&str, &str)] = &[
    ("apigateway:api", "its routes and their authorisation"),
    ("apigateway:restapi", "its methods and their authorisation"),
    ("apprunner:service", "its network configuration"),
    ("appsync:api", "its authorisation"),
    ("docdb-elastic:cluster", "its network configuration"),
    ("ec2:instance", "its addresses"),
    ("ec2:security-group", "its rules"),
    ("ec2:security-group-rule", "the addresses that it lets in"),
    ("ecr:repository", "its policy"),
    ("eks:cluster", "the network configuration of its API"),
    ("elasticfilesystem:file-system", "its policy"),
    ("elasticloadbalancing:classic-loadbalancer", "its scheme"),
    ("elasticloadbalancing:loadbalancer", "its scheme"),
    ("es:domain", "its network configuration"),
    ("kafka:cluster", "its network configuration"),
    ("kms:key", "its policy"),
    ("lambda:function", "its URL and its policy"),
    ("mq:broker", "its network configuration"),
    ("rds:db", "its network configuration"),
    ("redshift-serverless:workgroup", "its network configuration"),
    ("redshift:cluster", "its network configuration"),
    (
        "s3:bucket",
        "its policy, its ACL and its public access block",
    ),
    ("secretsmanager:secret", "its policy"),
    ("sns:topic", "its policy"),
    ("sqs:queue", "its policy"),
    ("transfer:server", "its endpoint"),
];

/// Types that store data which may be unencrypted, with what discovery does not read of them.
const STORING: &[(&str, &str)] = &[
    ("ec2:launch-template", "the disks in its versions"),
    ("ec2:snapshot", "its encryption"),
    ("ec2:volume", "its encryption"),
    ("elasticache:replicationgroup", "its encryption"),
    ("elasticfilesystem:file-system", "its encryption"),
    ("es:domain", "its encryption"),
    ("firehose:deliverystream", "its encryption"),
    ("kinesis:stream", "its encryption"),
    ("rds:cluster", "its encryption"),
    ("rds:db", "its encryption"),
    ("redshift:cluster", "its encryption"),
    ("sns:topic", "its encryption"),
    ("sqs:queue", "its encryption"),
];

/// Types whose deletion protection takes a call for each resource, which discovery does not make.
const PROTECTED_BY_CALL: &[&str] = &["ec2:instance"];

/// Whether everyone can reach a resource of a type that Cloud Control describes: the type, the
/// property, the values that close it, and what is open otherwise.
const OPEN_UNLESS: &[(&str, &str, &[&str], &str)] = &[
    (
        "elasticloadbalancing:classic-loadbalancer",
        "/Scheme",
        &["internal"],
        "it has a public address",
    ),
    (
        "mq:broker",
        "/PubliclyAccessible",
        &["false"],
        "it has a public address",
    ),
    (
        "redshift-serverless:workgroup",
        "/Workgroup/PubliclyAccessible",
        &["false"],
        "it has a public address",
    ),
    (
        "redshift:cluster",
        "/PubliclyAccessible",
        &["false"],
        "it has a public address",
    ),
];

/// What encrypts a resource of a type that Cloud Control describes: the type, the property, and the
/// values that switch it on.
const ENCRYPTED_IF: &[(&str, &str, &[&str])] = &[
    ("elasticfilesystem:file-system", "/Encrypted", &["true"]),
    ("es:domain", "/EncryptionAtRestOptions/Enabled", &["true"]),
    (
        "firehose:deliverystream",
        "/DeliveryStreamEncryptionConfigurationInput/KeyType",
        &["AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"],
    ),
    (
        "kinesis:stream",
        "/StreamEncryption/EncryptionType",
        &["KMS"],
    ),
    ("redshift:cluster", "/Encrypted", &["true"]),
];

/// Sets whether everyone can reach a resource: `open` has what lets them in.
pub(crate) fn set_public(resource: &mut Resource, open: Vec<String>) {
    resource.governance.public = Observed::Known(open);
}

/// Sets whether everyone can reach a resource, if its service says it.
pub(crate) fn set_public_if(resource: &mut Resource, is_open: Option<bool>, how: &str) {
    if let Some(is_open) = is_open {
        set_public(resource, Vec::from_iter(is_open.then(|| how.to_owned())));
    }
}

/// Sets whether a resource encrypts what it stores, if its service says it.
pub(crate) fn set_encrypted(resource: &mut Resource, is_encrypted: Option<bool>) {
    if let Some(is_encrypted) = is_encrypted {
        resource.governance.encrypted = Observed::Known(is_encrypted);
    }
}

/// Whether a range of addresses is the whole internet.
pub(crate) fn is_everyone(range: &str) -> bool {
    range.ends_with("/0")
}

/// Reads the facts of a resource that Cloud Control describes.
pub(crate) fn of_properties(resource: &mut Resource, properties: &Value) {
    let kind = resource.kind.clone();
    let read = |path: &str| text_at(properties, path);
    for (_, path, closed, how) in OPEN_UNLESS.iter().filter(|row| row.0 == kind) {
        let is_open = read(path).map(|value| !closed.contains(&value.as_str()));
        // A load balancer without a scheme is internet-facing; other types always have the value.
        let is_open = is_open.or((*path == "/Scheme").then_some(true));
        set_public_if(resource, is_open, how);
    }
    for (_, path, on) in ENCRYPTED_IF.iter().filter(|row| row.0 == kind) {
        let is_on = read(path).is_some_and(|value| on.contains(&value.as_str()));
        set_encrypted(resource, Some(is_on));
    }
    if kind == "es:domain" {
        let in_vpc = properties["VPCOptions"]["SubnetIds"].as_array();
        let is_open = in_vpc.is_none_or(Vec::is_empty);
        set_public_if(resource, Some(is_open), "it has a public endpoint");
    }
}

/// Completes the facts of a resource: what no description has set applies not, or is unknown.
pub(crate) fn complete(resource: &mut Resource, is_known_type: bool) {
    let kind = resource.kind.as_str();
    let reason = match (is_known_type, resource.is_confirmed()) {
        (true, true) => None,
        (true, false) => Some("its service did not confirm it".to_owned()),
        (false, _) => Some("jiti does not know this resource type".to_owned()),
    };
    let governance = &mut resource.governance;
    fill(&mut governance.public, REACHABLE, kind, reason.as_deref());
    fill(&mut governance.encrypted, STORING, kind, reason.as_deref());
    governance.protected = match (&resource.protection, reason) {
        (Some(_), _) => Observed::Known(true),
        (None, Some(reason)) => Observed::Unknown(reason),
        (None, None) if PROTECTED_BY_CALL.contains(&kind) => {
            Observed::Unknown("discovery does not read its deletion protection".to_owned())
        }
        (None, None) => Observed::Known(false),
    };
}

fn fill<T>(fact: &mut Observed<T>, types: &[(&str, &str)], kind: &str, reason: Option<&str>) {
    if let Some(reason) = reason {
        *fact = Observed::Unknown(reason.to_owned());
    } else if matches!(fact, Observed::Unknown(_)) {
        let unread = types.iter().find(|row| row.0 == kind);
        *fact = unread.map_or(Observed::DoesNotApply, |(_, what)| {
            Observed::Unknown(format!("discovery does not read {what}"))
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stack::cloud::Confirmation;

    use super::*;
    use crate::client::Clients;
    use crate::types;

    fn of(kind: &str, properties: &Value) -> Resource {
        let clients = Clients::for_tests();
        let mut resource = clients.resource(clients.arn("x", "y"), kind);
        resource.confirmation = Confirmation::Confirmed;
        of_properties(&mut resource, properties);
        complete(&mut resource, types::by_name(kind).is_some());
        resource
    }

    /// Every type of the tables is one that jiti knows, so that no row is dead.
    #[test]
    fn the_tables_name_known_types() {
        let reachable = REACHABLE.iter().chain(STORING).map(|row| row.0);
        let properties = OPEN_UNLESS.iter().map(|row| row.0);
        let properties = properties.chain(ENCRYPTED_IF.iter().map(|row| row.0));
        let by_call = PROTECTED_BY_CALL.iter().copied();
        for kind in reachable.chain(properties).chain(by_call) {
            assert!(types::by_name(kind).is_some(), "{kind}");
        }
    }

    /// The properties of Cloud Control say what is open and what is encrypted.
    #[test]
    fn properties_have_the_facts() {
        let closed = of(
            "redshift:cluster",
            &json!({"PubliclyAccessible": false, "Encrypted": true}),
        );
        assert_eq!(closed.governance.public, Observed::Known(Vec::new()));
        assert_eq!(closed.governance.encrypted, Observed::Known(true));
        let open = of("redshift:cluster", &json!({"PubliclyAccessible": true}));
        let expected = vec!["it has a public address".to_owned()];
        assert_eq!(open.governance.public, Observed::Known(expected));
        assert_eq!(open.governance.encrypted, Observed::Known(false));
        let balancer = of("elasticloadbalancing:classic-loadbalancer", &json!({}));
        assert!(matches!(balancer.governance.public, Observed::Known(open) if open.len() == 1));
        let domain = of("es:domain", &json!({"VPCOptions": {"SubnetIds": ["s"]}}));
        assert_eq!(domain.governance.public, Observed::Known(Vec::new()));
    }

    /// What no service says is unknown with the reason, or does not apply to the type.
    #[test]
    fn what_is_not_read_is_unknown() {
        let topic = of("sns:topic", &json!({}));
        let unread = |what: &str| Observed::Unknown(format!("discovery does not read {what}"));
        assert_eq!(topic.governance.public, unread("its policy"));
        let subnet = of("ec2:subnet", &json!({}));
        assert_eq!(subnet.governance.public, Observed::DoesNotApply);
        assert_eq!(subnet.governance.protected, Observed::Known(false));
        let machine = of("ec2:instance", &json!({}));
        assert!(matches!(machine.governance.protected, Observed::Unknown(_)));
        let other = of("quantum:cat", &json!({}));
        assert!(matches!(other.governance.encrypted, Observed::Unknown(_)));
    }
}
