//! The commands of the AWS CLI that delete resources of types that jiti cannot delete, and those
//! that Cloud Control may refuse to delete.

mod table;

use stack::values::shell::quoted;

use self::table::COMMANDS;
use crate::arn::{Arn, last_segment};

/// The AWS CLI's own command that deletes a resource, quoted for a shell; `None` for a type that is
/// not in the table.
pub(crate) fn delete_command(arn: &Arn<'_>) -> Option<String> {
    // API Gateway writes `/restapis/ID`.
    let resource = arn.resource.trim_start_matches('/');
    let (kind, name) = match resource.split_once(['/', ':']) {
        Some((kind, name)) => (kind, name),
        None => ("", resource),
    };
    let (.., command) = COMMANDS
        .iter()
        .find(|(service, of_kind, ..)| *service == arn.service && *of_kind == kind)?;
    let text = arn.to_string();
    let words = command.split(' ').map(|word| match word {
        "{name}" => quoted(name),
        "{id}" => quoted(last_id(name)),
        "{path}" => quoted(&path(name)),
        "{arn}" => quoted(&text),
        word => word.to_owned(),
    });
    let words: Vec<String> = words.collect();
    let region = match arn.region {
        "" => String::new(),
        region => format!(" --region {region}"),
    };
    Some(format!("aws {}{region}", words.join(" ")))
}

/// A command, and the type that it deletes.
pub(crate) struct CommandOfType {
    /// The name of the type, as the tagging API writes it: `mq:broker`.
    pub(crate) name: String,
    /// Its type in CloudFormation.
    pub(crate) cloud_formation: Option<&'static str>,
    /// The command without its arguments: `mq delete-broker`.
    pub(crate) call: String,
}

/// Every command.
pub(crate) fn commands() -> impl Iterator<Item = CommandOfType> {
    COMMANDS
        .iter()
        .map(|(service, kind, cloud_formation, command)| CommandOfType {
            name: match *kind {
                "" => (*service).to_owned(),
                kind => format!("{service}:{kind}"),
            },
            cloud_formation: Some(*cloud_formation).filter(|name| !name.is_empty()),
            call: command.split(' ').take(2).collect::<Vec<_>>().join(" "),
        })
}

/// The last part of a name: `b-1` of `broker-name:b-1`, `p-1` of `api/p-1`.
fn last_id(name: &str) -> &str {
    let last = last_segment(name);
    last.rsplit(':').next().unwrap_or(last)
}

/// A name in a hierarchy: an ARN has it without the first `/`. A plain name has none.
fn path(name: &str) -> String {
    if name.contains('/') {
        format!("/{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::types;

    fn command(arn: &str) -> Option<String> {
        delete_command(&Arn::parse(arn).unwrap())
    }

    /// A command names the resource as its service does, and its region if it has one.
    #[test]
    fn commands_name_the_resource() {
        for (arn, expected) in [
            (
                "arn:aws:ec2:eu-west-1:123456789012:vpn-gateway/vgw-0a1",
                "ec2 delete-vpn-gateway --vpn-gateway-id vgw-0a1 --region eu-west-1",
            ),
            (
                "arn:aws:ecr:eu-west-1:123456789012:repository/team/app",
                "ecr delete-repository --repository-name team/app --force --region eu-west-1",
            ),
            (
                "arn:aws:route53:::hostedzone/Z1",
                "route53 delete-hosted-zone --id Z1",
            ),
            (
                "arn:aws:apigateway:eu-west-1::/restapis/a1b2",
                "apigateway delete-rest-api --rest-api-id a1b2 --region eu-west-1",
            ),
            (
                "arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
                "stepfunctions delete-state-machine --state-machine-arn arn:aws:states:eu-west-1:123456789012:stateMachine:orders --region eu-west-1",
            ),
            (
                "arn:aws:ssm:eu-west-1:123456789012:parameter/app/db/url",
                "ssm delete-parameter --name /app/db/url --region eu-west-1",
            ),
            (
                "arn:aws:mq:eu-west-1:123456789012:broker:jobs:b-1",
                "mq delete-broker --broker-id b-1 --region eu-west-1",
            ),
            (
                "arn:aws:codepipeline:eu-west-1:123456789012:it's one",
                r"codepipeline delete-pipeline --name 'it'\''s one' --region eu-west-1",
            ),
        ] {
            assert_eq!(command(arn), Some(format!("aws {expected}")), "{arn}");
        }
        assert_eq!(command("arn:aws:quantum:eu-west-1:1:cat/c"), None);
    }

    /// Each type is in the table once, and none is a type that has its own file.
    #[test]
    fn the_table_has_other_types_only() {
        let mut types = BTreeSet::new();
        for (service, kind, _, command) in COMMANDS {
            assert!(types.insert((service, kind)), "{service}:{kind} twice");
            let arn = match *kind {
                "" => format!("arn:aws:{service}:eu-west-1:123456789012:x"),
                kind => format!("arn:aws:{service}:eu-west-1:123456789012:{kind}/x"),
            };
            let arn = Arn::parse(&arn).unwrap();
            let mut own = types::ALL.iter().filter(|kind| kind.matches(&arn));
            assert!(own.next().is_none(), "{service}:{kind}");
            let targets = ["{name}", "{id}", "{path}", "{arn}"];
            let named = command.split(' ').filter(|word| targets.contains(word));
            assert_eq!(named.count(), 1, "{command}");
        }
        assert!(types.len() > 100, "{}", types.len());
    }
}
