//! Failures of calls, as the domain understands them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use stack::cloud::{CloudError, CloudErrorKind, Deletion};

/// Codes that say that a resource does not exist, of services whose codes do not end in `NotFound` or the like.
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

/// Codes that say that something else has to go, or to settle, first.
const WAIT: &[&str] = &[
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
    "CacheSubnetGroupInUse",
    "InvalidCacheParameterGroupState",
    "ClusterContainsServicesException",
    "ClusterContainsTasksException",
    "ClusterContainsContainerInstancesException",
    "OperationAborted",
    "OperationAbortedException",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "IncorrectState",
    "IncorrectInstanceState",
    "ResourceConflictException",
    "UpdateInProgressException",
];

/// Codes of too many calls.
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

/// Codes of a call that the credentials do not allow.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "403",
];

/// Codes of credentials that nothing can be done with.
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

/// Codes of a protection that somebody switched on.
const PROTECTED: &[&str] = &["OperationNotPermitted", "DeletionProtectionEnabled"];

/// What a failed call means: which service, which call, about what.
pub(crate) fn of_call<E>(
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
                Some(status) => format!("it answered with status {status} and no reason"),
                None => "it gave no reason".to_owned(),
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
                |error| chain(error),
            );
            let credentials = message.contains("credentials");
            let kind = if credentials {
                CloudErrorKind::Credentials
            } else {
                CloudErrorKind::Unreachable
            };
            (kind, message)
        }
        SdkError::ResponseError(_) => (
            CloudErrorKind::Unreachable,
            format!("its answer could not be read: {}", chain(error)),
        ),
        _ => (CloudErrorKind::Other, chain(error)),
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

/// Whether a text names a code of too many calls.
pub(crate) fn names_throttling(text: &str) -> bool {
    THROTTLED.iter().any(|code| text.contains(code))
}

/// What a code means. A bare status proves nothing: a wrong endpoint answers 404 to everything.
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
    let says = |word: &str| message.is_some_and(|message| message.to_lowercase().contains(word));
    if is(WAIT) {
        CloudErrorKind::Wait
    } else if is(THROTTLED) {
        CloudErrorKind::Throttled
    } else if is(CREDENTIALS) {
        CloudErrorKind::Credentials
    } else if is(DENIED) {
        CloudErrorKind::Denied
    } else if is(PROTECTED) || (says("protection") && (says("delet") || says("terminat"))) {
        CloudErrorKind::Protected
    } else if is(GONE) || is_not_found(code) {
        CloudErrorKind::Gone
    } else if status.is_some_and(|status| status >= 500) {
        CloudErrorKind::Unreachable
    } else {
        CloudErrorKind::Other
    }
}

/// Whether a modelled code says that the thing asked about does not exist. `NotFound` alone is what a bare page of status
/// 404 is read as, and proves nothing.
fn is_not_found(code: &str) -> bool {
    let code = code.trim_end_matches("Exception").trim_end_matches("Fault");
    code != "NotFound" && (code.ends_with("NotFound") || code.ends_with("NotFoundFault"))
}

/// An error with its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    text
}

/// Turns the error of an SDK call into ours: `failed!("ec2", "DeleteVolume", id)`.
macro_rules! failed {
    ($service:literal, $call:literal) => {
        |error| $crate::client::error::of_call($service, $call, None, &error)
    };
    ($service:literal, $call:literal, $resource:expr) => {
        |error| $crate::client::error::of_call($service, $call, Some($resource), &error)
    };
}
pub(crate) use failed;

/// That an answer did not speak of what was asked about: it does not exist.
pub(crate) fn missing(service: &str, call: &str, resource: &str) -> CloudError {
    absent(service, call, resource, "it does not exist")
}

/// That a service answered, and that its answer means that the resource does not exist.
pub(crate) fn absent(service: &str, call: &str, resource: &str, why: &str) -> CloudError {
    CloudError {
        service: service.to_owned(),
        call: call.to_owned(),
        resource: Some(resource.to_owned()),
        code: None,
        message: why.to_owned(),
        kind: CloudErrorKind::Gone,
    }
}

/// What came of a delete, which is `done` where it succeeded. That it is gone already is no failure.
///
/// Only the answer about the resource itself is given to this: that a part of it, or what ties it, is gone says nothing
/// about it. For those there is [`unless_gone`].
pub(crate) fn deleted<T>(
    answer: Result<T, CloudError>,
    done: Deletion,
) -> Result<Deletion, CloudError> {
    answer.map(|_| done).or_else(gone_is_done)
}

/// What a delete that failed means: that it is gone already is no failure.
pub(crate) fn gone_is_done(error: CloudError) -> Result<Deletion, CloudError> {
    if error.kind == CloudErrorKind::Gone {
        Ok(Deletion::Gone)
    } else {
        Err(error)
    }
}

/// What came of a step before a delete: what it was to take away may be gone, because somebody, or an earlier try, was
/// faster.
pub(crate) fn unless_gone<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    deleted(answer, Deletion::Gone).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use CloudErrorKind::{
        Credentials, Denied, Gone, Other, Protected, Throttled, Unreachable, Wait,
    };

    /// Codes mean what the services document; a bare page proves nothing.
    #[test]
    fn codes_mean_what_they_say() {
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
            ("DependencyViolation", Wait),
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
        let said = "Cannot delete protected DB Instance, please disable deletion protection";
        assert_eq!(
            kind_of(Some("InvalidParameterCombination"), Some(said), Some(400)),
            Protected
        );
    }

    /// A delete of what is gone already is done; one that fails otherwise is not, and neither is one of which only a part
    /// was gone.
    #[test]
    fn gone_already_is_done() {
        let failed = |kind| -> Result<(), CloudError> {
            let error = absent("sqs", "DeleteQueue", "jobs", "no");
            Err(CloudError { kind, ..error })
        };
        assert_eq!(deleted(Ok(()), Deletion::Begun), Ok(Deletion::Begun));
        assert_eq!(deleted(failed(Gone), Deletion::Begun), Ok(Deletion::Gone));
        let denied = deleted(failed(Denied), Deletion::Begun);
        assert_eq!(denied.unwrap_err().kind, Denied);
        assert_eq!(unless_gone(failed(Gone)), Ok(()));
        assert_eq!(unless_gone(failed(Wait)).unwrap_err().kind, Wait);
    }
}
