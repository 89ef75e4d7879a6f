//! Patterns of ARNs, and the identifiers that Cloud Control makes of them.
//!
//! A pattern is an ARN without `arn` and the partition, such as
//! `ecr:{region}:{account}:repository/{name*}`. A placeholder stands for a part without `/` and
//! `:`, and with `*` for all that follows.

use stack::ResourceId;

use crate::arn::Arn;
use crate::client::Clients;

/// The pattern of the ARNs of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArnPattern(pub(crate) &'static str);

/// What the placeholders of a pattern stand for in one ARN.
type Captures<'a> = Vec<(&'static str, &'a str)>;

impl ArnPattern {
    /// Whether its ARNs name no region.
    pub(crate) fn is_global(self) -> bool {
        self.parts().1.is_empty()
    }

    /// Whether an ARN matches.
    pub(crate) fn matches(self, arn: &Arn<'_>) -> bool {
        self.captures(arn).is_some()
    }

    /// The identifier that a template describes for a resource: `{name}|{id}`. Besides the
    /// placeholders of the pattern, it knows `{arn}` and, for a name in a hierarchy, `{/name}`:
    /// such a name begins with a `/` that its ARN does not repeat.
    pub(crate) fn identifier(self, template: &str, id: &ResourceId) -> Option<String> {
        let arn = Arn::from_id(id)?;
        let captures = self.captures(&arn)?;
        filled(template, |name| {
            if name == "arn" {
                return Some(id.to_string());
            }
            let key = name.trim_start_matches('/');
            let (_, value) = captures.iter().find(|(captured, _)| *captured == key)?;
            let in_hierarchy = name.starts_with('/') && value.contains('/');
            Some(if in_hierarchy {
                format!("/{value}")
            } else {
                (*value).to_owned()
            })
        })
    }

    /// The ARN of a resource in a place, with this value for the pattern's own placeholders.
    pub(crate) fn arn(self, clients: &Clients, value: &str) -> ResourceId {
        let text = filled(self.0, |name| {
            Some(match name {
                "region" => clients.region().to_owned(),
                "account" => clients.place.account.clone(),
                // A name in a hierarchy begins with a `/` that the ARN does not repeat.
                _ => value.trim_start_matches('/').to_owned(),
            })
        });
        let text = text.unwrap_or_default();
        ResourceId(format!("arn:{}:{text}", clients.partition))
    }

    /// Service, region, account and resource.
    fn parts(self) -> (&'static str, &'static str, &'static str, &'static str) {
        let mut parts = self.0.splitn(4, ':');
        let mut next = || parts.next().unwrap_or_default();
        (next(), next(), next(), next())
    }

    fn captures<'a>(self, arn: &Arn<'a>) -> Option<Captures<'a>> {
        let (service, region, account, resource) = self.parts();
        let fits = |pattern: &str, text: &str| match pattern {
            "" => text.is_empty(),
            _ => !text.is_empty(),
        };
        if service != arn.service || !fits(region, arn.region) || !fits(account, arn.account) {
            return None;
        }
        let mut captures = vec![("region", arn.region), ("account", arn.account)];
        let (mut pattern, mut text) = (resource, arn.resource);
        while let Some((literal, rest)) = pattern.split_once('{') {
            let (name, after) = rest.split_once('}')?;
            text = text.strip_prefix(literal)?;
            let length = if name.ends_with('*') {
                text.len()
            } else {
                text.find(['/', ':']).unwrap_or(text.len())
            };
            let (value, remaining) = text.split_at(length);
            if value.is_empty() {
                return None;
            }
            captures.push((name.trim_end_matches('*'), value));
            (pattern, text) = (after, remaining);
        }
        (pattern == text).then_some(captures)
    }
}

/// A template with its placeholders replaced; `None` if one has no value.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, remaining) = after.split_once('}')?;
        text += literal;
        text += &value(name.trim_end_matches('*'))?;
        rest = remaining;
    }
    text += rest;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An identifier is the ARN itself, a part of it, or several parts.
    #[test]
    fn identifiers_come_from_arns() {
        let id = |pattern: &'static str, template: &str, resource: &str| {
            let arn = format!("arn:aws:x:eu-west-1:123456789012:{resource}");
            ArnPattern(pattern).identifier(template, &ResourceId(arn))
        };
        let repository = "x:{region}:{account}:repository/{name*}";
        let name = id(repository, "{name}", "repository/team/app");
        assert_eq!(name.as_deref(), Some("team/app"));
        assert_eq!(id(repository, "{name}", "image/app"), None);
        let acl = "x:{region}:{account}:regional/webacl/{name}/{id}";
        let parts = id(acl, "{name}|{id}|REGIONAL", "regional/webacl/front/0a1");
        assert_eq!(parts.as_deref(), Some("front|0a1|REGIONAL"));
        let parameter = "x:{region}:{account}:parameter/{name*}";
        let path = id(parameter, "{/name}", "parameter/app/db/url");
        assert_eq!(path.as_deref(), Some("/app/db/url"));
        let plain = id(parameter, "{/name}", "parameter/url");
        assert_eq!(plain.as_deref(), Some("url"));
        let rule = "x:{region}:{account}:rule/{name*}";
        let arn = id(rule, "{arn}", "rule/bus/nightly").unwrap();
        assert_eq!(arn, "arn:aws:x:eu-west-1:123456789012:rule/bus/nightly");
    }

    /// A placeholder without a star stands for one part: a stage is no API.
    #[test]
    fn a_pattern_matches_the_whole_arn() {
        let api = ArnPattern("apigateway:{region}::/restapis/{id}");
        let matches = |text: &str| api.matches(&Arn::parse(text).unwrap());
        assert!(matches("arn:aws:apigateway:eu-west-1::/restapis/a1"));
        for other in [
            "arn:aws:apigateway:eu-west-1::/restapis/a1/stages/prod",
            "arn:aws:apigateway:eu-west-1::/restapis/",
            "arn:aws:apigateway:eu-west-1:123456789012:/restapis/a1",
            "arn:aws:apigateway:::/restapis/a1",
        ] {
            assert!(!matches(other), "{other}");
        }
    }

    /// A pattern gives the ARN of a resource that another one names.
    #[test]
    fn arns_come_from_names() {
        let clients = Clients::for_tests();
        let arn = |pattern: &'static str, value: &str| ArnPattern(pattern).arn(&clients, value).0;
        assert_eq!(
            arn("apigateway:{region}::/restapis/{id}", "a1"),
            "arn:aws:apigateway:eu-west-1::/restapis/a1"
        );
        assert_eq!(
            arn("iam::{account}:role/{name*}", "app"),
            "arn:aws:iam::123456789012:role/app"
        );
    }
}
