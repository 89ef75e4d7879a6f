//! Names of resources: `arn:partition:service:region:account:resource`.

use std::fmt;

use stack::ResourceId;

/// An ARN, taken apart where its colons are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    /// Empty for what is in no region.
    pub(crate) region: &'a str,
    /// Empty for buckets.
    pub(crate) account: &'a str,
    /// Everything after the fifth colon: `instance/i-1`, `function:name`, `queue`.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts; `None` when the text is no ARN.
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

    /// The parts of a resource's id.
    pub(crate) fn of(id: &'a ResourceId) -> Option<Self> {
        Self::parse(id.as_str())
    }

    /// What follows `kind/` or `kind:` in the resource: `i-1` of `instance/i-1`.
    pub(crate) fn after(&self, kind: &str) -> Option<&'a str> {
        let rest = self.resource.strip_prefix(kind)?;
        rest.strip_prefix(['/', ':'])
            .filter(|name| !name.is_empty())
    }

    /// Whether it is a resource of this service whose part before the first `/` or `:` is `kind`.
    pub(crate) fn is(&self, service: &str, kind: &str) -> bool {
        self.service == service && self.after(kind).is_some()
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

/// The last part of a resource's id, after `kind/` or `kind:`; the whole id when it is another kind's.
pub(crate) fn short<'a>(id: &'a ResourceId, kind: &str) -> &'a str {
    Arn::of(id)
        .and_then(|arn| arn.after(kind))
        .unwrap_or(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ARN is taken apart and put together again; what is none is none.
    #[test]
    fn arns_are_taken_apart() {
        let text = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
        let arn = Arn::parse(text).unwrap();
        assert_eq!((arn.service, arn.after("instance")), ("ec2", Some("i-1")));
        assert!(arn.is("ec2", "instance") && !arn.is("ec2", "inst"));
        assert_eq!(arn.to_string(), text);
        assert_eq!(Arn::parse("arn:aws:s3:::").map(|arn| arn.resource), None);
        let function = Arn::parse("arn:aws:lambda:eu-west-1:1:function:a:b").unwrap();
        assert_eq!(function.after("function"), Some("a:b"));
        assert_eq!(Arn::parse("i-1"), None);
    }
}
