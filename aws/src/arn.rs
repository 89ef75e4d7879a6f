//! Amazon resource names: `arn:partition:service:region:account:resource`.

use std::fmt;

use stack::ResourceId;

/// A parsed ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    /// Empty for a resource that is in no region.
    pub(crate) region: &'a str,
    /// Empty for buckets.
    pub(crate) account: &'a str,
    /// Everything after the fifth colon: `instance/i-1`, `function:name`, `queue`.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses a text; `None` if it is not an ARN.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (Some("arn"), Some(partition)) = (parts.next(), parts.next()) else {
            return None;
        };
        Some(Self {
            partition,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next().filter(|resource| !resource.is_empty())?,
        })
    }

    /// Parses the id of a resource.
    pub(crate) fn from_id(id: &'a ResourceId) -> Option<Self> {
        Self::parse(id.as_str())
    }

    /// The part of the resource after `kind/` or `kind:`: `i-1` of `instance/i-1`.
    pub(crate) fn name(&self, kind: &str) -> Option<&'a str> {
        let rest = self.resource.strip_prefix(kind)?;
        rest.strip_prefix(['/', ':'])
            .filter(|name| !name.is_empty())
    }

    /// Whether it names a resource of this service and kind; the kind is the part of the resource
    /// before the first `/` or `:`.
    pub(crate) fn is(&self, service: &str, kind: &str) -> bool {
        self.service == service && self.name(kind).is_some()
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The name that calls take for a resource of this kind: the part of its ARN after `kind/` or
/// `kind:`. An id of another kind is returned whole.
pub(crate) fn resource_name<'a>(id: &'a ResourceId, kind: &str) -> &'a str {
    Arn::from_id(id)
        .and_then(|arn| arn.name(kind))
        .unwrap_or(id.as_str())
}

/// The part after the last `/`: `web` of `role/teams/web`.
pub(crate) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parsed ARN prints as it was written; other text does not parse.
    #[test]
    fn parses_arns() {
        let text = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
        let arn = Arn::parse(text).unwrap();
        assert_eq!((arn.service, arn.name("instance")), ("ec2", Some("i-1")));
        assert!(arn.is("ec2", "instance") && !arn.is("ec2", "inst"));
        assert_eq!(arn.to_string(), text);
        assert_eq!(Arn::parse("arn:aws:s3:::").map(|arn| arn.resource), None);
        let function = Arn::parse("arn:aws:lambda:eu-west-1:1:function:a:b").unwrap();
        assert_eq!(function.name("function"), Some("a:b"));
        assert_eq!(Arn::parse("i-1"), None);
    }
}
