//! Turns the errors of Cloud Control into [`CloudError`]s.
//!
//! Cloud Control answers with an exception of its own, or reports a failed request with an error
//! code of the type's handler. The message of an exception names that code as well:
//! `(HandlerErrorCode: AccessDenied, RequestToken: …)`. Source: the API reference of Cloud
//! Control, `ProgressEvent` and the errors of `DeleteResource`.

use aws_sdk_cloudcontrol::types::ProgressEvent;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use stack::cloud::{CloudError, CloudErrorKind};

use crate::client::error::{NO_MESSAGE, from_sdk};

/// The service in errors and rate limits.
pub(super) const SERVICE: &str = "cloudcontrol";

/// The code of an answer about a request that Cloud Control no longer knows.
pub(super) const NO_SUCH_REQUEST: &str = "RequestTokenNotFoundException";

/// What precedes the code of a handler in a message.
const HANDLER_CODE: &str = "HandlerErrorCode: ";

/// Words in the message of a handler whose code says nothing, and what they mean. Handlers pass on
/// the message of their service.
const WORDS: &[(&str, CloudErrorKind)] = &[
    ("throttl", CloudErrorKind::Throttled),
    ("rate exceeded", CloudErrorKind::Throttled),
    ("too many requests", CloudErrorKind::Throttled),
    ("not authorized", CloudErrorKind::Denied),
    ("access denied", CloudErrorKind::Denied),
    ("accessdenied", CloudErrorKind::Denied),
    ("expired", CloudErrorKind::Credentials),
    ("security token", CloudErrorKind::Credentials),
    ("dependencyviolation", CloudErrorKind::InUse),
    ("has dependencies", CloudErrorKind::InUse),
    ("in use", CloudErrorKind::InUse),
    ("inuse", CloudErrorKind::InUse),
    ("is associated with", CloudErrorKind::InUse),
    ("being used by", CloudErrorKind::InUse),
    ("still being used", CloudErrorKind::InUse),
    ("has not been disabled", CloudErrorKind::Wait),
    ("distributionnotdisabled", CloudErrorKind::Wait),
    ("currently being", CloudErrorKind::Wait),
    ("in progress", CloudErrorKind::Wait),
    ("try again", CloudErrorKind::Wait),
];

/// Converts the error of a call about a resource of a type.
pub(super) fn from_call<E>(call: &str, about: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let mut converted = from_sdk(SERVICE, call, Some(about), error);
    if !matches!(error, SdkError::ServiceError(_)) {
        return converted;
    }
    let code = converted.code.as_deref().unwrap_or_default();
    let message = &converted.message;
    converted.kind = match handler_code(message) {
        Some(code) => kind_of_handler(code, message),
        None => kind_of_exception(code, message).unwrap_or(converted.kind),
    };
    converted
}

/// The error of a request that failed or was cancelled.
pub(super) fn from_event(call: &str, about: &str, event: &ProgressEvent) -> CloudError {
    let code = event.error_code().map(|code| code.as_str().to_owned());
    let message = event.status_message().unwrap_or(NO_MESSAGE).to_owned();
    let kind = kind_of_handler(code.as_deref().unwrap_or_default(), &message);
    CloudError {
        service: SERVICE.to_owned(),
        call: call.to_owned(),
        resource: Some(about.to_owned()),
        code,
        message,
        kind,
    }
}

/// The code of the handler in the message of an exception.
fn handler_code(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(HANDLER_CODE)?;
    let end = rest.find(|c: char| !c.is_alphanumeric())?;
    rest.get(..end)
}

/// The meaning of a handler's code.
fn kind_of_handler(code: &str, message: &str) -> CloudErrorKind {
    match code {
        "NotFound" => CloudErrorKind::Gone,
        "Throttling" => CloudErrorKind::Throttled,
        "AccessDenied" | "UnauthorizedTaggingOperation" => CloudErrorKind::Denied,
        "InvalidCredentials" => CloudErrorKind::Credentials,
        "ResourceConflict" => in_words(message).unwrap_or(CloudErrorKind::Wait),
        "NotStabilized" => CloudErrorKind::Wait,
        "ServiceInternalError" | "ServiceTimeout" | "NetworkFailure" | "InternalFailure" => {
            CloudErrorKind::Unreachable
        }
        _ => in_words(message).unwrap_or(CloudErrorKind::Other),
    }
}

/// The meaning of an exception without a handler's code; `None` for one that every service has.
///
/// A type that Cloud Control does not know, or a request that it no longer knows, does not mean
/// that the resource is gone.
fn kind_of_exception(code: &str, message: &str) -> Option<CloudErrorKind> {
    Some(match code {
        "ResourceNotFoundException" => CloudErrorKind::Gone,
        "TypeNotFoundException" | "UnsupportedActionException" | NO_SUCH_REQUEST => {
            CloudErrorKind::Other
        }
        "ConcurrentOperationException"
        | "ConcurrentModificationException"
        | "ResourceConflictException"
        | "NotStabilizedException" => CloudErrorKind::Wait,
        "ServiceInternalErrorException"
        | "HandlerInternalFailureException"
        | "NetworkFailureException" => CloudErrorKind::Unreachable,
        "InvalidCredentialsException" => CloudErrorKind::Credentials,
        "GeneralServiceException" | "HandlerFailureException" | "InvalidRequestException" => {
            in_words(message).unwrap_or(CloudErrorKind::Other)
        }
        _ => return None,
    })
}

fn in_words(message: &str) -> Option<CloudErrorKind> {
    let message = message.to_lowercase();
    if message.contains("protection") && message.contains("delet") {
        return Some(CloudErrorKind::Protected);
    }
    let words = WORDS.iter().find(|(words, _)| message.contains(words));
    words.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use CloudErrorKind::{
        Credentials, Denied, Gone, InUse, Other, Protected, Throttled, Unreachable, Wait,
    };

    use super::*;

    /// Each code of a handler has a meaning. Where the code says nothing, the message of the
    /// service does.
    #[test]
    fn codes_of_handlers_have_a_kind() {
        for (code, message, kind) in [
            ("NotFound", "", Gone),
            ("Throttling", "", Throttled),
            ("AccessDenied", "", Denied),
            ("UnauthorizedTaggingOperation", "", Denied),
            ("InvalidCredentials", "", Credentials),
            ("ResourceConflict", "it is changing", Wait),
            ("ResourceConflict", "vpc-1 has dependencies", InUse),
            ("NotStabilized", "", Wait),
            ("ServiceInternalError", "", Unreachable),
            ("ServiceTimeout", "", Unreachable),
            ("NetworkFailure", "", Unreachable),
            ("InternalFailure", "", Unreachable),
            ("NotUpdatable", "", Other),
            ("InvalidRequest", "", Other),
            ("AlreadyExists", "", Other),
            ("ServiceLimitExceeded", "", Other),
            (
                "GeneralServiceException",
                "The repository cannot be deleted because it still contains images",
                Other,
            ),
            ("GeneralServiceException", "Rate exceeded", Throttled),
            (
                "GeneralServiceException",
                "User: x is not authorized to perform: ecr:DeleteRepository",
                Denied,
            ),
            (
                "InvalidRequest",
                "Cannot delete the pool while deletion protection is on",
                Protected,
            ),
        ] {
            assert_eq!(kind_of_handler(code, message), kind, "{code}: {message}");
        }
    }

    /// An exception does not say more than it means: an unknown type or token is no deleted
    /// resource. The code of a handler in its message decides.
    #[test]
    fn exceptions_have_a_kind() {
        for (code, kind) in [
            ("ResourceNotFoundException", Some(Gone)),
            ("TypeNotFoundException", Some(Other)),
            ("UnsupportedActionException", Some(Other)),
            ("RequestTokenNotFoundException", Some(Other)),
            ("ConcurrentOperationException", Some(Wait)),
            ("ServiceInternalErrorException", Some(Unreachable)),
            ("ThrottlingException", None),
        ] {
            assert_eq!(kind_of_exception(code, ""), kind, "{code}");
        }
        let message = "AWS::ECR::Repository Handler returned status FAILED: no \
                       (HandlerErrorCode: AccessDenied, RequestToken: 1ad8)";
        assert_eq!(handler_code(message), Some("AccessDenied"));
        assert_eq!(handler_code("Rate exceeded"), None);
    }
}
