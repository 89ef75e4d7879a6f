//! The error of a cloud call.

use thiserror::Error;

/// A failed call: which call, on which resource, and what the failure means for the caller.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{service} {call}{}: {message}{}", about(resource.as_deref()), in_parentheses(code.as_deref()))]
pub struct CloudError {
    /// The service, such as `ec2`.
    pub service: String,
    /// The API operation, such as `DeleteSubnet`.
    pub call: String,
    /// The resource that the call was about.
    pub resource: Option<String>,
    /// The service's error code, such as `DependencyViolation`.
    pub code: Option<String>,
    /// The service's error message.
    pub message: String,
    /// The meaning of the failure.
    pub kind: CloudErrorKind,
}

/// The meaning of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloudErrorKind {
    /// The resource does not exist: the service answered with its not-found code.
    Gone,
    /// Another resource has to settle first.
    Wait,
    /// Something else still uses it, and has to be deleted first.
    InUse,
    /// Too many calls.
    Throttled,
    /// The credentials lack a permission.
    Denied,
    /// The credentials are no longer valid, or belong to another account: every call will fail.
    Credentials,
    /// A deletion protection flag forbids it.
    Protected,
    /// The service could not be reached, timed out, or had an internal error. The call may have
    /// taken effect.
    Unreachable,
    /// Any other error; a retry will not help.
    Other,
}

impl CloudError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            CloudErrorKind::Wait
                | CloudErrorKind::InUse
                | CloudErrorKind::Throttled
                | CloudErrorKind::Unreachable
        )
    }
}

fn about(resource: Option<&str>) -> String {
    resource.map(|id| format!(" of {id}")).unwrap_or_default()
}

fn in_parentheses(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
