//! What each type means for stopping and deleting a resource of it.

use stack::cloud::{DeletionClass, DeletionTimeout, Resource, ResourceClass, TypeFacts};

use crate::cloud_control::by_name;

/// States in which a service is changing a resource.
const TRANSITIONAL_STATES: &[&str] = &[
    "configuring-enhanced-monitoring",
    "modifying",
    "pending",
    "starting",
    "stopping",
];

/// The facts of a type, by its name in the tag index, such as `ec2:subnet`.
#[must_use]
pub fn type_facts(kind: &str) -> TypeFacts {
    let service = kind.split(':').next().unwrap_or(kind);
    TypeFacts {
        // A role serves the function that removes its network interfaces, a key what it encrypts,
        // and a running function would recreate its log group.
        deletion: match service {
            "iam" | "kms" | "logs" => DeletionClass::Last,
            _ => DeletionClass::InOrder,
        },
        timeout: match (service, kind) {
            ("rds" | "elasticache" | "eks" | "cloudformation", _) => DeletionTimeout::Slow,
            (_, "ec2:security-group" | "ec2:subnet" | "ec2:vpc" | "ec2:network-interface") => {
                DeletionTimeout::Network
            }
            _ => by_name(kind).map_or(DeletionTimeout::Default, |row| row.timeout),
        },
        keeps_data: matches!(service, "rds" | "elasticache" | "redshift"),
        // The interfaces of a function stay for a while after the function is deleted.
        leaves_interfaces: kind == "lambda:function",
        class: class(service, kind),
    }
}

/// The kind of work that creating a resource is; `None` for services that jiti cannot tell apart.
fn class(service: &str, kind: &str) -> Option<ResourceClass> {
    Some(match kind {
        "ec2:instance" | "ec2:launch-template" | "ec2:spot-instances-request" => ResourceClass::App,
        "ec2:security-group" | "ec2:network-acl" | "ec2:key-pair" => ResourceClass::Security,
        "ec2:volume" | "ec2:snapshot" => ResourceClass::Data,
        _ => return class_of_service(service),
    })
}

fn class_of_service(service: &str) -> Option<ResourceClass> {
    Some(match service {
        "ec2" | "vpc" | "elasticloadbalancing" | "route53" | "cloudfront" | "apigateway" => {
            ResourceClass::Network
        }
        "iam" | "kms" | "secretsmanager" | "acm" | "wafv2" | "cognito-idp" => {
            ResourceClass::Security
        }
        "rds" | "elasticache" | "redshift" | "dynamodb" | "s3" | "sqs" | "sns" | "kinesis"
        | "elasticfilesystem" | "es" | "kafka" => ResourceClass::Data,
        "ecs" | "eks" | "lambda" | "autoscaling" | "ecr" | "apprunner" | "states" => {
            ResourceClass::App
        }
        _ => return None,
    })
}

/// Sets what the type and the state of a described resource mean.
pub(crate) fn set_facts(resource: &mut Resource) {
    resource.facts = type_facts(&resource.kind);
    let state = resource.state.as_deref().unwrap_or_default();
    resource.in_transition = TRANSITIONAL_STATES.contains(&state.to_lowercase().as_str());
}

#[cfg(test)]
mod tests {
    use stack::{Place, ResourceId};

    use super::*;

    /// Databases are slow and keep data, roles are deleted last, and a function's interfaces linger
    /// in its network.
    #[test]
    fn types_have_facts() {
        let database = type_facts("rds:db");
        assert!(database.keeps_data && database.timeout == DeletionTimeout::Slow);
        assert_eq!(type_facts("iam:role").deletion, DeletionClass::Last);
        assert_eq!(type_facts("ec2:subnet").timeout, DeletionTimeout::Network);
        assert_eq!(
            type_facts("ec2:natgateway").timeout,
            DeletionTimeout::Default
        );
        assert!(type_facts("lambda:function").leaves_interfaces);
        let queue = TypeFacts {
            class: Some(ResourceClass::Data),
            ..TypeFacts::default()
        };
        assert_eq!(type_facts("sqs"), queue);
        assert_eq!(type_facts("quantum:cat"), TypeFacts::default());
    }

    /// The creation of a resource is work on the network, on security, on data, or on the app.
    #[test]
    fn types_have_a_class() {
        let class = |kind| type_facts(kind).class.map(ResourceClass::as_str);
        for (kind, expected) in [
            ("ec2:natgateway", "network"),
            ("elasticloadbalancing:loadbalancer", "network"),
            ("ec2:security-group", "security"),
            ("kms:key", "security"),
            ("ec2:volume", "data"),
            ("rds:db", "data"),
            ("ec2:instance", "app"),
            ("ecs:service", "app"),
        ] {
            assert_eq!(class(kind), Some(expected), "{kind}");
        }
        assert_eq!(class("logs:log-group"), None);
    }

    /// A resource is in transition while its service changes its state.
    #[test]
    fn states_may_be_transitional() {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut resource = Resource::named(ResourceId("db".to_owned()), "rds:db", place);
        for (state, expected) in [
            (None, false),
            (Some("available"), false),
            (Some("Stopping"), true),
            (Some("configuring-enhanced-monitoring"), true),
        ] {
            resource.state = state.map(str::to_owned);
            set_facts(&mut resource);
            assert_eq!(resource.in_transition, expected, "{state:?}");
        }
    }
}
