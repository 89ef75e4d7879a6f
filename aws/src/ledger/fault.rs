//! What an answer of DynamoDB means for a caller: wait, ask again, or fail.

use std::error::Error;
use std::sync::Arc;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use stack::ledger::ErrorSource;

use crate::causes::with_causes;

/// Codes for too many requests, and for a table that is being changed.
const THROTTLED: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "ThrottlingError",
    "LimitExceededException",
    "ResourceInUseException",
];

/// Codes for a request that met another one on the same item.
const CONFLICT: &[&str] = &[
    "TransactionConflictException",
    "TransactionInProgressException",
    "TransactionConflict",
];

/// Codes for a call that the credentials do not permit.
const DENIED: &[&str] = &["AccessDeniedException", "AccessDenied", "NotAuthorized"];

/// Codes for invalid or expired credentials.
const CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
];

/// The meaning of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// Too many requests; nothing was done.
    Throttled,
    /// Another transaction holds one of the items; nothing was done.
    Conflict,
    /// No answer, or an error of the service: the request may have taken effect.
    Unknown,
    /// The credentials lack a permission.
    Denied,
    /// The credentials are missing, invalid or expired.
    Credentials,
    /// There is no such table.
    NoTable,
    /// The request does not fit the table, for example its keys.
    Invalid,
    /// A condition was not met; nothing was done.
    Condition,
    /// Any other error.
    Other,
}

/// An error of one call.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// The error, for the chain of causes.
    pub(super) cause: ErrorSource,
}

/// The text of an answer.
#[derive(Debug)]
struct Answered(String);

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Answered {}

/// An error with this text.
pub(super) fn cause(text: impl Into<String>) -> ErrorSource {
    Arc::new(Answered(text.into()))
}

impl Fault {
    /// Reads the error of a call.
    pub(super) fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let text = with_causes(error);
        let kind = match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                kind_of(answer.err().code().unwrap_or_default(), status)
            }
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_)
                if text.contains("credentials") || text.contains("identity") =>
            {
                FaultKind::Credentials
            }
            SdkError::ConstructionFailure(_) => FaultKind::Other,
            _ => FaultKind::Unknown,
        };
        let text = match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or("an error without a code");
                let message = answer.err().message().unwrap_or("without a message");
                format!("DynamoDB answered {code}: {message}")
            }
            _ => text,
        };
        Self {
            kind,
            cause: cause(text),
        }
    }

    /// The IAM action that was denied, such as `dynamodb:PutItem`. A transaction has no action of
    /// its own: the service names that of the part that was denied.
    pub(super) fn denied_action(&self) -> Option<String> {
        let text = self.cause.to_string();
        let (_, after) = text.split_once("not authorized to perform: ")?;
        let action = after.split_whitespace().next()?;
        action.starts_with("dynamodb:").then(|| action.to_owned())
    }

    /// Whether the same call may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Throttled | FaultKind::Conflict | FaultKind::Unknown
        )
    }
}

fn kind_of(code: &str, status: u16) -> FaultKind {
    let is = |list: &[&str]| list.contains(&code);
    if is(THROTTLED) || status == 429 {
        FaultKind::Throttled
    } else if is(CONFLICT) {
        FaultKind::Conflict
    } else if is(DENIED) {
        FaultKind::Denied
    } else if is(CREDENTIALS) {
        FaultKind::Credentials
    } else if code == "ResourceNotFoundException" {
        FaultKind::NoTable
    } else if code == "ConditionalCheckFailedException" {
        FaultKind::Condition
    } else if code == "ValidationException" {
        FaultKind::Invalid
    } else if status >= 500 {
        FaultKind::Unknown
    } else {
        FaultKind::Other
    }
}

/// Why DynamoDB cancelled one item of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// This item is not the reason.
    No,
    /// Its condition was not met.
    Condition,
    /// It has to be tried again: another transaction, or no capacity.
    Again,
    /// It can never be written.
    Never,
}

/// Reads the code of a cancellation reason.
pub(super) fn cancelled(code: Option<&str>) -> Cancelled {
    match code {
        None | Some("None") => Cancelled::No,
        Some("ConditionalCheckFailed") => Cancelled::Condition,
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => {
            Cancelled::Again
        }
        Some(_) => Cancelled::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A denied transaction is reported with the action of its part, as the service names it.
    #[test]
    fn the_denied_action_is_the_services_own() {
        let denied = |text: &str| Fault {
            kind: FaultKind::Denied,
            cause: cause(text),
        };
        let answer = "DynamoDB answered AccessDeniedException: User: arn:aws:iam::123456789012:user/ana \
                      is not authorized to perform: dynamodb:PutItem on resource: \
                      arn:aws:dynamodb:eu-west-1:123456789012:table/jiti because …";
        let action = denied(answer).denied_action();
        assert_eq!(action.as_deref(), Some("dynamodb:PutItem"));
        assert_eq!(
            denied("DynamoDB answered AccessDenied").denied_action(),
            None
        );
    }

    /// Each code that DynamoDB documents has one meaning.
    #[test]
    fn codes_have_a_meaning() {
        for (code, status, kind) in [
            (
                "ProvisionedThroughputExceededException",
                400,
                FaultKind::Throttled,
            ),
            ("ThrottlingException", 400, FaultKind::Throttled),
            ("RequestLimitExceeded", 400, FaultKind::Throttled),
            ("TransactionInProgressException", 400, FaultKind::Conflict),
            ("TransactionConflictException", 400, FaultKind::Conflict),
            ("AccessDeniedException", 400, FaultKind::Denied),
            ("UnrecognizedClientException", 400, FaultKind::Credentials),
            ("ExpiredTokenException", 400, FaultKind::Credentials),
            ("ResourceNotFoundException", 400, FaultKind::NoTable),
            ("ConditionalCheckFailedException", 400, FaultKind::Condition),
            ("ValidationException", 400, FaultKind::Invalid),
            ("InternalServerError", 500, FaultKind::Unknown),
            ("", 503, FaultKind::Unknown),
            ("SomethingNew", 400, FaultKind::Other),
        ] {
            assert_eq!(kind_of(code, status), kind, "{code} {status}");
        }
        for (code, reason) in [
            (None, Cancelled::No),
            (Some("None"), Cancelled::No),
            (Some("ConditionalCheckFailed"), Cancelled::Condition),
            (Some("TransactionConflict"), Cancelled::Again),
            (Some("ThrottlingError"), Cancelled::Again),
            (Some("ProvisionedThroughputExceeded"), Cancelled::Again),
            (Some("ItemCollectionSizeLimitExceeded"), Cancelled::Never),
            (Some("ValidationError"), Cancelled::Never),
        ] {
            assert_eq!(cancelled(code), reason, "{code:?}");
        }
    }
}
