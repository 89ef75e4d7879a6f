//! What a cloud answered instead of doing as it was asked.

use thiserror::Error;

/// A call that failed: which, about what, and what it means for whoever asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{service} {call}{}: {message}{}", about(resource.as_deref()), in_parentheses(code.as_deref()))]
pub struct CloudError {
    /// The service, such as `ec2`.
    pub service: String,
    /// The call, such as `DeleteSubnet`.
    pub call: String,
    /// What it was about.
    pub resource: Option<String>,
    /// The service's own code for it, such as `DependencyViolation`.
    pub code: Option<String>,
    /// The service's own words.
    pub message: String,
    /// What it means.
    pub kind: CloudErrorKind,
}

/// What a failed call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloudErrorKind {
    /// The resource does not exist: its type's own code says so, in a place that was reached.
    Gone,
    /// Something else has to go, or to settle, first.
    Wait,
    /// Too many calls.
    Throttled,
    /// The credentials may not.
    Denied,
    /// The credentials are no longer valid, or belong to another account: nothing will work.
    Credentials,
    /// A protection flag forbids it.
    Protected,
    /// It could not be reached, did not answer in time, or failed by itself; the answer may have been lost.
    Unreachable,
    /// Anything else; trying again will not help.
    Other,
}

impl CloudError {
    /// Whether the same call may succeed later, without anybody having done anything about it.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            CloudErrorKind::Wait | CloudErrorKind::Throttled | CloudErrorKind::Unreachable
        )
    }
}

fn about(resource: Option<&str>) -> String {
    resource.map(|id| format!(" of {id}")).unwrap_or_default()
}

fn in_parentheses(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
