//! Turns the errors of AWS calls into [`CloudError`]s.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use stack::cloud::{CloudError, CloudErrorKind, Deletion};

use crate::causes::with_causes;

/// Codes for a resource that does not exist, besides those that end in `NotFound`.
const GONE: &[&str] = &[
    "NoSuchEntity",
    "NoSuchBucket",
    "NoSuchKey",
    "NotFoundException",
    "InvalidGroup.NotFound",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "ServiceNotActiveException",
];

/// Codes for a call that has to wait until the resource or another one changes state.
const WAIT: &[&str] = &[
    "EntityTemporarilyUnmodifiable",
    "ScalingActivityInProgress",
    "ResourceContention",
    "InvalidDBInstanceState",
    "InvalidDBInstanceStateFault",
    "InvalidDBClusterStateFault",
    "InvalidDBSubnetGroupStateFault",
    "InvalidDBParameterGroupState",
    "InvalidDBParameterGroupStateFault",
    "InvalidDBSnapshotState",
    "InvalidDBSnapshotStateFault",
    "InvalidDBClusterSnapshotStateFault",
    "InvalidOptionGroupStateFault",
    "InvalidCacheClusterState",
    "InvalidReplicationGroupState",
    "InvalidCacheParameterGroupState",
    "OperationAborted",
    "OperationAbortedException",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "IncorrectState",
    "IncorrectInstanceState",
    "UpdateInProgressException",
];

/// Codes for a call that has to wait until another resource no longer uses this one.
const IN_USE: &[&str] = &[
    "DependencyViolation",
    "ResourceInUse",
    "ResourceInUseException",
    "ResourceInUseFault",
    "InvalidIPAddress.InUse",
    "VolumeInUse",
    "InvalidSnapshot.InUse",
    "InvalidNetworkInterface.InUse",
    "InvalidGroup.InUse",
    "BucketNotEmpty",
    "DeleteConflict",
    "CacheSubnetGroupInUse",
    "ClusterContainsServicesException",
    "ClusterContainsTasksException",
    "ClusterContainsContainerInstancesException",
    "ResourceConflictException",
];

/// Codes for too many calls.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "LimitExceededException",
];

/// Codes for a call that the credentials do not permit.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "403",
];

/// Codes for invalid or expired credentials.
const CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
    "RequestExpired",
    "TokenRefreshRequired",
    "InvalidToken",
];

/// Codes for a resource with deletion protection.
const PROTECTED: &[&str] = &["OperationNotPermitted", "DeletionProtectionEnabled"];

/// The message for an error that has none.
pub(crate) const NO_MESSAGE: &str = "it gave no message";

/// Converts the error of a call; `resource` is what the call was about.
pub(crate) fn from_sdk<E>(
    service: &str,
    call: &str,
    resource: Option<&str>,
    error: &SdkError<E, HttpResponse>,
) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let code = error.code().map(str::to_owned);
    let (kind, message) = match error {
        SdkError::ServiceError(_) => {
            let message = error.message().map(str::to_owned);
            let status = error.raw_response().map(|raw| raw.status().as_u16());
            let kind = kind_of(code.as_deref(), message.as_deref(), status);
            let message = message.unwrap_or_else(|| match status {
                Some(status) => format!("it answered with status {status} and no message"),
                None => NO_MESSAGE.to_owned(),
            });
            (kind, message)
        }
        SdkError::TimeoutError(_) => (
            CloudErrorKind::Unreachable,
            "it did not answer in time".to_owned(),
        ),
        SdkError::DispatchFailure(failure) => {
            let message = failure.as_connector_error().map_or_else(
                || "it could not be reached".to_owned(),
                |error| with_causes(error),
            );
            let kind = if message.contains("credentials") {
                CloudErrorKind::Credentials
            } else {
                CloudErrorKind::Unreachable
            };
            (kind, message)
        }
        SdkError::ResponseError(_) => (
            CloudErrorKind::Unreachable,
            format!("its answer could not be read: {}", with_causes(error)),
        ),
        _ => (CloudErrorKind::Other, with_causes(error)),
    };
    CloudError {
        service: service.to_owned(),
        call: call.to_owned(),
        resource: resource.map(str::to_owned),
        code,
        message,
        kind,
    }
}

/// Whether a text contains a code for too many calls.
pub(crate) fn names_throttling(text: &str) -> bool {
    THROTTLED.iter().any(|code| text.contains(code))
}

/// The kind of an error. A status without a code says little: a wrong endpoint answers 404 to every
/// call.
pub(crate) fn kind_of(
    code: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
) -> CloudErrorKind {
    let Some(code) = code else {
        return match status {
            Some(429) => CloudErrorKind::Throttled,
            Some(500..) => CloudErrorKind::Unreachable,
            _ => CloudErrorKind::Other,
        };
    };
    let is = |list: &[&str]| list.contains(&code);
    let contains =
        |word: &str| message.is_some_and(|message| message.to_lowercase().contains(word));
    if is(IN_USE) {
        CloudErrorKind::InUse
    } else if is(WAIT) {
        CloudErrorKind::Wait
    } else if is(THROTTLED) {
        CloudErrorKind::Throttled
    } else if is(CREDENTIALS) {
        CloudErrorKind::Credentials
    } else if is(DENIED) {
        CloudErrorKind::Denied
    } else if is(PROTECTED)
        || (contains("protection") && (contains("delet") || contains("terminat")))
    {
        CloudErrorKind::Protected
    } else if is(GONE) || is_not_found(code) {
        CloudErrorKind::Gone
    } else if status.is_some_and(|status| status >= 500) {
        CloudErrorKind::Unreachable
    } else {
        CloudErrorKind::Other
    }
}

/// Whether a code says that the resource does not exist. `NotFound` alone does not: the SDK reads
/// it from a bare answer with status 404.
fn is_not_found(code: &str) -> bool {
    let code = code.trim_end_matches("Exception").trim_end_matches("Fault");
    code != "NotFound" && (code.ends_with("NotFound") || code.ends_with("NotFoundFault"))
}

/// A closure that converts the error of an SDK call: `failed!("ec2", "DeleteVolume", id)`.
macro_rules! failed {
    ($service:literal, $call:literal) => {
        |error| $crate::client::error::from_sdk($service, $call, None, &error)
    };
    ($service:literal, $call:literal, $resource:expr) => {
        |error| $crate::client::error::from_sdk($service, $call, Some($resource), &error)
    };
}
pub(crate) use failed;

/// The error for a resource that an answer does not contain: it does not exist.
pub(crate) fn missing(service: &str, call: &str, resource: &str) -> CloudError {
    absent(service, call, resource, "it does not exist")
}

/// The error for a resource whose description means that it does not exist.
pub(crate) fn absent(service: &str, call: &str, resource: &str, why: &str) -> CloudError {
    own_error(service, call, Some(resource), CloudErrorKind::Gone, why)
}

/// An error that jiti raises itself, without an error code from AWS.
pub(crate) fn own_error(
    service: &str,
    call: &str,
    resource: Option<&str>,
    kind: CloudErrorKind,
    message: impl Into<String>,
) -> CloudError {
    CloudError {
        service: service.to_owned(),
        call: call.to_owned(),
        resource: resource.map(str::to_owned),
        code: None,
        message: message.into(),
        kind,
    }
}

/// The outcome of a delete: `done` if the call succeeded, [`Deletion::Gone`] if the resource was
/// already gone.
///
/// Pass only the answer about the resource itself. For a part of it, or a reference to it, use
/// [`unless_gone`].
pub(crate) fn deleted<T>(
    answer: Result<T, CloudError>,
    done: Deletion,
) -> Result<Deletion, CloudError> {
    answer.map(|_| done).or_else(gone_is_done)
}

/// The outcome of a delete that failed: a resource that is already gone is not an error.
pub(crate) fn gone_is_done(error: CloudError) -> Result<Deletion, CloudError> {
    if error.kind == CloudErrorKind::Gone {
        Ok(Deletion::Gone)
    } else {
        Err(error)
    }
}

/// The outcome of a step before a delete. What the step removes may already be gone, for example
/// after an earlier attempt.
pub(crate) fn unless_gone<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    deleted(answer, Deletion::Gone).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use CloudErrorKind::{
        Credentials, Denied, Gone, InUse, Other, Protected, Throttled, Unreachable, Wait,
    };

    /// Codes have the kind that the services document; a bare status 404 does not mean "gone".
    #[test]
    fn codes_have_a_kind() {
        for (code, kind) in [
            ("InvalidVolume.NotFound", Gone),
            ("InvalidInstanceID.NotFound", Gone),
            ("ResourceNotFoundException", Gone),
            ("DBInstanceNotFound", Gone),
            ("DBClusterNotFoundFault", Gone),
            ("NoSuchEntity", Gone),
            ("LoadBalancerNotFound", Gone),
            ("DBParameterGroupNotFound", Gone),
            ("DBSubnetGroupNotFoundFault", Gone),
            ("OptionGroupNotFoundFault", Gone),
            ("ReplicationGroupNotFoundFault", Gone),
            ("ClusterNotFoundException", Gone),
            ("ServiceNotActiveException", Gone),
            ("DependencyViolation", InUse),
            ("InvalidDBParameterGroupState", Wait),
            ("InvalidOptionGroupStateFault", Wait),
            ("InvalidDBSnapshotState", Wait),
            ("InvalidCacheParameterGroupState", Wait),
            ("ScalingActivityInProgress", Wait),
            ("RequestLimitExceeded", Throttled),
            ("UnauthorizedOperation", Denied),
            ("ExpiredToken", Credentials),
            ("OperationNotPermitted", Protected),
            ("ValidationError", Other),
            ("NotFoundException", Gone),
            ("NotFound", Other),
        ] {
            assert_eq!(kind_of(Some(code), None, Some(400)), kind, "{code}");
        }
        assert_eq!(kind_of(None, None, Some(404)), Other);
        assert_eq!(kind_of(None, None, Some(503)), Unreachable);
        let message = "Cannot delete protected DB Instance, please disable deletion protection";
        assert_eq!(
            kind_of(
                Some("InvalidParameterCombination"),
                Some(message),
                Some(400)
            ),
            Protected
        );
    }

    /// Deleting a resource that is already gone succeeds; any other error remains an error.
    #[test]
    fn already_gone_is_done() {
        let failed = |kind| -> Result<(), CloudError> {
            let error = absent("sqs", "DeleteQueue", "jobs", "no");
            Err(CloudError { kind, ..error })
        };
        assert_eq!(deleted(Ok(()), Deletion::Started), Ok(Deletion::Started));
        assert_eq!(deleted(failed(Gone), Deletion::Started), Ok(Deletion::Gone));
        let denied = deleted(failed(Denied), Deletion::Started);
        assert_eq!(denied.unwrap_err().kind, Denied);
        assert_eq!(unless_gone(failed(Gone)), Ok(()));
        assert_eq!(unless_gone(failed(Wait)).unwrap_err().kind, Wait);
    }
}
