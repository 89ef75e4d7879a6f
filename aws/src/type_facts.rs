//! What each type means for stopping and deleting a resource of it.

use stack::cloud::{DeletionClass, DeletionTimeout, Resource, TypeFacts};

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
            _ => DeletionTimeout::Default,
        },
        keeps_data: matches!(service, "rds" | "elasticache" | "redshift"),
        // The interfaces of a function stay for a while after the function is deleted.
        leaves_interfaces: kind == "lambda:function",
    }
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
        assert_eq!(type_facts("sqs"), TypeFacts::default());
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
